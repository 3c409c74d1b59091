// YAML in and out: yaml-cpp behind one guarded wrapper. yaml-cpp's only home is yaml.cpp.
//
// Scalars follow go-yaml's YAML 1.1 rules as Kubernetes' clients have them (yes/no are booleans,
// 0o17 and 017 octal, ~ is null), keys become strings, tags other than the core ones are refused.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle {

struct YamlLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;
  std::size_t max_nodes = 500'000;  // After aliases are expanded: a bomb stops here.
  std::size_t max_depth = 512;
};

/// The documents of `text`, without the empty ones.
/// Errors: kBadRequest with the line and column; kRequestEntityTooLarge past max_bytes.
Result<std::vector<ParsedJson>> parse_yaml(std::string_view text, const YamlLimits& limits = {});

/// The one document of `text`. Errors: as above; kBadRequest where there is none or more than one.
Result<ParsedJson> parse_yaml_document(std::string_view text, const YamlLimits& limits = {});

/// JSON if the first character that is not a space is '{' or '[', YAML otherwise: what a file given
/// by a person holds.
Result<std::vector<ParsedJson>> parse_json_or_yaml(std::string_view text);

/// Block-style YAML, keys in their order, ending in a line feed.
std::string to_yaml(const Json& value);

}  // namespace pintle
