// Events under the scheduler's name the pod asked for, so that `kubectl get events` tells whose
// decision it was.

#include "plugins/scheduler/reporter.hpp"

#include "core/base/concat.hpp"

namespace pintle::scheduler {

Reporter::Reporter(sdk::Host& host, sdk::Client& client, const Clock& clock)
    : host_(host), client_(client), clock_(clock) {}

sdk::EventRecorder& Reporter::recorder(const std::string& scheduler_name) {
  auto& made = recorders_[scheduler_name];
  if (!made) {
    made = std::make_unique<sdk::EventRecorder>(
        host_, sdk::EventRecorder::Source{scheduler_name, ""}, clock_);
  }
  return *made;
}

void Reporter::scheduled(const Pod& pod, const std::string& node) {
  recorder(pod.scheduler_name)
      .record(sdk::EventTarget::of(pod.object.root()), sdk::EventType::kNormal, "Scheduled",
              concat({"Successfully assigned ", pod.ns, "/", pod.name, " to ", node}));
}

void Reporter::unschedulable(const Pod& pod, const std::string& message) {
  recorder(pod.scheduler_name)
      .record(sdk::EventTarget::of(pod.object.root()), sdk::EventType::kWarning, "FailedScheduling",
              message);
  if (pod.unscheduled_reason != "Unschedulable" || pod.unscheduled_message != message) {
    set_condition(pod, message);
  }
}

void Reporter::set_condition(const Pod& pod, const std::string& message) {
  JsonObject condition{{"type", "PodScheduled"},
                       {"status", "False"},
                       {"reason", "Unschedulable"},
                       {"message", message},
                       {"lastProbeTime", nullptr}};
  // A transition is one of the status: it was False before where it had a reason.
  if (pod.unscheduled_reason.empty()) {
    condition["lastTransitionTime"] = to_rfc3339(clock_.now());
  }
  const Json patch{{"status", {{"conditions", JsonArray{std::move(condition)}}}}};
  // Who deleted or bound the pod meanwhile has made this news old.
  client_.patch_async({.resource = "pods", .ns = pod.ns, .name = pod.name, .subresource = "status"},
                      sdk::PatchKind::kStrategic, patch, [](const Result<void>&) {});
}

}  // namespace pintle::scheduler
