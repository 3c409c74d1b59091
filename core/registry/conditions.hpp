// Conditions: how a status says what holds of its object.

#pragma once

#include "core/base/clock.hpp"
#include "core/object/json.hpp"

namespace pintle::registry {

/// Puts `condition` in the place of the one of its type in status.conditions, or at their end.
void put_condition(JsonObject& status, JsonObject condition);

/// The condition of `type` in `object`'s status; null where there is none.
const Json* find_condition(const Json& object, std::string_view type);

/// True if the condition of `type` is there and "True".
bool is_condition_true(const Json& object, std::string_view type);

}  // namespace pintle::registry
