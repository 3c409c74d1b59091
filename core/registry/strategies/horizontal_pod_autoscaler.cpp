// HorizontalPodAutoscalers: between which bounds, by which metrics, how fast.
//
// Source: pkg/apis/autoscaling/v2/defaults.go, pkg/apis/autoscaling/validation.

#include <array>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kMaxStabilizationSeconds = 3600;
constexpr std::int64_t kMaxPeriodSeconds = 1800;

struct Source {
  std::string_view type;   // As in spec.metrics[].type.
  std::string_view field;  // What is set then.
};

constexpr std::array kSources = {Source{"ContainerResource", "containerResource"},
                                 Source{"External", "external"}, Source{"Object", "object"},
                                 Source{"Pods", "pods"}, Source{"Resource", "resource"}};

void default_rules(JsonObject& behavior, std::string_view direction, const JsonObject& defaults) {
  JsonObject& rules = ensure_object(behavior, direction);
  for (const auto& part : defaults) {
    set_default(rules, part.key(), part.value());
  }
}

void check_segment(Causes& causes, const std::string& path, std::string_view value,
                   std::string_view why_required) {
  if (value.empty()) {
    causes.push_back(required_value(path, why_required));
  } else {
    check_name_at(causes, path, value, check_path_segment(value));
  }
}

void validate_reference(const Json* reference, const std::string& path, Causes& causes) {
  const Json none = JsonObject();
  const Json& target = reference == nullptr ? none : *reference;
  for (const auto field : {"kind", "name"}) {
    const auto value = text_at(target, {field});
    if (!value.empty()) {
      check_name_at(causes, sub_path(path, field), value, check_path_segment(value));
    }
  }
}

bool is_positive(const Json& target, std::string_view field) {
  const auto amount = parse_quantity(text_at(target, {field}));
  return amount.ok() && !amount.value().is_negative() && !amount.value().is_zero();
}

void validate_target(const Json& target, const std::string& path, Causes& causes) {
  const auto type = text_at(target, {"type"});
  if (type.empty()) {
    causes.push_back(required_value(sub_path(path, "type"), "must specify a metric target type"));
  } else if (type != "Utilization" && type != "Value" && type != "AverageValue") {
    causes.push_back(invalid_value(sub_path(path, "type"), quoted(type),
                                   "must be either Utilization, Value, or AverageValue"));
  }
  for (const std::string_view field : {"value", "averageValue"}) {
    if (find_member(target, field) != nullptr && !is_positive(target, field)) {
      causes.push_back(invalid_value(sub_path(path, field), quoted(text_at(target, {field})),
                                     "must be positive"));
    }
  }
  const auto utilization = integer_at(target, {"averageUtilization"});
  if (utilization && *utilization < 1) {
    causes.push_back(invalid_value(sub_path(path, "averageUtilization"),
                                   std::to_string(*utilization), "must be greater than 0"));
  }
}

void validate_resource_target(const Json& target, const std::string& path, Causes& causes) {
  const bool by_utilization = find_member(target, "averageUtilization") != nullptr;
  const bool by_value = find_member(target, "averageValue") != nullptr;
  if (!by_utilization && !by_value) {
    causes.push_back(required_value(sub_path(path, "averageUtilization"),
                                    "must set either a target raw value or a target utilization"));
  } else if (by_utilization && by_value) {
    causes.push_back(
        forbidden_value(sub_path(path, "averageValue"),
                        "may not set both a target raw value and a target utilization"));
  }
}

void validate_object_target(const Json& target, const std::string& path, Causes& causes) {
  if (find_member(target, "value") == nullptr && find_member(target, "averageValue") == nullptr) {
    causes.push_back(required_value(sub_path(path, "averageValue"),
                                    "must set either a target value or averageValue"));
  }
}

void validate_external_target(const Json& target, const std::string& path, Causes& causes) {
  const bool by_value = find_member(target, "value") != nullptr;
  const bool by_average = find_member(target, "averageValue") != nullptr;
  if (!by_value && !by_average) {
    causes.push_back(
        required_value(sub_path(path, "averageValue"),
                       "must set either a target value for metric or a per-pod target"));
  } else if (by_value && by_average) {
    causes.push_back(
        forbidden_value(sub_path(path, "value"),
                        "may not set both a target value for metric and a per-pod target"));
  }
}

void validate_source(std::string_view type, const Json& source, const std::string& path,
                     Causes& causes) {
  const Json none = JsonObject();
  const Json* found = find_member(source, "target");
  const Json& target = found == nullptr ? none : *found;
  const std::string target_path = sub_path(path, "target");
  if (type == "Resource" || type == "ContainerResource") {
    if (text_at(source, {"name"}).empty()) {
      causes.push_back(required_value(sub_path(path, "name"), "must specify a resource name"));
    }
    if (type == "ContainerResource" && text_at(source, {"container"}).empty()) {
      causes.push_back(required_value(sub_path(path, "container"), "must specify a container"));
    }
    validate_target(target, target_path, causes);
    validate_resource_target(target, target_path, causes);
    return;
  }
  if (type == "Object") {
    validate_reference(find_member(source, "describedObject"), sub_path(path, "describedObject"),
                       causes);
  }
  check_segment(causes, concat({path, ".metric.name"}), text_at(source, {"metric", "name"}),
                "must specify a metric name");
  check_label_selector(causes, find_path(source, {"metric", "selector"}),
                       concat({path, ".metric.selector"}));
  validate_target(target, target_path, causes);
  if (type == "Pods" && !is_positive(target, "averageValue")) {
    causes.push_back(required_value(sub_path(target_path, "averageValue"),
                                    "must specify a positive target averageValue"));
  } else if (type == "Object") {
    validate_object_target(target, target_path, causes);
  } else if (type == "External") {
    validate_external_target(target, target_path, causes);
  }
}

void validate_metric(const Json& metric, const std::string& path, Causes& causes) {
  const auto type = text_at(metric, {"type"});
  if (type.empty()) {
    causes.push_back(required_value(sub_path(path, "type"), "must specify a metric source type"));
    return;
  }
  const auto* wanted = std::ranges::find(kSources, type, &Source::type);
  if (wanted == kSources.end()) {
    causes.push_back(
        unsupported_value(sub_path(path, "type"), type,
                          {"ContainerResource", "External", "Object", "Pods", "Resource"}));
    return;
  }
  if (find_member(metric, wanted->field) == nullptr) {
    causes.push_back(required_value(sub_path(path, wanted->field),
                                    "must populate information for the given metric source"));
  }
  for (const auto& source : kSources) {
    const Json* found = find_member(metric, source.field);
    if (found == nullptr) {
      continue;
    }
    validate_source(source.type, *found, sub_path(path, source.field), causes);
    if (source.field != wanted->field) {
      causes.push_back(forbidden_value(sub_path(path, source.field),
                                       "must populate the given metric source only"));
    }
  }
}

void validate_policy(const Json& policy, const std::string& path, Causes& causes) {
  const auto check_positive = [&](std::string_view field, std::int64_t value) {
    if (value <= 0) {
      causes.push_back(
          invalid_value(sub_path(path, field), std::to_string(value), "must be greater than zero"));
    }
  };
  const auto type = text_at(policy, {"type"});
  if (type != "Pods" && type != "Percent") {
    causes.push_back(unsupported_value(sub_path(path, "type"), type, {"Percent", "Pods"}));
  }
  check_positive("value", integer_at(policy, {"value"}).value_or(0));
  const auto period = integer_at(policy, {"periodSeconds"}).value_or(0);
  check_positive("periodSeconds", period);
  if (period > kMaxPeriodSeconds) {
    causes.push_back(invalid_value(sub_path(path, "periodSeconds"), std::to_string(period),
                                   "must be less than or equal to 1800"));
  }
}

void validate_rules(const Json* rules, const std::string& path, Causes& causes) {
  if (rules == nullptr) {
    return;
  }
  const auto window = integer_at(*rules, {"stabilizationWindowSeconds"});
  if (window && *window < 0) {
    causes.push_back(invalid_value(sub_path(path, "stabilizationWindowSeconds"),
                                   std::to_string(*window),
                                   "must be greater than or equal to zero"));
  }
  if (window && *window > kMaxStabilizationSeconds) {
    causes.push_back(invalid_value(sub_path(path, "stabilizationWindowSeconds"),
                                   std::to_string(*window), "must be less than or equal to 3600"));
  }
  const auto select = text_at(*rules, {"selectPolicy"});
  if (!select.empty() && select != "Max" && select != "Min" && select != "Disabled") {
    causes.push_back(
        unsupported_value(sub_path(path, "selectPolicy"), select, {"Disabled", "Max", "Min"}));
  }
  const JsonArray& policies = array_at(*rules, {"policies"});
  const std::string here = sub_path(path, "policies");
  if (policies.empty()) {
    causes.push_back(required_value(here, "must specify at least one Policy"));
  }
  for (std::size_t i = 0; i < policies.size(); ++i) {
    validate_policy(policies[i], item_path(here, i), causes);
  }
}

void validate_bounds(const Json& spec, Causes& causes) {
  const auto least = integer_at(spec, {"minReplicas"});
  const auto most = integer_at(spec, {"maxReplicas"}).value_or(0);
  if (least && *least < 1) {
    causes.push_back(invalid_value("spec.minReplicas", std::to_string(*least),
                                   "must be greater than or equal to 1"));
  }
  if (most < 1) {
    causes.push_back(
        invalid_value("spec.maxReplicas", std::to_string(most), "must be greater than 0"));
  }
  if (least && most < *least) {
    causes.push_back(invalid_value("spec.maxReplicas", std::to_string(most),
                                   "must be greater than or equal to `minReplicas`"));
  }
}

class HpaStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    if (array_at(object, {"spec", "metrics"}).empty()) {
      spec["metrics"] = JsonArray{
          JsonObject{{"type", "Resource"},
                     {"resource", JsonObject{{"name", "cpu"},
                                             {"target", JsonObject{{"type", "Utilization"},
                                                                   {"averageUtilization", 80}}}}}}};
    }
    if (!spec.contains("behavior") || !spec["behavior"].is_object()) {
      return;
    }
    const JsonObject all{{"type", "Percent"}, {"value", 100}, {"periodSeconds", 15}};
    const JsonObject four{{"type", "Pods"}, {"value", 4}, {"periodSeconds", 15}};
    JsonObject& behavior = spec["behavior"].get_object();
    default_rules(behavior, "scaleUp",
                  {{"stabilizationWindowSeconds", 0},
                   {"selectPolicy", "Max"},
                   {"policies", JsonArray{four, all}}});
    default_rules(behavior, "scaleDown", {{"selectPolicy", "Max"}, {"policies", JsonArray{all}}});
  }

  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json* spec = find_member(object, "spec");
    if (spec == nullptr) {
      return;
    }
    validate_bounds(*spec, causes);
    validate_reference(find_member(*spec, "scaleTargetRef"), "spec.scaleTargetRef", causes);
    const JsonArray& metrics = array_at(*spec, {"metrics"});
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      validate_metric(metrics[i], item_path("spec.metrics", i), causes);
    }
    validate_rules(find_path(*spec, {"behavior", "scaleUp"}), "spec.behavior.scaleUp", causes);
    validate_rules(find_path(*spec, {"behavior", "scaleDown"}), "spec.behavior.scaleDown", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    check_counts(causes, next, {"currentReplicas", "desiredReplicas"});
  }
};

}  // namespace

const Strategy& hpa_strategy() {
  static const HpaStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
