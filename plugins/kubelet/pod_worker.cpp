// The worker's round: look, decide, act, report.

#include "plugins/kubelet/pod_worker.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "plugins/kubelet/container_spec.hpp"
#include "plugins/kubelet/files.hpp"

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kRetry{2};
constexpr std::chrono::seconds kRefresh{60};  // Of volumes that show objects of the API.

void sooner(SyncOutcome& outcome, std::chrono::milliseconds wait) {
  outcome.again = outcome.again ? std::min(*outcome.again, wait) : wait;
}

}  // namespace

PodWorker::PodWorker(const Parts& parts, PodPtr pod)
    : parts_(parts), pod_(std::move(pod)), status_(nullptr) {
  if (const auto* status = find_path(pod_->json(), {"status"}); status != nullptr) {
    status_ = *status;
  }
  start_time_ = std::string(text_at(status_, {"startTime"}));
  if (start_time_.empty()) {
    start_time_ = to_rfc3339(parts_.clock.now());
  }
}

void PodWorker::update(PodPtr pod) {
  const std::lock_guard lock(mutex_);
  pod_ = std::move(pod);
  is_removed_ = false;
}

void PodWorker::remove() {
  const std::lock_guard lock(mutex_);
  is_removed_ = true;
}

PodPtr PodWorker::pod() const {
  const std::lock_guard lock(mutex_);
  return pod_;
}

Json PodWorker::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

bool PodWorker::is_removed() const {
  const std::lock_guard lock(mutex_);
  return is_removed_;
}

Result<PodWorker::RunPlace> PodWorker::find_run(std::string_view container, bool previous) const {
  const std::lock_guard lock(mutex_);
  const auto found = seen_.runs.find(container);
  const std::size_t index = previous ? 1 : 0;
  if (found != seen_.runs.end() && found->second.size() > index) {
    const auto& run = found->second[index];
    return RunPlace{run.state.id, run.log_path, is_running(&run), ""};
  }
  RunPlace place;
  for (const auto* list : {"containerStatuses", "initContainerStatuses"}) {
    for (const auto& status : array_at(status_, {list})) {
      if (name_of(status) == container) {
        place.waiting = std::string(text_at(status, {"state", "waiting", "reason"}));
      }
    }
  }
  return place;
}

std::vector<PodWorker::RunPlace> PodWorker::running() const {
  const std::lock_guard lock(mutex_);
  std::vector<RunPlace> places;
  for (const auto& [name, runs] : seen_.runs) {
    for (const auto& run : runs) {
      if (kubelet::is_running(&run)) {
        places.push_back({run.state.id, run.log_path, true, ""});
      }
    }
  }
  return places;
}

Result<std::string> PodWorker::find_sandbox() const {
  const std::lock_guard lock(mutex_);
  if (!seen_.current || !seen_.current->state.ready) {
    return Error{Code::kNotFound, concat({"pod not found (\"", pod_->name, "_", pod_->ns, "\")"})};
  }
  return seen_.current->state.id;
}

bool PodWorker::is_terminating(const Pod& pod) const {
  return is_removed() || is_being_deleted(pod.json()) || failure_.has_value();
}

bool PodWorker::deadline_passed(const PodPtr& pod, SyncOutcome& outcome) {
  const auto seconds = integer_at(pod->json(), {"spec", "activeDeadlineSeconds"});
  const auto began = parse_rfc3339(start_time_);
  if (!seconds || !began) {
    return false;
  }
  const auto left = *began + std::chrono::seconds(*seconds) - parts_.clock.now();
  if (left.count() > 0) {
    sooner(outcome, std::chrono::ceil<std::chrono::milliseconds>(left));
    return false;
  }
  failure_ = Waiting{"DeadlineExceeded",
                     "Pod was active on the node longer than the specified "
                     "deadline"};
  parts_.events.record(*pod, "", {false, "DeadlineExceeded", failure_->message});
  return true;
}

SyncOutcome PodWorker::sync() {
  const auto pod = this->pod();
  SyncOutcome outcome;
  if (is_torn_down_) {
    outcome.is_torn_down = true;
    return outcome;
  }
  auto looked = view_pod(parts_.runtime, pod->uid, exited_, is_terminating(*pod));
  if (!looked) {
    parts_.log.warning("the runtime can't be asked about a pod",
                       {{"pod", to_text(*pod)}, {"error", looked.error().message}});
    outcome.again = kRetry;
    return outcome;
  }
  auto view = std::move(looked).value();
  for (const auto& [id, run] : exited_) {
    parts_.prober.forget(id);
  }
  if (!is_terminating(*pod) && !deadline_passed(pod, outcome)) {
    auto ran = sync_running(pod, view);
    if (outcome.again) {
      sooner(ran, *outcome.again);
    }
    report(pod, view, false);
    return ran;
  }
  return sync_terminating(pod, view);
}

SyncOutcome PodWorker::sync_running(const PodPtr& pod, PodView& view) {
  SyncOutcome outcome;
  const Verdicts verdicts{[this](const std::string& id) { return parts_.prober.is_started(id); },
                          [this](const std::string& id) { return parts_.prober.verdict_of(id); }};
  watch_probes(pod, view);
  auto actions = decide(pod->json(), view, verdicts);
  // A pod that was over stays over, even if the runtime has forgotten its containers.
  const auto known = status();
  const auto phase = text_at(known, {"phase"});
  if (actions.is_finished || phase == "Succeeded" || phase == "Failed") {
    finish(pod, view);
    return outcome;
  }
  for (const auto& order : actions.kills) {
    kill(pod, view, {order.id, order.name, order.why, grace_period_of(pod->json())});
  }
  if (!actions.kills.empty() && actions.wants_sandbox) {
    return outcome;
  }
  if (auto prepared = prepare(pod); !prepared) {
    sooner(outcome, next_retry());
    return outcome;
  }
  if (Volumes::shows_objects(pod->json())) {
    sooner(outcome, kRefresh);
  }
  if (actions.wants_sandbox) {
    if (auto made = make_sandbox(pod, actions); !made) {
      parts_.events.record(*pod, "",
                           {true, "FailedCreatePodSandBox",
                            "Failed to create pod sandbox: " + made.error().message});
      sooner(outcome, next_retry());
      return outcome;
    }
    auto looked = view_pod(parts_.runtime, pod->uid, exited_, false);
    if (!looked) {
      sooner(outcome, kRetry);
      return outcome;
    }
    view = std::move(looked).value();
    report(pod, view, false);
    actions = decide(pod->json(), view, verdicts);
  }
  failures_ = 0;
  start_all(pod, view, actions, outcome);
  return outcome;
}

std::chrono::milliseconds PodWorker::next_retry() {
  constexpr std::chrono::milliseconds kFirst{500};
  constexpr int kDoublings = 6;  // 32 s.
  return kFirst * (1 << std::min(failures_++, kDoublings));
}

void PodWorker::start_all(const PodPtr& pod, const PodView& view, const PodActions& actions,
                          SyncOutcome& outcome) {
  for (const auto& id : actions.removes) {
    [[maybe_unused]] const auto removed = parts_.runtime.remove_container(id);
  }
  for (const auto& next : actions.starts) {
    start(pod, view, next, outcome);
  }
}

Result<void> PodWorker::prepare(const PodPtr& pod) {
  const auto now = parts_.clock.steady();
  const bool is_stale = Volumes::shows_objects(pod->json()) && now >= refresh_at_;
  if (is_prepared_ && !is_stale) {
    return {};
  }
  PINTLE_TRY_STATUS(check_pod_paths(*pod));
  PINTLE_TRY_STATUS(make_folders(parts_.paths.of_pod(pod->uid), 0750));
  auto volumes = parts_.volumes.set_up(*pod);
  if (!volumes) {
    parts_.events.record(*pod, "", {true, "FailedMount", volumes.error().message});
    // What runs keeps running on what its volumes showed last.
    return is_prepared_ ? Result<void>() : std::move(volumes).error();
  }
  volumes_ = std::move(volumes).value();
  refresh_at_ = now + kRefresh;
  auto sandbox = make_sandbox_config({*pod, parts_.node, parts_.paths, 0, parts_.cgroup_root});
  if (!sandbox) {
    parts_.events.record(*pod, "", {true, "FailedCreatePodSandBox", sandbox.error().message});
    return std::move(sandbox).error();
  }
  sandbox_ = std::move(sandbox).value();
  is_prepared_ = true;
  return {};
}

Result<void> PodWorker::make_sandbox(const PodPtr& pod, const PodActions& actions) {
  for (const auto& id : actions.old_sandboxes) {
    PINTLE_TRY_STATUS(parts_.runtime.stop_sandbox(id));
  }
  if (actions.sandbox_attempt > 0) {
    parts_.events.record(
        *pod, "",
        {false, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created."});
  }
  PINTLE_TRY_STATUS(make_folders(parts_.paths.of_logs(*pod), 0755));
  sandbox_.attempt = actions.sandbox_attempt;
  PINTLE_TRY_STATUS(parts_.runtime.run_sandbox(sandbox_));
  return {};
}

void PodWorker::watch_probes(const PodPtr& pod, const PodView& view) {
  const auto ips = view.ips();
  HandlerTarget target;
  target.ip = !is_on_host_network(pod->json()) && !ips.empty() ? ips.front() : parts_.node.ip;
  for (const auto& [name, runs] : view.runs) {
    const auto* container = find_container(pod->json(), name);
    if (container != nullptr && is_running(&runs.front())) {
      target.container_id = runs.front().state.id;
      parts_.prober.watch(pod, *container, target);
    }
  }
}

void PodWorker::finish(const PodPtr& pod, const PodView& view) {
  // Sidecars outlive the others only until here.
  if (kill_next(pod, view) || has_kills()) {
    return;
  }
  if (auto stopped = stop_sandboxes(view); !stopped) {
    parts_.log.warning("sandbox not stopped",
                       {{"pod", to_text(*pod)}, {"error", stopped.error().message}});
  }
}

SyncOutcome PodWorker::sync_terminating(const PodPtr& pod, PodView& view) {
  SyncOutcome outcome;
  watch_probes(pod, view);
  if (kill_next(pod, view) || has_kills()) {
    report(pod, view, false);
    sooner(outcome, std::chrono::seconds{5});
    return outcome;
  }
  if (auto stopped = stop_sandboxes(view); !stopped) {
    parts_.log.warning("sandbox not stopped",
                       {{"pod", to_text(*pod)}, {"error", stopped.error().message}});
    sooner(outcome, kRetry);
    return outcome;
  }
  parts_.prober.forget_pod(pod->uid);
  report(pod, view, true);
  const bool is_leaving = is_removed() || is_being_deleted(pod->json());
  if (!is_leaving) {
    return outcome;
  }
  if (auto cleared = parts_.volumes.tear_down(pod->uid); !cleared) {
    parts_.log.warning("a pod's folder is not gone yet",
                       {{"pod", to_text(*pod)}, {"error", cleared.error().message}});
    sooner(outcome, kRetry);
    return outcome;
  }
  remove_from_runtime(view);
  parts_.images.forget_pod(pod->uid);
  parts_.crashes.forget_all(pod->uid + "/");
  if (auto removed = remove_tree(parts_.paths.of_logs(*pod)); !removed) {
    parts_.log.warning("a pod's logs are not gone",
                       {{"pod", to_text(*pod)}, {"error", removed.error().message}});
  }
  is_torn_down_ = true;
  outcome.is_torn_down = true;
  return outcome;
}

}  // namespace pintle::kubelet
