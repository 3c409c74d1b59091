// What ConfigMaps and Secrets have in common: keys, a size, and being immutable if asked.

#pragma once

#include "core/registry/strategies/checks.hpp"

namespace pintle::registry {

/// Checks the keys of the map `field` and adds the bytes of its values.
std::size_t check_data(const Json& object, std::string_view field, bool base64, Causes& causes);

/// "Too long: may not be more than 1048576 bytes".
void check_data_size(std::size_t bytes, std::string_view path, Causes& causes);

/// Once `immutable` is true, neither it nor `fields` may change.
void check_frozen(const Json& next, const Json& current,
                  std::initializer_list<std::string_view> fields, Causes& causes);

}  // namespace pintle::registry
