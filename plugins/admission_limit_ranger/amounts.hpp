// Amounts: resources by name, and what a pod's containers come to.

#pragma once

#include <map>
#include <string>

#include "core/object/quantity.hpp"
#include "core/sdk/object.hpp"

namespace pintle::admission_limit_ranger {

/// "cpu" -> 500m. In the order of their names, so that messages are the same each time.
using Amounts = std::map<std::string, Quantity, std::less<>>;

/// The amounts a map of the API holds. What is no quantity counts as nothing.
Amounts amounts_of(const sdk::Value& map);

/// What a pod takes in all: `what` is "requests" or "limits". Containers and sidecars add up; an
/// init container runs beside the sidecars before it, and the largest such sum is the least a pod
/// takes. Source: limitranger's podRequests and podLimits.
Amounts total_of(const sdk::Value& pod, std::string_view what);

}  // namespace pintle::admission_limit_ranger
