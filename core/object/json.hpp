// JSON as the house speaks it: Boost.JSON behind one guarded door. Boost.JSON's only home is here.
//
// Everything that came from outside is parsed by parse_json, which bounds depth and size, refuses
// bad UTF-8, finds duplicate keys and keeps int64, uint64 and double apart. A request gives an
// arena (`JsonArena`), so that a whole tree is freed at once and without recursion.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "core/base/result.hpp"

namespace pintle {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;
using JsonString = boost::json::string;
using JsonStorage = boost::json::storage_ptr;
using JsonArena = boost::json::monotonic_resource;

struct JsonLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;  // Source: kube-apiserver MaxRequestBodyBytes.
  std::size_t max_depth = 512;              // Deeper than any built-in type or sane custom one.
};

/// One parsed text. `duplicates` holds the path of each key met twice ("metadata.name"), in order;
/// of two values for one key the later stands, as in Kubernetes.
struct ParsedJson {
  Json value;
  std::vector<std::string> duplicates;
  std::vector<std::string> yaml_duplicates;  // Of YAML: `line 3: key "a" already set in map`.
};

/// Parses one JSON text. The value lives in `storage`, which outlives it.
/// Errors: kRequestEntityTooLarge past max_bytes; kBadRequest for anything that is not JSON, deeper
/// than max_depth, or not UTF-8, saying where.
Result<ParsedJson> parse_json(std::string_view text, const JsonStorage& storage = {},
                              const JsonLimits& limits = {});

/// The path of every key in `text`, which was parsed before, in order; a key met twice is there
/// twice.
std::vector<std::string> key_paths(std::string_view text);

/// Compact JSON. Keys stay in their order; numbers are exact.
std::string to_json(const Json& value);
void append_json(std::string& out, const Json& value);

/// `text` quoted and escaped as a JSON string, appended.
void append_json_string(std::string& out, std::string_view text);

/// The value under `keys`, one object member after the other; null where the way ends early.
const Json* find_path(const Json& value, std::initializer_list<std::string_view> keys);
Json* find_path(Json& value, std::initializer_list<std::string_view> keys);

/// The member `key` of `value`; null where `value` is no object or has no such member.
const Json* find_member(const Json& value, std::string_view key);

/// The string under `keys`, or "" where there is none.
std::string_view text_at(const Json& value, std::initializer_list<std::string_view> keys);

/// The number under `keys` if it is an integer that fits; nothing otherwise.
std::optional<std::int64_t> integer_at(const Json& value,
                                       std::initializer_list<std::string_view> keys);

/// The array under `keys`; an empty one where there is none.
const JsonArray& array_at(const Json& value, std::initializer_list<std::string_view> keys);

/// The object under `keys`; an empty one where there is none.
const JsonObject& object_at(const Json& value, std::initializer_list<std::string_view> keys);

/// The object member `key` of `parent`, made where it is missing or null.
/// REQUIRES: parent is an object, and an existing member is an object or null.
JsonObject& ensure_object(JsonObject& parent, std::string_view key);

}  // namespace pintle
