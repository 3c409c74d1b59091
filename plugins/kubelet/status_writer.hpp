// Tells the server how pods are, and that deleted ones are gone. Nobody waits for it.

#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

/// The pod as the server has it: a server's pod itself, a static pod's mirror.
struct ServerPod {
  std::string ns;
  std::string name;
  std::string uid;
};

/// Threads: every method may be called from any thread.
class StatusWriter {
 public:
  /// Nothing where the server has no such pod (yet).
  using Resolve = std::function<std::optional<ServerPod>(const Pod& pod)>;
  using Gone = std::function<void(const std::string& uid)>;

  StatusWriter(Cluster& cluster, const Clock& clock, Log& log, Resolve resolve, Gone gone);
  ~StatusWriter();

  void set(const PodPtr& pod, Json status);
  /// After its last status is written, deletes the pod for good; `gone` is called once the server
  /// has it no more.
  void confirm_gone(const PodPtr& pod, Json status);
  /// The server's pod came or changed under us: write again.
  void touch(const std::string& uid);
  void forget(const std::string& uid);

 private:
  struct Entry {
    PodPtr pod;
    Json status;
    std::string written;  // The text last accepted, with the uid it was for.
    bool is_dirty = false;
    bool wants_deletion = false;
    int failures = 0;
    SteadyTime not_before;
  };

  void run(const std::stop_token& stop);
  std::optional<std::string> next(const std::stop_token& stop);
  void write(const std::string& uid);
  Result<void> patch(const ServerPod& target, const Json& status);
  Result<void> remove(const ServerPod& target);

  Cluster& cluster_;
  const Clock& clock_;
  Log& log_;
  const Resolve resolve_;
  const Gone gone_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Entry> entries_;  // By uid. Guarded by mutex_.
  std::jthread thread_;
};

}  // namespace pintle::kubelet
