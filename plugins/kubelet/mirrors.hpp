// Mirrors: the pods by which the server shows static pods.

#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/log.hpp"
#include "plugins/kubelet/cluster.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/status_writer.hpp"

namespace pintle::kubelet {

/// The mirror of a static pod, to be created. `node_uid` may be "".
Json make_mirror(const Pod& pod, const std::string& node_name, const std::string& node_uid);

/// Threads: every method may be called from any thread.
class Mirrors {
 public:
  Mirrors(Cluster& cluster, std::string node_name, Log& log)
      : cluster_(cluster), node_name_(std::move(node_name)), log_(log) {}

  /// What the server says of a mirror pod.
  void seen(const Pod& mirror);
  void gone(const Pod& mirror);

  /// The mirror that shows `pod` as it is now.
  std::optional<ServerPod> find(const Pod& pod) const;
  /// Makes the server show `pod`: creates its mirror, or clears away one that is out of date.
  void ensure(const Pod& pod, const std::string& node_uid);
  void remove(const Pod& pod);
  /// Mirrors of pods that `is_known` (by "namespace/name") knows nothing of are deleted.
  void remove_strays(const std::function<bool(const std::string& key)>& is_known);

 private:
  struct Mirror {
    ServerPod pod;
    std::string hash;
    bool is_going = false;
  };

  void remove(const Mirror& mirror);

  Cluster& cluster_;
  const std::string node_name_;
  Log& log_;
  mutable std::mutex mutex_;
  std::map<std::string, Mirror> mirrors_;  // By "namespace/name". Guarded by mutex_.
};

}  // namespace pintle::kubelet
