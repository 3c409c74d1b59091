// Equal: whether two JSON values are the same, without the copies that Boost 1.81 makes of every
// member when it compares objects.

#pragma once

#include "core/object/json.hpp"

namespace pintle {

/// Order counts in lists and not in objects; integers are equal by value, doubles only to doubles.
bool is_equal(const Json& a, const Json& b);

}  // namespace pintle
