// What a plain YAML scalar means, by go-yaml's YAML 1.1 rules.
//
// Source: go-yaml v2 resolve.go, which Kubernetes' clients and server read YAML with.

#pragma once

#include <optional>
#include <string_view>

#include "core/object/json.hpp"

namespace pintle {

/// The value of a plain (unquoted) scalar; nothing for infinities and not-a-number.
std::optional<Json> resolve_yaml_scalar(std::string_view text);

}  // namespace pintle
