// ServiceAccounts: names are DNS subdomains, updates name their version.
//
// Source: pkg/registry/core/serviceaccount/strategy.go.

#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class ServiceAccountStrategy final : public Strategy {
 public:
  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& service_account_strategy() {
  static const ServiceAccountStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
