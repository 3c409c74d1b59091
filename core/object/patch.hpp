// Patches that need no schema: RFC 6902 JSON patch and RFC 7386 merge patch. The strategic one,
// which does, is in core/api.

#pragma once

#include <cstddef>

#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle {

struct PatchLimits {
  std::size_t max_operations = 10'000;             // Source: kube-apiserver JSON patch limit.
  std::size_t max_copied_bytes = 3 * 1024 * 1024;  // Summed over all `copy` operations.
  std::size_t max_moved_elements = 50'000'000;  // To make or close gaps in arrays, summed: < 1 s.
};

/// Applies a JSON patch; on an error `target` is left in an unspecified but valid state.
/// Errors: kBadRequest for what is no list of operations; kInvalid where one is none or does not
/// apply ("the server rejected our request due to an error in our request");
/// kRequestEntityTooLarge past a limit.
Result<void> apply_json_patch(Json& target, const Json& patch, const PatchLimits& limits = {});

/// Applies a merge patch: null deletes, objects merge, the rest replaces.
void apply_merge_patch(Json& target, const Json& patch);

}  // namespace pintle
