// Tolerations: two lists of them as one, without what another covers.

#pragma once

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::admission_runtime_class {

/// All of `first`, then all of `second`, but for those that another one of them covers.
/// Source: kubernetes pkg/util/tolerations MergeTolerations.
JsonArray merge_tolerations(const sdk::Value& first, const sdk::Value& second);

}  // namespace pintle::admission_runtime_class
