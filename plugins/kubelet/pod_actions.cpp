// Decides, for a pod that is to run, what to start, kill and make.

#include "plugins/kubelet/pod_actions.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "plugins/kubelet/container_spec.hpp"

namespace pintle::kubelet {
namespace {

std::uint32_t next_attempt(const ContainerStatus* last) {
  return last == nullptr ? 0 : restarts_of(*last) + 1;
}

ContainerStart start_of(const PodView& view, std::string_view name) {
  const auto* last = view.newest(name);
  return {std::string(name), next_attempt(last), last};
}

/// Whether every container of the pod has had its last run.
bool has_run_out(const Json& pod, const PodView& view) {
  const auto policy = restart_policy_of(pod);
  const auto& containers = containers_of(pod);
  return policy != "Always" && std::ranges::all_of(containers, [&](const auto& container) {
           const auto* run = view.newest(name_of(container));
           return has_exited(run) && !should_restart(policy, run->exit_code);
         });
}

/// Whether an init container ended for good without success.
bool has_failed_init(const Json& pod, const PodView& view) {
  return restart_policy_of(pod) == "Never" &&
         std::ranges::any_of(init_containers_of(pod), [&](const auto& container) {
           const auto* run = view.newest(name_of(container));
           return !is_sidecar(container) && has_exited(run) && run->exit_code != 0;
         });
}

void decide_new_sandbox(PodActions& actions, const PodView& view) {
  actions.sandbox_attempt = view.sandboxes.empty() ? 0 : view.sandboxes.front().attempt + 1;
  for (const auto& [name, runs] : view.runs) {
    for (const auto& run : runs) {
      if (is_running(&run)) {
        actions.kills.push_back({run.state.id, name,
                                 "Pod sandbox changed, it will be killed and "
                                 "re-created."});
      }
    }
  }
  for (const auto& sandbox : view.sandboxes) {
    if (sandbox.ready) {
      actions.old_sandboxes.push_back(sandbox.id);
    }
  }
  actions.wants_sandbox = true;
}

/// The next init container to start, if any. True if all are done and sidecars have started.
bool decide_init(PodActions& actions, const Json& pod, const PodView& view,
                 const Verdicts& verdicts, bool mains_began) {
  for (const auto& container : init_containers_of(pod)) {
    const auto name = name_of(container);
    const auto* run = view.newest_here(name);
    if (is_running(run)) {
      if (!is_sidecar(container)) {
        return false;
      }
      if (const auto why = verdicts.must_die(run->state.id); !why.empty()) {
        actions.kills.push_back(
            {run->state.id, std::string(name),
             concat({"Init container ", name, " ", why, ", will be restarted"})});
      }
      if (!mains_began && !verdicts.is_started(run->state.id)) {
        return false;
      }
      continue;
    }
    if (!is_sidecar(container) && (mains_began || (has_exited(run) && run->exit_code == 0))) {
      continue;
    }
    if (has_exited(run) && !is_sidecar(container) && restart_policy_of(pod) == "Never") {
      return false;
    }
    if (run != nullptr && !has_exited(run)) {
      actions.removes.push_back(run->state.id);
    }
    actions.starts.push_back(start_of(view, name));
    if (!mains_began) {
      return false;
    }
  }
  return true;
}

void decide_main(PodActions& actions, const Json& pod, const PodView& view,
                 const Verdicts& verdicts) {
  for (const auto& container : containers_of(pod)) {
    const auto name = name_of(container);
    const auto* run = view.newest(name);
    if (is_running(run)) {
      const auto hash = run->state.annotations.find(kContainerHash);
      if (hash != run->state.annotations.end() && hash->second != hash_of_container(container)) {
        actions.kills.push_back(
            {run->state.id, std::string(name),
             concat({"Container ", name, " definition changed, will be restarted"})});
      } else if (const auto why = verdicts.must_die(run->state.id); !why.empty()) {
        actions.kills.push_back({run->state.id, std::string(name),
                                 concat({"Container ", name, " ", why, ", will be restarted"})});
      }
      continue;
    }
    if (has_exited(run) && !should_restart(restart_policy_of(pod), run->exit_code)) {
      continue;
    }
    if (run != nullptr && !has_exited(run)) {
      actions.removes.push_back(run->state.id);
    }
    actions.starts.push_back(start_of(view, name));
  }
}

}  // namespace

bool should_restart(std::string_view policy, int exit_code) {
  return policy == "Always" || (policy == "OnFailure" && exit_code != 0);
}

PodActions decide(const Json& pod, const PodView& view, const Verdicts& verdicts) {
  PodActions actions;
  if (has_run_out(pod, view) || has_failed_init(pod, view)) {
    actions.is_finished = true;
    actions.is_initialized = !has_failed_init(pod, view);
    return actions;
  }
  const bool is_reachable = view.current && (is_on_host_network(pod) || !view.current->ips.empty());
  if (!view.current || !view.current->state.ready || !is_reachable) {
    decide_new_sandbox(actions, view);
    return actions;
  }
  const bool mains_began = std::ranges::any_of(containers_of(pod), [&](const auto& container) {
    return view.newest_here(name_of(container)) != nullptr;
  });
  actions.is_initialized = decide_init(actions, pod, view, verdicts, mains_began);
  if (actions.is_initialized) {
    decide_main(actions, pod, view, verdicts);
  }
  return actions;
}

}  // namespace pintle::kubelet
