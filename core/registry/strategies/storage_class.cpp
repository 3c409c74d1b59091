// StorageClasses: nothing that volumes were made by may change.
//
// Source: pkg/apis/storage/validation ValidateStorageClass.

#include <algorithm>
#include <cctype>

#include "core/base/concat.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxParameters = 512;
constexpr std::size_t kMaxParametersBytes = 256 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

void validate_parameters(const Json& object, Causes& causes) {
  const JsonObject& parameters = object_at(object, {"parameters"});
  if (parameters.size() > kMaxParameters) {
    causes.push_back(too_long_value("parameters", kMaxParameters));
  }
  std::size_t bytes = 0;
  for (const auto& parameter : parameters) {
    if (parameter.key().empty()) {
      causes.push_back(invalid_value("parameters", "\"\"", "field can not be empty."));
    }
    bytes += parameter.key().size() + text_at(parameter.value(), {}).size();
  }
  if (bytes > kMaxParametersBytes) {
    causes.push_back(too_long_value("parameters", kMaxParametersBytes));
  }
}

class StorageClassStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto provisioner = text_at(object, {"provisioner"});
    if (!provisioner.empty()) {
      check_name_at(causes, "provisioner", provisioner, check_label_key(lower(provisioner)));
    }
    validate_parameters(object, causes);
    if (text_at(object, {"reclaimPolicy"}) == "Recycle") {
      causes.push_back(unsupported_value("reclaimPolicy", "Recycle", {"Delete", "Retain"}));
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    for (const std::string_view field : {"parameters", "provisioner", "reclaimPolicy"}) {
      if (!same_but_for_empties(find_member(next, field), find_member(current, field))) {
        causes.push_back(
            forbidden_value(std::string(field), concat({"updates to ", field, " are forbidden."})));
      }
    }
    check_immutable(causes, next, current, {"volumeBindingMode"});
  }
};

}  // namespace

const Strategy& storage_class_strategy() {
  static const StorageClassStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
