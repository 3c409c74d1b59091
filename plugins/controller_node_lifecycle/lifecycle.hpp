// The node lifecycle controller: notices nodes that have fallen silent, taints what fails, and
// moves the pods off it.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/reconciler.hpp"
#include "plugins/controller_node_lifecycle/health.hpp"

namespace pintle::controller_node_lifecycle {

/// Source: kube-controller-manager's --node-monitor-period, --node-monitor-grace-period and
/// --node-startup-grace-period, as of v1.33.
struct Periods {
  std::chrono::seconds monitor{5};
  std::chrono::seconds grace{50};
  std::chrono::seconds startup_grace{60};
};

/// Source: kubernetes pkg/controller/nodelifecycle and tainteviction.
class NodeLifecycle {
 public:
  static Result<std::unique_ptr<NodeLifecycle>> make(sdk::Host& host, const Json& config);

  NodeLifecycle(sdk::Host& host, Periods periods, const Clock& clock);
  ~NodeLifecycle();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

  /// Looks after one node: its conditions, its taints, its pods. Called by the worker, and by
  /// tests.
  Result<void> reconcile(const std::string& node);

 private:
  /// What a node last said, and when we saw it: our own clock, because a node's may be wrong.
  struct Heard {
    std::string words;  // Its Lease's renewTime and its Ready condition's heartbeat.
    SteadyTime at{};
    bool ever = false;  // It has posted its status at least once.
  };

  bool is_silent(const sdk::ObjectHandle& node);
  Result<Json> judge(const sdk::ObjectHandle& node, bool silent);
  bool may_move_pods(const Json& node);
  Result<void> write_taints(const Json& node);
  Result<void> look_after_pods(const sdk::ObjectHandle& node);
  Result<void> mark_pods_not_ready(const std::string& node);
  Result<void> evict(const sdk::ObjectHandle& pod);
  void pod_changed(const sdk::ObjectHandle& pod);
  void node_gone(const std::string& name);
  std::map<std::string, WallTime> note_tainted(const std::string& node,
                                               const std::vector<sdk::ObjectHandle>& pods);
  std::map<std::string, Zone> zones() const;
  std::vector<sdk::ObjectHandle> pods_on(const std::string& node) const;

  sdk::Host& host_;
  const Periods periods_;
  const Clock& clock_;
  sdk::Client client_;
  sdk::EventRecorder events_;
  std::mutex mutex_;
  std::map<std::string, Heard> heard_;            // By node. Guarded by mutex_.
  std::map<std::string, SteadyTime> last_moved_;  // By zone. Guarded by mutex_.
  /// By node, then by a pod's uid: since when we have seen it stand under a NoExecute taint. A
  /// taint that a person set names no time of its own.
  std::map<std::string, std::map<std::string, WallTime>> tainted_since_;  // Guarded by mutex_.
  sdk::Reconciler reconciler_;
  sdk::Informer leases_;
  sdk::Informer pods_;
  sdk::Informer nodes_;
};

}  // namespace pintle::controller_node_lifecycle
