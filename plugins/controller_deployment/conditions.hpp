// Conditions: how a Deployment tells, in its status, whether it gets on.
//
// Source: pkg/controller/deployment/util/deployment_util.go SetDeploymentCondition.

#pragma once

#include <string>
#include <string_view>

#include "core/object/json.hpp"

namespace pintle::controller_deployment {

inline constexpr std::string_view kProgressing = "Progressing";
inline constexpr std::string_view kAvailable = "Available";
inline constexpr std::string_view kReplicaFailure = "ReplicaFailure";

inline constexpr std::string_view kTimedOut = "ProgressDeadlineExceeded";
inline constexpr std::string_view kNewAvailable = "NewReplicaSetAvailable";

struct Condition {
  std::string_view type;
  std::string_view state;  // "True", "False", "Unknown".
  std::string reason;
  std::string message;
  std::string updated;       // lastUpdateTime,
  std::string transitioned;  // and lastTransitionTime; RFC 3339.
};

/// The condition of this type in `conditions`; null where there is none.
const Json* find_condition(const JsonArray& conditions, std::string_view type);

/// Puts `condition` in the place of the one of its type. One with the same state and reason stays
/// as it is; one with the same state keeps its time of transition.
void set_condition(JsonArray& conditions, const Condition& condition);
void remove_condition(JsonArray& conditions, std::string_view type);

}  // namespace pintle::controller_deployment
