// Constraints: one LimitRange held against a pod or a claim, in Kubernetes' words.

#pragma once

#include <string>
#include <vector>

#include "core/sdk/object.hpp"

namespace pintle::admission_limit_ranger {

/// Appends why `pod` breaks `range`, one sentence each.
void check_pod(const sdk::Value& range, const sdk::Value& pod, std::vector<std::string>& faults);

/// The same for a PersistentVolumeClaim.
void check_claim(const sdk::Value& range, const sdk::Value& claim,
                 std::vector<std::string>& faults);

}  // namespace pintle::admission_limit_ranger
