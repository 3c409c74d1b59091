// A pod's status, computed from its spec and what the runtime, the probes and the worker know.

#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "plugins/kubelet/machine.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/pod_view.hpp"

namespace pintle::kubelet {

/// Why a container is not running yet, or not again.
struct Waiting {
  std::string reason;  // "CrashLoopBackOff", "ErrImagePull", ...
  std::string message;
};

struct StatusInput {
  const Pod& pod;
  const PodView& view;
  const NodeFacts& node;
  const std::map<std::string, Waiting, std::less<>>& waiting;  // By container.
  std::function<bool(const std::string& container_id)> is_started;
  std::function<bool(const std::string& container_id)> is_ready;
  std::function<std::string(const ContainerStatus& run)> termination_message;
  const Json& previous;  // The status before, for what must not jump. May be null.
  WallTime now;
  std::string start_time;
  bool is_terminating = false;
  bool is_terminated = false;      // Nothing of it runs and nothing will.
  std::optional<Waiting> failure;  // The agent ended the pod: "DeadlineExceeded", "Evicted".
};

/// status of the pod. Source: kubelet generateAPIPodStatus, getPhase.
Json make_status(const StatusInput& input);

/// `conditions` of the kubelet's own, and others' left as they are.
inline constexpr std::string_view kOwnConditions[] = {"PodReadyToStartContainers", "Initialized",
                                                      "Ready", "ContainersReady", "PodScheduled"};

}  // namespace pintle::kubelet
