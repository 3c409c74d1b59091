// Eviction: how long a pod may stay on a node whose taints it does not, or not for ever, tolerate.

#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_node_lifecycle {

/// When a pod must go that has stood under the node's taints since `since`: then, for at once;
/// nothing where it may stay.
/// Source: kubernetes pkg/controller/tainteviction.
std::optional<WallTime> must_go_at(const sdk::Value& pod, const sdk::Value& node, WallTime since);

/// True if the node bears any taint that moves pods.
bool moves_pods(const sdk::Value& node);

/// Whether one toleration is for one taint. Source: core/v1 Toleration.ToleratesTaint.
bool tolerates(const sdk::Value& toleration, const sdk::Value& taint);

}  // namespace pintle::controller_node_lifecycle
