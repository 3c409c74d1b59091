// From a pod to what the runtime is asked for: the sandbox and each container.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/kubelet/env.hpp"
#include "plugins/kubelet/machine.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"
#include "plugins/kubelet/volumes/paths.hpp"

namespace pintle::kubelet {

/// Annotations by which a restarted agent knows what its containers are. Source: kubelet labels.
inline constexpr const char* kContainerHash = "io.kubernetes.container.hash";
inline constexpr const char* kRestartCount = "io.kubernetes.container.restartCount";
inline constexpr const char* kTerminationPath = "io.kubernetes.container.terminationMessagePath";
inline constexpr const char* kTerminationPolicy =
    "io.kubernetes.container.terminationMessagePolicy";
inline constexpr const char* kPodGracePeriod = "io.kubernetes.pod.terminationGracePeriod";
/// Where the node keeps the termination message of the container.
inline constexpr const char* kTerminationLog = "pintle.io/container.terminationLog";

struct SandboxInput {
  const Pod& pod;
  const NodeFacts& node;
  const PodPaths& paths;
  std::uint32_t attempt = 0;
  std::string cgroup_root;  // Empty: the runtime's own choice.
};

/// Errors: kInvalid for a field that this node can't honour.
Result<SandboxConfig> make_sandbox_config(const SandboxInput& input);

/// The pod's host name as the sandbox gets it: at most 63 characters.
std::string hostname_of(const Json& pod);

/// /etc/hosts of the pod's containers. Source: kubelet managedHostsFileContent.
std::string hosts_file(const Json& pod, const std::vector<std::string>& ips,
                       std::string_view cluster_domain);

struct ContainerInput {
  const Pod& pod;
  const Json& container;
  const NodeFacts& node;
  const PodPaths& paths;
  const std::map<std::string, std::string>& volumes;  // Name to path on the node.
  const std::vector<std::string>& ips;
  const EnvPairs& envs;
  const ImageInfo& image;
  std::uint32_t attempt = 0;
};

/// Also makes what the container mounts of the agent's own: its termination log, its subPaths.
/// Errors: kInvalid and others that keep the container from being made.
Result<ContainerConfig> make_container_config(const ContainerInput& input);

}  // namespace pintle::kubelet
