// Metadata: an object's metadata alone, for who looks at every object of a cluster.
//
// An ObjectHandle's tree is parsed whole and kept as long as the object lives; this parses a part
// and keeps nothing.

#pragma once

#include <string_view>

#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle::sdk {

/// The text of the member "metadata" of an object's `json`, braces and all; "" where it has none.
/// REQUIRES: `json` is one JSON object, as ObjectHandle::json() gives it.
std::string_view find_metadata(std::string_view json);

/// The same as a tree in `storage`. Errors: kInvalid where there is none.
Result<Json> parse_metadata(std::string_view json, const JsonStorage& storage = {});

}  // namespace pintle::sdk
