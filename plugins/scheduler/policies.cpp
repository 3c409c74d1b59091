// From our rows to the structs that cross the border.

#include "plugins/scheduler/policies.hpp"

#include <cstddef>

#include "core/sdk/text.hpp"

namespace pintle::scheduler {
namespace {

const pintle_value* root_of(const sdk::Host& host, const sdk::ObjectHandle& object) {
  return object ? host.object_table()->root(object.raw()) : nullptr;
}

pintle_pod_info to_info(const sdk::Host& host, const Pod& pod) {
  pintle_pod_info info{};
  info.size = sizeof info;
  info.object = root_of(host, pod.object);
  info.cpu_millis = pod.requests.cpu_millis;
  info.memory_bytes = pod.requests.memory_bytes;
  info.ns = sdk::to_c(std::string_view(pod.ns));
  info.name = sdk::to_c(std::string_view(pod.name));
  return info;
}

pintle_node_info to_info(const sdk::Host& host, const Row& row, const NodePods& pods) {
  const Node& node = *row.node;
  pintle_node_info info{};
  info.size = sizeof info;
  info.object = root_of(host, node.object);
  info.name = sdk::to_c(std::string_view(node.name));
  info.allocatable_cpu_millis = node.allocatable.cpu_millis;
  info.allocatable_memory_bytes = node.allocatable.memory_bytes;
  info.allocatable_pods = node.allocatable_pods;
  info.requested_cpu_millis = pods.requested.cpu_millis;
  info.requested_memory_bytes = pods.requested.memory_bytes;
  info.pod_count = static_cast<std::int64_t>(pods.pods.size());
  return info;
}

}  // namespace

Policy policy_of(const sdk::Host& host, const pintle_scheduling_policy_table& table, void* self) {
  Policy policy;
  policy.with_default_filters = table.with_default_filters != 0;
  policy.with_default_scores = false;
  if (table.filter) {
    policy.filter = [&host, filter = table.filter, self](const Pod& pod, const Row& row,
                                                         const NodePods& pods) {
      const auto pod_info = to_info(host, pod);
      const auto node_info = to_info(host, row, pods);
      return std::string(sdk::to_view(filter(self, &pod_info, &node_info)));
    };
  }
  if (table.score) {
    policy.score = [&host, score = table.score, self](const Pod& pod, const Row& row,
                                                      const NodePods& pods) {
      const auto pod_info = to_info(host, pod);
      const auto node_info = to_info(host, row, pods);
      return score(self, &pod_info, &node_info);
    };
  }
  return policy;
}

}  // namespace pintle::scheduler
