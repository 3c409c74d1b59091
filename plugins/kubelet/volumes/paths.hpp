// Where a pod's things lie on the node, and the check that its names may be in a path (T-N01).

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "plugins/kubelet/pod.hpp"

namespace pintle::kubelet {

/// Every name of the pod that will be part of a path: uid, namespace, name, containers, volumes.
/// They were checked by the server; a node does not take that on trust.
/// Errors: kInvalid naming the field.
Result<void> check_pod_paths(const Pod& pod);

/// Where things lie: as with Kubernetes, but for the root.
struct PodPaths {
  std::filesystem::path root;      // /var/lib/pintle/kubelet.
  std::filesystem::path log_root;  // /var/log/pods.

  std::filesystem::path of_pod(const std::string& uid) const { return root / "pods" / uid; }
  std::filesystem::path of_volumes(const std::string& uid) const { return of_pod(uid) / "volumes"; }
  std::filesystem::path of_subpaths(const std::string& uid) const {
    return of_pod(uid) / "volume-subpaths";
  }
  std::filesystem::path of_container(const std::string& uid, std::string_view container) const {
    return of_pod(uid) / "containers" / container;
  }
  std::filesystem::path of_hosts_file(const std::string& uid) const {
    return of_pod(uid) / "etc-hosts";
  }
  std::filesystem::path of_logs(const Pod& pod) const;
};

/// Mounts whose place lies under `folder`, deepest first.
std::vector<std::filesystem::path> mounts_under(const std::filesystem::path& folder);

/// Unmounts everything mounted under `folder` by us. Errors: the first that would not go.
Result<void> unmount_under(const std::filesystem::path& folder);

}  // namespace pintle::kubelet
