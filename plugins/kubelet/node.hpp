// The node as the server knows it: registered, its status current, its lease renewed.

#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/events.hpp"
#include "plugins/kubelet/machine.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

struct NodeOptions {
  std::int64_t max_pods = 110;
  int kubelet_port = 10250;
  std::string pod_cidr;
  bool registers = true;
};

/// How the runtime has been doing, so that a short absence does not make the node NotReady.
/// Source: kubelet runtimeState, maxWaitForContainerRuntime 30 s.
class RuntimeWatch {
 public:
  /// Notes one answer of the runtime.
  void note(const Result<RuntimeHealth>& health, SteadyTime now);
  /// Why the node is not ready; "" if it is.
  std::string complaint(SteadyTime now) const;

 private:
  std::optional<SteadyTime> last_good_;
  std::optional<RuntimeHealth> health_;
  std::string last_error_;
};

struct NodeStatusInput {
  const Machine& machine;
  const MachineRoom& room;
  const NodeFacts& facts;
  const NodeOptions& options;
  const RuntimeVersion& runtime;
  const std::vector<ImageInfo>& images;
  std::string complaint;  // Why it is not ready; "" if it is.
  const Json& previous;   // The status the server has. May be null.
  WallTime now;
};

/// status of the Node.
Json make_node_status(const NodeStatusInput& input);

/// The Node object to register with.
Json make_node(const NodeFacts& facts, const Machine& machine, const NodeOptions& options);

/// Keeps the node's object and lease. Threads: the methods from any thread.
class NodeAgent {
 public:
  NodeAgent(Cluster& cluster, Runtime& runtime, Events& events, const NodeFacts& facts,
            const Machine& machine, NodeOptions options, std::string root, const Clock& clock,
            Log& log);
  ~NodeAgent();

  /// The Node object's uid; "" until it is registered.
  std::string uid() const;

 private:
  void run(const std::stop_token& stop);
  /// How long until the next round.
  std::chrono::milliseconds round();
  Result<Json> find_or_register();
  Result<void> report(const Json& node);
  Result<void> renew_lease();

  Cluster& cluster_;
  Runtime& runtime_;
  Events& events_;
  const NodeFacts& facts_;
  const Machine& machine_;
  const NodeOptions options_;
  const std::string root_;
  const Clock& clock_;
  Log& log_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string uid_;  // Guarded by mutex_.
  // Of the thread alone:
  RuntimeWatch watch_;
  RuntimeVersion version_;
  std::optional<SteadyTime> reported_;
  bool was_ready_ = false;
  std::string last_error_;
  std::jthread thread_;
};

}  // namespace pintle::kubelet
