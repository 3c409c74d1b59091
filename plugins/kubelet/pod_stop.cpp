// The worker stops containers: preStop, SIGTERM, grace, SIGKILL; and takes sandboxes down.

#include <algorithm>

#include "core/base/concat.hpp"
#include "plugins/kubelet/pod_worker.hpp"

namespace pintle::kubelet {
namespace {

/// Even a preStop that took all the time leaves this much to the container itself.
/// Source: kubelet minimumGracePeriodInSeconds.
constexpr std::chrono::seconds kLeastGrace{2};

bool wants_pre_stop(const Json* container) {
  const auto* hook =
      container == nullptr ? nullptr : find_path(*container, {"lifecycle", "preStop"});
  return hook != nullptr && hook->is_object();
}

}  // namespace

bool PodWorker::has_kills() const {
  const std::lock_guard lock(mutex_);
  return !kills_.empty();
}

void PodWorker::kill(const PodPtr& pod, const PodView& view, const KillOrder& order) {
  {
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = kills_.try_emplace(order.id, order.grace);
    if (!is_new && known->second <= order.grace) {
      return;
    }
    known->second = order.grace;
  }
  parts_.events.record(*pod, order.name, {false, "Killing", order.why});
  const auto ips = view.ips();
  const auto ip = ips.empty() ? parts_.node.ip : ips.front();
  parts_.executor.run(
      [self = shared_from_this(), pod, order, ip] { self->kill_now(pod, order, ip); });
}

void PodWorker::kill_now(const PodPtr& pod, const KillOrder& order, const std::string& ip) {
  const auto began = parts_.clock.steady();
  auto grace = order.grace;
  const auto* container = find_container(pod->json(), order.name);
  if (wants_pre_stop(container) && grace.count() > 0) {
    const auto ran = run_hook(*find_path(*container, {"lifecycle", "preStop"}), *container,
                              {order.id, ip}, grace);
    if (!ran) {
      parts_.events.record(
          *pod, order.name,
          {true, "FailedPreStopHook", "PreStopHook failed: " + ran.error().message});
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::seconds>(parts_.clock.steady() - began);
    grace = std::max(grace - took, kLeastGrace);
  }
  const auto stopped = parts_.runtime.stop_container(order.id, grace);
  if (!stopped && stopped.error().code != Code::kNotFound) {
    parts_.log.warning(
        "container not stopped",
        {{"pod", to_text(*pod)}, {"container", order.name}, {"error", stopped.error().message}});
  }
  {
    const std::lock_guard lock(mutex_);
    kills_.erase(order.id);
  }
  parts_.queue.add(pod->uid);
}

Result<void> PodWorker::run_hook(const Json& hook, const Json& container,
                                 const HandlerTarget& target, std::chrono::seconds timeout) {
  if (const auto seconds = integer_at(hook, {"sleep", "seconds"})) {
    parts_.executor.sleep(std::min(std::chrono::seconds(*seconds), timeout));
    return {};
  }
  return run_handler(parts_.runtime, hook, container, target, timeout);
}

bool PodWorker::kill_next(const PodPtr& pod, const PodView& view) {
  const auto grace = grace_period_of(pod->json());
  const auto kill_running = [&](const Json& container) {
    const std::string name(name_of(container));
    const auto found = view.runs.find(name);
    bool any = false;
    for (const auto& run :
         found == view.runs.end() ? std::vector<ContainerStatus>() : found->second) {
      if (is_running(&run)) {
        any = true;
        kill(pod, view, {run.state.id, name, "Stopping container " + name, grace});
      }
    }
    return any;
  };
  bool any = false;
  for (const auto& container : containers_of(pod->json())) {
    any = kill_running(container) || any;
  }
  if (any) {
    return true;
  }
  // Then those that ran beside them, the last begun first.
  const auto& init = init_containers_of(pod->json());
  for (std::size_t i = init.size(); i-- > 0;) {
    if (kill_running(init[i])) {
      return true;
    }
  }
  return false;
}

Result<void> PodWorker::stop_sandboxes(const PodView& view) {
  for (const auto& sandbox : view.sandboxes) {
    if (!sandbox.ready) {
      continue;
    }
    auto stopped = parts_.runtime.stop_sandbox(sandbox.id);
    if (!stopped && stopped.error().code != Code::kNotFound) {
      return stopped;
    }
  }
  return {};
}

void PodWorker::remove_from_runtime(const PodView& view) {
  // The runtime removes a sandbox's containers with it.
  for (const auto& sandbox : view.sandboxes) {
    const auto removed = parts_.runtime.remove_sandbox(sandbox.id);
    if (!removed && removed.error().code != Code::kNotFound) {
      parts_.log.warning("sandbox not removed",
                         {{"sandbox", sandbox.id}, {"error", removed.error().message}});
    }
  }
}

}  // namespace pintle::kubelet
