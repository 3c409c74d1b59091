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

class PendingStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object()["status"] = JsonObject{{"phase", "Pending"}};
    return {};
  }
};

class UpsertStrategy final : public Strategy {
 public:
  bool creates_on_update() const override { return true; }
};

}  // namespace

const Strategy& stateful_strategy() {
  static const StatefulStrategy strategy;
  return strategy;
}

const Strategy& pending_strategy() {
  static const PendingStrategy strategy;
  return strategy;
}

const Strategy& upsert_strategy() {
  static const UpsertStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
