// What a pod needs next: the decision, without doing anything yet.

#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/pod_view.hpp"

namespace pintle::kubelet {

struct ContainerStart {
  std::string name;
  std::uint32_t attempt = 0;
  const ContainerStatus* last = nullptr;  // The run that ended; null for the first.
};

struct ContainerKill {
  std::string id;
  std::string name;
  std::string why;  // "Container web failed liveness probe, will be restarted".
};

struct PodActions {
  bool wants_sandbox = false;
  std::uint32_t sandbox_attempt = 0;
  std::vector<std::string> old_sandboxes;  // Ready ones to be stopped before.
  std::vector<ContainerKill> kills;
  std::vector<ContainerStart> starts;
  std::vector<std::string> removes;  // Made but never started: in the way.
  /// Nothing will run in the pod again: its sandbox may go.
  bool is_finished = false;
  /// Every init container has done its part.
  bool is_initialized = false;
};

/// What is known of a running container.
struct Verdicts {
  std::function<bool(const std::string& container_id)> is_started;
  std::function<std::string(const std::string& container_id)> must_die;  // Why, or "".
};

/// Whether a container that ended so is started again.
bool should_restart(std::string_view policy, int exit_code);

/// Source: kubelet kuberuntime computePodActions.
PodActions decide(const Json& pod, const PodView& view, const Verdicts& verdicts);

}  // namespace pintle::kubelet
