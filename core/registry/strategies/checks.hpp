// What validations of several kinds share: ranges, names, and how values are shown in causes.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/schema.hpp"
#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "core/object/names.hpp"
#include "core/object/status.hpp"

namespace pintle::registry {

using Causes = std::vector<Cause>;

/// `text` in quotes, as causes show strings.
std::string quoted(std::string_view text);

/// "spec.containers" and 2: "spec.containers[2]".
std::string item_path(std::string_view list, std::size_t index);

/// "path.field"; "field" under the empty path.
std::string sub_path(std::string_view path, std::string_view field);

/// Appends a cause if `fault` says something of `value`.
void check_name_at(Causes& causes, std::string path, std::string_view value,
                   const NameFault& fault);

/// Appends a cause unless `least` <= `number` <= `most`: "must be between 1 and 65535, inclusive".
void check_range(Causes& causes, std::string path, std::int64_t number, std::int64_t least,
                 std::int64_t most);
void check_port(Causes& causes, std::string path, std::int64_t number);

/// "must be greater than or equal to 0", for an integer that may not be there.
void check_not_negative(Causes& causes, const Json& object, std::string_view path,
                        std::string_view field);

/// A port by number or by IANA name, as probes and Services refer to it.
void check_port_reference(Causes& causes, std::string path, const Json* port);

bool is_true(const Json& object, std::initializer_list<std::string_view> keys);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);

/// Whether the members `keys` lead to are the same in both: missing equals missing.
bool same_at(const Json& a, const Json& b, std::initializer_list<std::string_view> keys);

using api::same_but_for_empties;

/// Copies the member `key` of `from` to `to`, or takes it away there if `from` has none.
void carry(JsonObject& to, const Json& from, std::string_view key);

}  // namespace pintle::registry
