// Leases: locks and heartbeats. Source: pkg/apis/coordination/validation.

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class LeaseStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json* spec = find_member(object, "spec");
    if (spec == nullptr) {
      return;
    }
    const auto seconds = integer_at(*spec, {"leaseDurationSeconds"});
    if (seconds && *seconds <= 0) {
      causes.push_back(invalid_value("spec.leaseDurationSeconds", std::to_string(*seconds),
                                     "must be greater than 0"));
    }
    check_not_negative(causes, *spec, "spec", "leaseTransitions");
    const Json* holder = find_member(*spec, "holderIdentity");
    if (holder != nullptr && holder->is_string() && holder->get_string().empty() &&
        find_member(*spec, "strategy") != nullptr) {
      causes.push_back(invalid_value("spec.holderIdentity", "\"\"", "must not be empty"));
    }
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
  bool creates_on_update() const override { return true; }
  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& lease_strategy() {
  static const LeaseStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
