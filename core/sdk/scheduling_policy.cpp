// SchedulingPolicy: which node a pod goes to; see scheduling_policy.hpp.

#include "core/sdk/scheduling_policy.hpp"

#include <algorithm>

#include "core/sdk/text.hpp"

namespace pintle::sdk {

SchedulingPolicyOffer::SchedulingPolicyOffer(SchedulingPolicy& policy)
    : policy_(policy), scheduler_name_(policy.scheduler_name()) {
  table_.size = sizeof(table_);
  table_.scheduler_name = to_c(std::string_view(scheduler_name_));
  table_.with_default_filters = policy.with_default_filters() ? 1 : 0;
  table_.filter = &SchedulingPolicyOffer::filter;
  table_.score = &SchedulingPolicyOffer::score;
}

Result<void> SchedulingPolicyOffer::provide(Host& host) {
  objects_ = host.object_table();
  return host.provide("pintle.scheduling_policy/1", &table_, this);
}

PodInfo SchedulingPolicyOffer::to_info(const pintle_pod_info& pod) const {
  return {.object = Value(objects_, pod.object),
          .ns = to_view(pod.ns),
          .name = to_view(pod.name),
          .cpu_millis = pod.cpu_millis,
          .memory_bytes = pod.memory_bytes};
}

NodeInfo SchedulingPolicyOffer::to_info(const pintle_node_info& node) const {
  return {.object = Value(objects_, node.object),
          .name = to_view(node.name),
          .allocatable_cpu_millis = node.allocatable_cpu_millis,
          .allocatable_memory_bytes = node.allocatable_memory_bytes,
          .allocatable_pods = node.allocatable_pods,
          .requested_cpu_millis = node.requested_cpu_millis,
          .requested_memory_bytes = node.requested_memory_bytes,
          .pod_count = node.pod_count};
}

pintle_text SchedulingPolicyOffer::filter(void* self, const pintle_pod_info* pod,
                                          const pintle_node_info* node) {
  // The border's contract: the text is borrowed until this side is next called on this thread.
  thread_local std::string reason;
  const auto& offer = *static_cast<SchedulingPolicyOffer*>(self);
  try {
    reason = offer.policy_.filter(offer.to_info(*pod), offer.to_info(*node));
  } catch (...) {
    reason = "scheduling policy " + offer.scheduler_name_ + " threw: " + describe_exception();
  }
  return to_c(std::string_view(reason));
}

std::int64_t SchedulingPolicyOffer::score(void* self, const pintle_pod_info* pod,
                                          const pintle_node_info* node) {
  const auto& offer = *static_cast<SchedulingPolicyOffer*>(self);
  try {
    const auto score = offer.policy_.score(offer.to_info(*pod), offer.to_info(*node));
    return std::clamp<std::int64_t>(score, 0, 100);
  } catch (...) {
    return 0;
  }
}

}  // namespace pintle::sdk
