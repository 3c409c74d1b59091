// PodDisruptionBudgets: by number or by share, one of the two.
//
// Source: pkg/apis/policy/validation, pkg/registry/policy/poddisruptionbudget/strategy.go.

#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

class PodDisruptionBudgetStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json* spec = find_member(object, "spec");
    if (spec == nullptr) {
      return;
    }
    const Json* least = find_member(*spec, "minAvailable");
    const Json* most = find_member(*spec, "maxUnavailable");
    if (least != nullptr && most != nullptr) {
      causes.push_back(invalid_value("spec", to_json(*spec),
                                     "minAvailable and maxUnavailable cannot be both set"));
    }
    for (const auto& [field, value] :
         {std::pair("minAvailable", least), std::pair("maxUnavailable", most)}) {
      if (value != nullptr) {
        check_int_or_percent(causes, sub_path("spec", field), *value);
        check_at_most_all(causes, sub_path("spec", field), *value);
      }
    }
    check_label_selector(causes, find_member(*spec, "selector"), "spec.selector");
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    check_counts(causes, next,
                 {"disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"});
  }

  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& pod_disruption_budget_strategy() {
  static const PodDisruptionBudgetStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
