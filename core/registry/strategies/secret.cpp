// Secrets: plain text becomes data, and each type has the keys it needs.
//
// Source: pkg/apis/core/validation ValidateSecret; apis/core/v1/conversion.go for stringData.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/data_size.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

struct Need {
  std::string_view type;
  std::string_view key;
};

constexpr std::array kNeeds = {Need{"kubernetes.io/dockercfg", ".dockercfg"},
                               Need{"kubernetes.io/dockerconfigjson", ".dockerconfigjson"},
                               Need{"kubernetes.io/ssh-auth", "ssh-privatekey"},
                               Need{"kubernetes.io/tls", "tls.crt"},
                               Need{"kubernetes.io/tls", "tls.key"}};

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
    for (std::size_t j = 0; j < 4; ++j) {
      out += j < digits ? kDigits[group >> (18U - 6U * static_cast<unsigned>(j)) & 63U] : '=';
    }
  }
  return out;
}

class SecretStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    JsonObject& members = object.get_object();
    const Json* plain = members.if_contains("stringData");
    if (plain == nullptr || !plain->is_object()) {
      return;
    }
    const JsonObject texts = plain->get_object();
    JsonObject& data = ensure_object(members, "data");
    for (const auto& entry : texts) {
      data[entry.key()] = to_base64(entry.value().is_string() ? entry.value().get_string() : "");
    }
    members.erase("stringData");
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    check_data_size(check_data(object, "data", true, causes), "data", causes);
    const auto type = text_at(object, {"type"});
    const JsonObject& data = object_at(object, {"data"});
    for (const Need& need : kNeeds) {
      if (type == need.type && !data.contains(need.key)) {
        causes.push_back(required_value(concat({"data[", need.key, "]"})));
      }
    }
    if (type == "kubernetes.io/service-account-token" &&
        text_at(object, {"metadata", "annotations", "kubernetes.io/service-account.name"})
            .empty()) {
      causes.push_back(required_value("metadata.annotations[kubernetes.io/service-account.name]"));
    }
    if (type == "kubernetes.io/basic-auth" && !data.contains("username") &&
        !data.contains("password")) {
      causes.push_back(required_value("data[username]"));
      causes.push_back(required_value("data[password]"));
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    check_frozen(next, current, {"data"}, causes);
    validate_create(context, next, causes);
  }
};

}  // namespace

const Strategy& secret_strategy() {
  static const SecretStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
