// Where a pod may and would like to go, resources aside: the filters and scores that look only at
// what a node is, not at how full it is. Their answers are kept per class of alike pods.
//
// Source: kube-scheduler v1.33 plugins nodeunschedulable, nodename, tainttoleration, nodeaffinity,
// imagelocality.

#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "plugins/scheduler/model.hpp"

namespace pintle::scheduler {

/// The first filter that refused, in kube-scheduler's order.
enum class Refusal : std::uint8_t { kNone, kUnschedulable, kTaint, kAffinity };

struct Verdict {
  Refusal refusal = Refusal::kNone;
  std::int32_t intolerable_taints = 0;  // PreferNoSchedule ones.
  std::int32_t affinity_weight = 0;     // Of the preferred terms that match.
};

Verdict judge(const Placement& placement, const Node& node);

/// In how many nodes each image is.
using ImageSpread = std::unordered_map<std::string, std::int64_t>;

/// 0 to 100: how much of what the pod would have to pull is there already.
std::int64_t image_locality(const Placement& placement, const Node& node, const ImageSpread& spread,
                            std::int64_t node_count);

/// Why a node was refused, as FailedScheduling tells it.
std::string to_text(Refusal refusal, const Placement& placement, const Node& node);

/// What tells placements apart.
std::string key_of(const Placement& placement);

}  // namespace pintle::scheduler
