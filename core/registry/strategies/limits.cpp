// LimitRanges and ResourceQuotas: how much one, and all together, may ask for.
//
// Source: pkg/apis/core/validation ValidateLimitRange, ValidateResourceQuota,
// pkg/apis/core/v1/defaults.go SetDefaults_LimitRangeItem.

#include <array>
#include <map>
#include <set>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

/// Source: apis/core/helper standardQuotaResources and standardResources.
constexpr std::array<std::string_view, 18> kQuotaResources = {"cpu",
                                                              "memory",
                                                              "ephemeral-storage",
                                                              "requests.cpu",
                                                              "limits.cpu",
                                                              "requests.memory",
                                                              "requests.storage",
                                                              "requests.ephemeral-storage",
                                                              "limits.memory",
                                                              "pods",
                                                              "limits.ephemeral-storage",
                                                              "resourcequotas",
                                                              "services",
                                                              "secrets",
                                                              "replicationcontrollers",
                                                              "persistentvolumeclaims",
                                                              "configmaps",
                                                              "services.nodeports"};
constexpr std::array<std::string_view, 4> kLimitResources = {"cpu", "memory", "ephemeral-storage",
                                                             "storage"};
/// What there are whole ones of. Source: integerResources.
constexpr std::array<std::string_view, 9> kWhole = {"pods",
                                                    "resourcequotas",
                                                    "services",
                                                    "replicationcontrollers",
                                                    "secrets",
                                                    "configmaps",
                                                    "persistentvolumeclaims",
                                                    "services.nodeports",
                                                    "services.loadbalancers"};

bool is_huge_pages(std::string_view name) {
  return name.starts_with("hugepages-") || name.starts_with("requests.hugepages-");
}

bool is_qualified(std::string_view name) {
  return name.find('/') != std::string_view::npos;
}

bool is_quota_resource(std::string_view name) {
  return std::ranges::find(kQuotaResources, name) != kQuotaResources.end() ||
         name == "services.loadbalancers" || is_huge_pages(name);
}

void check_amount(Causes& causes, const std::string& path, std::string_view resource,
                  std::string_view text) {
  const auto amount = parse_quantity(text);
  if (!amount.ok()) {
    return;  // Refused when it was decoded.
  }
  if (amount.value().is_negative()) {
    causes.push_back(invalid_value(path, quoted(text), "must be greater than or equal to 0"));
  }
  const bool is_whole = std::ranges::find(kWhole, resource) != kWhole.end();
  if (is_whole && amount.value().millis() % 1000 != 0) {
    causes.push_back(invalid_value(path, quoted(text), "must be an integer"));
  }
}

/// One item's amounts of one resource.
struct Amounts {
  std::map<std::string_view, Quantity> of;  // By list: "min", "max", ...
  std::map<std::string_view, std::string_view> shown;
};

constexpr std::array<std::string_view, 5> kLists = {"max", "min", "default", "defaultRequest",
                                                    "maxLimitRequestRatio"};

std::map<std::string, Amounts> amounts_of(const Json& item) {
  std::map<std::string, Amounts> all;
  for (const auto list : kLists) {
    for (const auto& entry : object_at(item, {list})) {
      const auto text = text_at(entry.value(), {});
      if (const auto amount = parse_quantity(text); amount.ok()) {
        auto& amounts = all[std::string(std::string_view(entry.key()))];
        amounts.of.emplace(list, amount.value());
        amounts.shown.emplace(list, text);
      }
    }
  }
  return all;
}

/// Two amounts of which the first may not be more than the second.
struct Order {
  std::string_view less;
  std::string_view more;
  std::string_view field;        // Where the cause points.
  std::string_view value;        // Whose value it shows.
  std::string_view less_called;  // "min value"
  std::string_view more_called;
};

/// Source: ValidateLimitRange, in its order.
constexpr std::array kOrders = {
    Order{"min", "max", "min", "min", "min value", "max value"},
    Order{"min", "defaultRequest", "defaultRequest", "defaultRequest", "min value",
          "default request value"},
    Order{"defaultRequest", "max", "defaultRequest", "defaultRequest", "default request value",
          "max value"},
    Order{"defaultRequest", "default", "defaultRequest", "defaultRequest", "default request value",
          "default limit value"},
    Order{"min", "default", "default", "min", "min value", "default value"},
    Order{"default", "max", "default", "max", "default value", "max value"},
};

void validate_orders(const std::string& resource, const Amounts& amounts, const std::string& path,
                     Causes& causes) {
  for (const auto& order : kOrders) {
    const auto less = amounts.of.find(order.less);
    const auto more = amounts.of.find(order.more);
    if (less == amounts.of.end() || more == amounts.of.end() || less->second <= more->second) {
      continue;
    }
    causes.push_back(invalid_value(
        concat({path, ".", order.field, "[", resource, "]"}), quoted(amounts.shown.at(order.value)),
        concat({order.less_called, " ", amounts.shown.at(order.less), " is greater than ",
                order.more_called, " ", amounts.shown.at(order.more)})));
  }
  const auto ratio = amounts.of.find("maxLimitRequestRatio");
  if (ratio != amounts.of.end() && ratio->second < Quantity::of_units(1)) {
    const auto shown = amounts.shown.at("maxLimitRequestRatio");
    causes.push_back(invalid_value(concat({path, ".maxLimitRequestRatio[", resource, "]"}),
                                   quoted(shown), concat({"ratio ", shown, " is less than 1"})));
  }
}

void validate_limit_names(const Json& item, const std::string& path, Causes& causes) {
  for (const auto list : kLists) {
    for (const auto& entry : object_at(item, {list})) {
      const std::string_view name = entry.key();
      const std::string here = concat({path, ".", list, "[", name, "]"});
      check_name_at(causes, here, name, check_label_key(name));
      const bool known = is_qualified(name) || is_huge_pages(name) ||
                         std::ranges::find(kLimitResources, name) != kLimitResources.end();
      if (!known) {
        causes.push_back(invalid_value(here, quoted(name),
                                       "must be a standard resource type or fully qualified"));
      }
    }
  }
}

void validate_limit(const Json& item, const std::string& path, Causes& causes) {
  const auto type = text_at(item, {"type"});
  validate_limit_names(item, path, causes);
  if (type == "Pod") {
    for (const std::string_view field : {"default", "defaultRequest"}) {
      if (!object_at(item, {field}).empty()) {
        causes.push_back(
            forbidden_value(sub_path(path, field), "may not be specified when `type` is 'Pod'"));
      }
    }
  }
  if (type == "PersistentVolumeClaim" && find_path(item, {"min", "storage"}) == nullptr &&
      find_path(item, {"max", "storage"}) == nullptr) {
    causes.push_back(required_value(
        sub_path(path, "limits"),
        "either minimum or maximum storage value is required, but neither was provided"));
  }
  for (const auto& [resource, amounts] : amounts_of(item)) {
    validate_orders(resource, amounts, path, causes);
  }
}

void default_from(JsonObject& item, std::string_view to, std::string_view from) {
  const Json* source = item.if_contains(from);
  if (source == nullptr || !source->is_object()) {
    return;
  }
  const JsonObject amounts = source->get_object();
  JsonObject& target = ensure_object(item, to);
  for (const auto& amount : amounts) {
    if (!target.contains(amount.key())) {
      target[amount.key()] = amount.value();
    }
  }
}

class LimitRangeStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    Json* items = find_path(object, {"spec", "limits"});
    if (items == nullptr || !items->is_array()) {
      return;
    }
    for (Json& item : items->get_array()) {
      if (text_at(item, {"type"}) == "Container") {
        default_from(item.get_object(), "default", "max");
        default_from(item.get_object(), "defaultRequest", "default");
        default_from(item.get_object(), "defaultRequest", "min");
      }
    }
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    std::set<std::string_view> types;
    const JsonArray& items = array_at(object, {"spec", "limits"});
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string path = item_path("spec.limits", i);
      const auto type = text_at(items[i], {"type"});
      if (!type.empty()) {
        check_name_at(causes, sub_path(path, "type"), type, check_label_key(type));
      }
      if (!types.insert(type).second) {
        causes.push_back(duplicate_value(sub_path(path, "type"), quoted(type)));
      }
      validate_limit(items[i], path, causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  bool creates_on_update() const override { return true; }
};

/// Source: IsResourceQuotaScopeValidForResource.
bool scope_fits(std::string_view scope, std::string_view resource) {
  if (scope == "BestEffort") {
    return resource == "pods";
  }
  if (scope == "VolumeAttributesClass") {
    return resource == "persistentvolumeclaims" || resource == "requests.storage";
  }
  constexpr std::array<std::string_view, 6> kOfPods = {
      "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"};
  return resource == "pods" || std::ranges::find(kOfPods, resource) != kOfPods.end();
}

void validate_scopes(const Json& spec, Causes& causes) {
  const JsonArray& scopes = array_at(spec, {"scopes"});
  std::set<std::string_view> all;
  const auto refuse = [&](std::string_view why) {
    causes.push_back(invalid_value("spec.scopes", to_json(Json(scopes)), why));
  };
  for (const Json& item : scopes) {
    const auto scope = text_at(item, {});
    all.insert(scope);
    for (const auto& hard : object_at(spec, {"hard"})) {
      if (is_quota_resource(hard.key()) && !scope_fits(scope, hard.key())) {
        refuse("unsupported scope applied to resource");
      }
    }
  }
  if ((all.contains("BestEffort") && all.contains("NotBestEffort")) ||
      (all.contains("Terminating") && all.contains("NotTerminating"))) {
    refuse("conflicting scopes");
  }
}

void check_quota_amounts(const Json& object, std::string_view part, std::string_view list,
                         Causes& causes) {
  for (const auto& hard : object_at(object, {part, list})) {
    const std::string_view name = hard.key();
    const std::string path = concat({part, ".", list, "[", name, "]"});
    check_name_at(causes, path, name, check_label_key(name));
    if (!is_qualified(name) && !is_quota_resource(name)) {
      causes.push_back(invalid_value(path, quoted(name), "must be a standard resource for quota"));
    }
    check_amount(causes, path, name, text_at(hard.value(), {}));
  }
}

class ResourceQuotaStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    check_quota_amounts(object, "spec", "hard", causes);
    if (const Json* spec = find_member(object, "spec")) {
      validate_scopes(*spec, causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_immutable(causes, next, current, {"spec", "scopes"});
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    check_quota_amounts(next, "status", "hard", causes);
    check_quota_amounts(next, "status", "used", causes);
  }
};

}  // namespace

const Strategy& limit_range_strategy() {
  static const LimitRangeStrategy strategy;
  return strategy;
}

const Strategy& resource_quota_strategy() {
  static const ResourceQuotaStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
