// RuntimeClasses: a handler for good, what it costs, and where it is.
//
// Source: pkg/apis/node/validation ValidateRuntimeClass.

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class RuntimeClassStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const auto handler = text_at(object, {"handler"}); !handler.empty()) {
      check_name_at(causes, "handler", handler, check_dns_label(handler));
    }
    for (const auto& entry : object_at(object, {"overhead", "podFixed"})) {
      const auto text = text_at(entry.value(), {});
      const auto amount = parse_quantity(text);
      if (amount.ok() && amount.value().is_negative()) {
        causes.push_back(invalid_value(concat({"overhead.podFixed[", entry.key(), "]"}),
                                       quoted(text), "must be greater than or equal to 0"));
      }
    }
    for (const auto& label : object_at(object, {"scheduling", "nodeSelector"})) {
      check_name_at(causes, "scheduling.nodeSelector", label.key(), check_label_key(label.key()));
      const auto value = text_at(label.value(), {});
      check_name_at(causes, "scheduling.nodeSelector", value, check_label_value(value));
    }
    validate_tolerations(array_at(object, {"scheduling", "tolerations"}), "scheduling.tolerations",
                         causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);  // The tables keep the handler.
  }

  bool updates_unconditionally() const override { return false; }
};

}  // namespace

const Strategy& runtime_class_strategy() {
  static const RuntimeClassStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
