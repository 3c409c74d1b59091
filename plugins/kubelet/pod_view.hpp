// PodView: what the runtime has of one pod at one moment.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

struct PodView {
  std::vector<SandboxState> sandboxes;   // Newest first.
  std::optional<SandboxStatus> current;  // The newest, looked into.
  std::map<std::string, std::vector<ContainerStatus>, std::less<>> runs;  // By name, newest first.
  std::map<std::string, std::string> sandbox_of;  // Container id to sandbox id.

  /// The newest run of a container; null if there is none.
  const ContainerStatus* newest(std::string_view name) const;
  /// The newest run in the current sandbox; null if there is none.
  const ContainerStatus* newest_here(std::string_view name) const;
  bool has_running() const;
  /// The pod's addresses: the sandbox's, or none yet.
  std::vector<std::string> ips() const;
};

bool is_running(const ContainerStatus* run);
bool has_exited(const ContainerStatus* run);
/// How often the container has been restarted before this run.
std::uint32_t restarts_of(const ContainerStatus& run);

/// What lists of the runtime tell, sorted by pod uid.
struct RuntimeLists {
  std::map<std::string, std::vector<SandboxState>> sandboxes;
  std::map<std::string, std::vector<ContainerState>> containers;
};

Result<RuntimeLists> list_runtime(Runtime& runtime);

/// Statuses of containers that have ended do not change: they are asked for once.
using ExitedRuns = std::map<std::string, ContainerStatus>;

/// Looks at one pod. `exited` belongs to the pod and is kept up. For a pod that `is_ending` a
/// sandbox whose status the runtime fails to tell is no reason not to stop it.
Result<PodView> view_pod(Runtime& runtime, const std::string& uid, ExitedRuns& exited,
                         bool is_ending);

}  // namespace pintle::kubelet
