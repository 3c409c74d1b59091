// Conditions: how a Deployment tells whether it gets on; see conditions.hpp.

#include "plugins/controller_deployment/conditions.hpp"

namespace pintle::controller_deployment {

const Json* find_condition(const JsonArray& conditions, std::string_view type) {
  for (const auto& condition : conditions) {
    if (text_at(condition, {"type"}) == type) {
      return &condition;
    }
  }
  return nullptr;
}

void remove_condition(JsonArray& conditions, std::string_view type) {
  for (auto at = conditions.begin(); at != conditions.end();) {
    at = text_at(*at, {"type"}) == type ? conditions.erase(at) : at + 1;
  }
}

void set_condition(JsonArray& conditions, const Condition& condition) {
  std::string transitioned = condition.transitioned;
  if (const Json* held = find_condition(conditions, condition.type)) {
    const bool same_state = text_at(*held, {"status"}) == condition.state;
    if (same_state && text_at(*held, {"reason"}) == condition.reason) {
      return;
    }
    if (same_state) {
      transitioned = text_at(*held, {"lastTransitionTime"});
    }
  }
  remove_condition(conditions, condition.type);
  conditions.push_back({{"type", condition.type},
                        {"status", condition.state},
                        {"lastUpdateTime", condition.updated},
                        {"lastTransitionTime", transitioned},
                        {"reason", condition.reason},
                        {"message", condition.message}});
}

}  // namespace pintle::controller_deployment
