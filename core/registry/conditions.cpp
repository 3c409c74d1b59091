// How conditions are found and put.

#include "core/registry/conditions.hpp"

namespace pintle::registry {

void put_condition(JsonObject& status, JsonObject condition) {
  if (!status["conditions"].is_array()) {
    status["conditions"] = JsonArray();
  }
  auto& conditions = status["conditions"].as_array();
  for (auto& old : conditions) {
    if (old.is_object() && old.as_object()["type"] == condition["type"]) {
      old = std::move(condition);
      return;
    }
  }
  conditions.emplace_back(std::move(condition));
}

const Json* find_condition(const Json& object, std::string_view type) {
  for (const auto& condition : array_at(object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type) {
      return &condition;
    }
  }
  return nullptr;
}

bool is_condition_true(const Json& object, std::string_view type) {
  const auto* condition = find_condition(object, type);
  return condition != nullptr && text_at(*condition, {"status"}) == "True";
}

}  // namespace pintle::registry
