// PriorityClasses: the names and values of the system's own are not for users.
//
// Source: pkg/apis/scheduling/validation, apis/scheduling/helpers.go.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kHighestUserPriority = 1'000'000'000;

struct SystemClass {
  std::string_view name;
  std::int64_t value;
};

constexpr std::array kSystemClasses = {SystemClass{"system-cluster-critical", 2'000'000'000},
                                       SystemClass{"system-node-critical", 2'000'001'000}};

class PriorityClassStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto name = text_at(object, {"metadata", "name"});
    const auto value = integer_at(object, {"value"}).value_or(0);
    if (name.starts_with("system-")) {
      for (const auto& known : kSystemClasses) {
        if (known.name == name && known.value == value) {
          return;
        }
      }
      causes.push_back(forbidden_value(
          "metadata.name",
          concat({"priority class names with 'system-' prefix are reserved for system use only. "
                  "error: ",
                  name, " is not a known system priority class"})));
    }
    if (value > kHighestUserPriority) {
      causes.push_back(
          forbidden_value("value", concat({"maximum allowed value of a user defined priority is ",
                                           std::to_string(kHighestUserPriority)})));
    }
  }
};

}  // namespace

const Strategy& priority_class_strategy() {
  static const PriorityClassStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
