// Nodes: taints are checked, and what identifies a machine may not change.
//
// Source: pkg/apis/core/validation ValidateNode, ValidateNodeUpdate.

#include <set>

#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

void validate_taints(const Json& node, Causes& causes) {
  std::set<std::string> seen;
  const JsonArray& taints = array_at(node, {"spec", "taints"});
  for (std::size_t i = 0; i < taints.size(); ++i) {
    const std::string here = item_path("spec.taints", i);
    const auto key = text_at(taints[i], {"key"});
    if (!key.empty()) {
      check_name_at(causes, sub_path(here, "key"), key, check_label_key(key));
    }
    const auto value = text_at(taints[i], {"value"});
    check_name_at(causes, sub_path(here, "value"), value, check_label_value(value));
    if (!seen.insert(concat({key, ":", text_at(taints[i], {"effect"})})).second) {
      Cause cause = duplicate_value(here, to_json(taints[i]));
      cause.message += ": taints must be unique by key and effect pair";
      causes.push_back(std::move(cause));
    }
  }
}

class NodeStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_taints(object, causes);
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_taints(next, causes);
    for (const std::string_view field : {"podCIDR", "providerID"}) {
      const auto before = text_at(current, {"spec", field});
      if (!before.empty() && before != text_at(next, {"spec", field})) {
        causes.push_back(forbidden_value(
            sub_path("spec", field),
            "node updates may not change " + std::string(field) + " except from \"\" to valid"));
      }
    }
  }
};

}  // namespace

const Strategy& node_strategy() {
  static const NodeStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
