// ConfigMaps, and what Secrets share with them.
//
// Source: pkg/apis/core/validation ValidateConfigMap, ValidateConfigMapUpdate.

#include "core/base/concat.hpp"
#include "core/registry/strategies/data_size.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxDataBytes = 1024 * 1024;  // Source: core.MaxSecretSize.

class ConfigMapStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    std::size_t bytes = check_data(object, "data", false, causes);
    bytes += check_data(object, "binaryData", true, causes);
    const JsonObject& binary = object_at(object, {"binaryData"});
    for (const auto& entry : object_at(object, {"data"})) {
      if (binary.contains(entry.key())) {
        causes.push_back(invalid_value(concat({"data[", entry.key(), "]"}), quoted(entry.key()),
                                       "duplicate of key present in binaryData"));
      }
    }
    check_data_size(bytes, "", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    check_frozen(next, current, {"data", "binaryData"}, causes);
    validate_create(context, next, causes);
  }
};

}  // namespace

std::size_t check_data(const Json& object, std::string_view field, bool base64, Causes& causes) {
  std::size_t bytes = 0;
  for (const auto& entry : object_at(object, {field})) {
    if (const auto fault = check_config_key(entry.key())) {
      causes.push_back(
          invalid_value(concat({field, "[", entry.key(), "]"}), quoted(entry.key()), *fault));
    }
    const auto size = entry.value().is_string() ? entry.value().get_string().size() : 0;
    bytes += base64 ? size / 4 * 3 : size;
  }
  return bytes;
}

void check_data_size(std::size_t bytes, std::string_view path, Causes& causes) {
  if (bytes > kMaxDataBytes) {
    causes.push_back(too_long_value(std::string(path), kMaxDataBytes));
  }
}

void check_frozen(const Json& next, const Json& current,
                  std::initializer_list<std::string_view> fields, Causes& causes) {
  constexpr std::string_view kWhy = "field is immutable when `immutable` is set";
  if (!is_true(current, {"immutable"})) {
    return;
  }
  if (!is_true(next, {"immutable"})) {
    causes.push_back(forbidden_value("immutable", kWhy));
  }
  for (const auto field : fields) {
    if (!same_but_for_empties(find_member(next, field), find_member(current, field))) {
      causes.push_back(forbidden_value(std::string(field), kWhy));
    }
  }
}

const Strategy& config_map_strategy() {
  static const ConfigMapStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
