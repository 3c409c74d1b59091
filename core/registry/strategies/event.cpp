// Events: an update of one that is gone makes it again, and they live where their object lives.
//
// Source: pkg/registry/core/event/strategy.go, pkg/apis/core/validation/events.go.

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class EventStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto ns = text_at(object, {"metadata", "namespace"});
    const auto about = text_at(object, {"involvedObject", "namespace"});
    // What belongs to no namespace is told of in default.
    const bool fits = about.empty() ? ns == "default" || ns == "kube-system" : about == ns;
    if (!fits) {
      causes.push_back(invalid_value("involvedObject.namespace", quoted(about),
                                     "does not match event.namespace"));
    }
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
  bool creates_on_update() const override { return true; }
};

}  // namespace

const Strategy& event_strategy() {
  static const EventStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
