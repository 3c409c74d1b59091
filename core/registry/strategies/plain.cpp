// Strategies of kinds that need one small thing beside the tables.

#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class StatefulStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }
};

}  // namespace

const Strategy& stateful_strategy() {
  static const StatefulStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
