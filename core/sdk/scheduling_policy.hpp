// SchedulingPolicy: which node a pod goes to. Derive from it; the scheduler plugin runs it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// A pod that wants a node. Lent for the call.
struct PodInfo {
  Value object;
  std::string_view ns;
  std::string_view name;
  std::int64_t cpu_millis = 0;  // Requested, over containers as Kubernetes sums them.
  std::int64_t memory_bytes = 0;
};

/// A node, and what the pods on it (bound or about to be) already ask for. Lent for the call.
struct NodeInfo {
  Value object;
  std::string_view name;
  std::int64_t allocatable_cpu_millis = 0;
  std::int64_t allocatable_memory_bytes = 0;
  std::int64_t allocatable_pods = 0;
  std::int64_t requested_cpu_millis = 0;
  std::int64_t requested_memory_bytes = 0;
  std::int64_t pod_count = 0;
};

/// Threads: filter and score are called from several threads at once.
class SchedulingPolicy {
 public:
  virtual ~SchedulingPolicy() = default;

  /// The policy places pods whose spec.schedulerName is this.
  virtual std::string scheduler_name() const = 0;
  /// Whether Kubernetes' own filters (resources, taints, selectors, ports) hold as well.
  virtual bool with_default_filters() const { return true; }

  /// "" if the pod may run on the node; else why not, as people read it: "Insufficient cpu". One
  /// that throws refuses the node and says so.
  virtual std::string filter(const PodInfo&, const NodeInfo&) const { return ""; }
  /// 0 to 100: how much the pod would like the node. One that throws scores 0.
  virtual std::int64_t score(const PodInfo&, const NodeInfo&) const { return 0; }
};

/// Offers `policy` to the scheduler for as long as the plugin runs.
class SchedulingPolicyOffer {
 public:
  explicit SchedulingPolicyOffer(SchedulingPolicy& policy);
  SchedulingPolicyOffer(const SchedulingPolicyOffer&) = delete;
  SchedulingPolicyOffer& operator=(const SchedulingPolicyOffer&) = delete;

  Result<void> provide(Host& host);

 private:
  static pintle_text filter(void* self, const pintle_pod_info* pod, const pintle_node_info* node);
  static std::int64_t score(void* self, const pintle_pod_info* pod, const pintle_node_info* node);
  PodInfo to_info(const pintle_pod_info& pod) const;
  NodeInfo to_info(const pintle_node_info& node) const;

  SchedulingPolicy& policy_;
  const pintle_object_table* objects_ = nullptr;
  std::string scheduler_name_;
  pintle_scheduling_policy_table table_{};
};

}  // namespace pintle::sdk
