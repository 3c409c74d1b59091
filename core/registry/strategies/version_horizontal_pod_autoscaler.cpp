// HorizontalPodAutoscalers of autoscaling/v1: a target for CPU, and annotations for all that v1 has
// no fields for, so that a client of v1 loses nothing of what one of v2 wrote.
//
// Source: pkg/apis/autoscaling/v1/conversion.go, pkg/apis/autoscaling/annotations.go.

#include <array>
#include <functional>
#include <optional>
#include <span>

#include "core/api/protobuf.hpp"
#include "core/api/schema.hpp"
#include "core/base/assert.hpp"
#include "core/base/concat.hpp"
#include "core/registry/strategies/versions.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr std::string_view kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr std::string_view kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr std::string_view kBehavior = "autoscaling.alpha.kubernetes.io/behavior";
constexpr std::int64_t kDefaultCpuPercent = 80;  // Source: autoscaling.DefaultCPUUtilization.

/// A member of v1's metric and where v2 has it: in `part`, or beside it if that is "".
struct Member {
  std::string_view v1;
  std::string_view part;
  std::string_view v2;
};

/// One kind of metric. The members are in v1's order, in which annotations are written.
struct Source {
  std::string_view type;    // "Object",
  std::string_view member;  // "object".
  std::span<const Member> spec;
  std::span<const Member> status;
};

constexpr std::array kObjectSpec = {
    Member{"target", "", "describedObject"}, Member{"metricName", "metric", "name"},
    Member{"targetValue", "target", "value"}, Member{"selector", "metric", "selector"},
    Member{"averageValue", "target", "averageValue"}};
constexpr std::array kObjectStatus = {
    Member{"target", "", "describedObject"}, Member{"metricName", "metric", "name"},
    Member{"currentValue", "current", "value"}, Member{"selector", "metric", "selector"},
    Member{"averageValue", "current", "averageValue"}};
constexpr std::array kPodsSpec = {Member{"metricName", "metric", "name"},
                                  Member{"targetAverageValue", "target", "averageValue"},
                                  Member{"selector", "metric", "selector"}};
constexpr std::array kPodsStatus = {Member{"metricName", "metric", "name"},
                                    Member{"currentAverageValue", "current", "averageValue"},
                                    Member{"selector", "metric", "selector"}};
constexpr std::array kResourceSpec = {
    Member{"name", "", "name"}, Member{"targetAverageUtilization", "target", "averageUtilization"},
    Member{"targetAverageValue", "target", "averageValue"}, Member{"container", "", "container"}};
constexpr std::array kResourceStatus = {
    Member{"name", "", "name"},
    Member{"currentAverageUtilization", "current", "averageUtilization"},
    Member{"currentAverageValue", "current", "averageValue"}, Member{"container", "", "container"}};
constexpr std::array kExternalSpec = {Member{"metricName", "metric", "name"},
                                      Member{"metricSelector", "metric", "selector"},
                                      Member{"targetValue", "target", "value"},
                                      Member{"targetAverageValue", "target", "averageValue"}};
constexpr std::array kExternalStatus = {Member{"metricName", "metric", "name"},
                                        Member{"metricSelector", "metric", "selector"},
                                        Member{"currentValue", "current", "value"},
                                        Member{"currentAverageValue", "current", "averageValue"}};

constexpr std::array kSources = {
    Source{"Object", "object", kObjectSpec, kObjectStatus},
    Source{"Pods", "pods", kPodsSpec, kPodsStatus},
    Source{"Resource", "resource", kResourceSpec, kResourceStatus},
    Source{"ContainerResource", "containerResource", kResourceSpec, kResourceStatus},
    Source{"External", "external", kExternalSpec, kExternalStatus}};

enum class Part { kSpec, kStatus };

std::span<const Member> members_of(const Source& source, Part part) {
  return part == Part::kSpec ? source.spec : source.status;
}

/// A metric of v2 as v1 writes it.
Json metric_to_v1(const Json& metric, Part part) {
  JsonObject out{{"type", text_at(metric, {"type"})}};
  for (const Source& source : kSources) {
    const Json* from = find_member(metric, source.member);
    if (from == nullptr) {
      continue;
    }
    JsonObject& to = ensure_object(out, source.member);
    for (const Member& member : members_of(source, part)) {
      const Json* holder = member.part.empty() ? from : find_member(*from, member.part);
      const Json* value = holder == nullptr ? nullptr : find_member(*holder, member.v2);
      if (value != nullptr) {
        to[member.v1] = *value;
      }
    }
  }
  return out;
}

/// What v1 leaves to be guessed from which values are there.
std::string_view target_type_of(std::string_view source, const JsonObject& target) {
  if (target.contains("averageUtilization")) {
    return "Utilization";
  }
  const bool has_average = target.contains("averageValue");
  if (source == "Object") {
    return has_average ? "AverageValue" : "Value";
  }
  return source == "External" && target.contains("value") ? "Value" : "AverageValue";
}

Json metric_from_v1(const Json& metric, Part part) {
  JsonObject out{{"type", text_at(metric, {"type"})}};
  for (const Source& source : kSources) {
    const Json* from = find_member(metric, source.member);
    if (from == nullptr) {
      continue;
    }
    JsonObject& to = ensure_object(out, source.member);
    for (const Member& member : members_of(source, part)) {
      if (const Json* value = find_member(*from, member.v1)) {
        (member.part.empty() ? to : ensure_object(to, member.part))[member.v2] = *value;
      }
    }
    if (part == Part::kSpec) {
      JsonObject& target = ensure_object(to, "target");
      target["type"] = target_type_of(source.type, target);
      // v1 must write a value for an object's metric, and writes 0 where there is none.
      if (target.contains("averageValue") && find_member(to["target"], "value") != nullptr &&
          text_at(to["target"], {"value"}) == "0") {
        target.erase("value");
      }
    }
  }
  return out;
}

const JsonArray& list_of(const JsonObject& object, std::string_view name) {
  static const JsonArray kNone;
  const Json* list = object.if_contains(name);
  return list != nullptr && list->is_array() ? list->get_array() : kNone;
}

bool is_cpu(const Json& metric) {
  return text_at(metric, {"type"}) == "Resource" && text_at(metric, {"resource", "name"}) == "cpu";
}

const Json* find_cpu_target(const Json& metric) {
  return is_cpu(metric) ? find_path(metric, {"resource", "target", "averageUtilization"}) : nullptr;
}

Json cpu_metric(const Json& percent) {
  return JsonObject{
      {"type", "Resource"},
      {"resource", JsonObject{{"name", "cpu"},
                              {"target", JsonObject{{"type", "Utilization"},
                                                    {"averageUtilization", percent}}}}}};
}

/// A rule of scaling up or down as Go writes a struct without tags, which is how Kubernetes keeps
/// it: names begin with a capital, and nothing is left out.
Json rules_to_annotation(const Json& rules) {
  const auto member = [&](std::string_view name) {
    const Json* value = find_member(rules, name);
    return value == nullptr ? Json() : *value;
  };
  Json policies;
  for (const auto& policy : array_at(rules, {"policies"})) {
    if (policies.is_null()) {
      policies.emplace_array();
    }
    policies.as_array().push_back(
        JsonObject{{"Type", text_at(policy, {"type"})},
                   {"Value", integer_at(policy, {"value"}).value_or(0)},
                   {"PeriodSeconds", integer_at(policy, {"periodSeconds"}).value_or(0)}});
  }
  return JsonObject{{"StabilizationWindowSeconds", member("stabilizationWindowSeconds")},
                    {"SelectPolicy", member("selectPolicy")},
                    {"Policies", std::move(policies)},
                    {"Tolerance", member("tolerance")}};
}

/// Every key's first letter small: the annotation's names back as the API's.
Json with_small_letters(const Json& value) {
  if (const auto* list = value.if_array()) {
    JsonArray out;
    for (const auto& item : *list) {
      out.push_back(with_small_letters(item));
    }
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) {
    return value;
  }
  JsonObject out;
  for (const auto& member : *object) {
    std::string key(member.key());
    if (!key.empty() && key[0] >= 'A' && key[0] <= 'Z') {
      key[0] = static_cast<char>(key[0] - 'A' + 'a');
    }
    if (!member.value().is_null()) {
      out[key] = with_small_letters(member.value());
    }
  }
  return out;
}

/// Takes the annotation `name` out; its value where it was there and JSON.
std::optional<Json> take_annotation(JsonObject& annotations, std::string_view name) {
  const Json* text = annotations.if_contains(name);
  if (text == nullptr) {
    return std::nullopt;
  }
  auto parsed = text->is_string() ? parse_json(text->get_string())
                                  : Result<ParsedJson>(Error(Code::kBadRequest, "no text"));
  annotations.erase(name);
  return parsed.ok() ? std::optional(std::move(parsed).value().value) : std::nullopt;
}

/// False where `value` is not of the type: a client wrote the annotation, and it says nothing.
bool decodes(std::string_view type, Json& value) {
  const api::Type* found = api::find_builtin_type(type);
  PINTLE_ASSERT(found != nullptr);
  return api::decode(*found, value).ok();
}

bool all_decode(std::string_view type, Json& list) {
  if (!list.is_array()) {
    return false;
  }
  for (auto& item : list.get_array()) {
    if (!decodes(type, item)) {
      return false;
    }
  }
  return true;
}

/// Calls `change` with the part `name` and the annotations, if there is such a part: what is
/// applied may be no more than a few fields.
template <typename Change>
void change_part(JsonObject& object, std::string_view name, const Change& change) {
  Json* part = object.if_contains(name);
  if (part == nullptr || !part->is_object()) {
    return;
  }
  Json* metadata = object.if_contains("metadata");
  const bool has_metadata = metadata != nullptr && metadata->is_object();
  JsonObject none;
  JsonObject& annotations =
      has_metadata ? ensure_object(metadata->get_object(), "annotations") : none;
  change(part->get_object(), annotations);
  if (has_metadata && annotations.empty()) {
    metadata->get_object().erase("annotations");
  }
}

/// What stands in fields, or stood there once, is not kept as annotations.
void drop_annotations(Json& object) {
  Json* annotations = find_path(object, {"metadata", "annotations"});
  if (annotations == nullptr || !annotations->is_object()) {
    return;
  }
  for (const auto name : {kMetrics, kCurrentMetrics, kConditions, kBehavior}) {
    annotations->get_object().erase(name);
  }
  if (annotations->get_object().empty()) {
    find_path(object, {"metadata"})->get_object().erase("annotations");
  }
}

class AutoscalerConversion final : public Conversion {
 public:
  void from_stored(Json& object) const override {
    drop_annotations(object);
    change_part(object.as_object(), "spec", spec_from_stored);
    change_part(object.as_object(), "status", status_from_stored);
  }

  void to_stored(Json& object) const override {
    change_part(object.as_object(), "spec", spec_to_stored);
    change_part(object.as_object(), "status", status_to_stored);
    drop_annotations(object);
  }

 private:
  static void spec_from_stored(JsonObject& spec, JsonObject& annotations) {
    JsonArray others;
    bool is_cpu_seen = false;
    for (const auto& metric : list_of(spec, "metrics")) {
      const Json* percent = find_cpu_target(metric);
      if (percent != nullptr && !is_cpu_seen) {
        spec["targetCPUUtilizationPercentage"] = *percent;
      }
      is_cpu_seen = is_cpu_seen || is_cpu(metric);
      if (percent == nullptr) {
        others.push_back(metric_to_v1(metric, Part::kSpec));
      }
    }
    if (!others.empty()) {
      annotations[kMetrics] = to_json(others);
    }
    if (const Json* behavior = spec.if_contains("behavior")) {
      JsonObject kept;
      for (const auto& [name, capital] :
           {std::pair{"scaleUp", "ScaleUp"}, std::pair{"scaleDown", "ScaleDown"}}) {
        const Json* rules = find_member(*behavior, name);
        kept[capital] = rules == nullptr ? Json() : rules_to_annotation(*rules);
      }
      annotations[kBehavior] = to_json(kept);
    }
    spec.erase("metrics");
    spec.erase("behavior");
  }

  static void status_from_stored(JsonObject& status, JsonObject& annotations) {
    JsonArray metrics;
    for (const auto& metric : list_of(status, "currentMetrics")) {
      const Json* percent = is_cpu(metric)
                                ? find_path(metric, {"resource", "current", "averageUtilization"})
                                : nullptr;
      if (percent != nullptr) {
        status["currentCPUUtilizationPercentage"] = *percent;
      }
      metrics.push_back(metric_to_v1(metric, Part::kStatus));
    }
    if (!metrics.empty()) {
      annotations[kCurrentMetrics] = to_json(metrics);
    }
    if (!list_of(status, "conditions").empty()) {
      annotations[kConditions] = to_json(status["conditions"]);
    }
    status.erase("currentMetrics");
    status.erase("conditions");
  }

  static void spec_to_stored(JsonObject& spec, JsonObject& annotations) {
    JsonArray metrics;
    auto others = take_annotation(annotations, kMetrics);
    if (others && all_decode("autoscaling/v1.MetricSpec", *others)) {
      for (const auto& metric : others->get_array()) {
        metrics.push_back(metric_from_v1(metric, Part::kSpec));
      }
    }
    if (const Json* percent = spec.if_contains("targetCPUUtilizationPercentage")) {
      metrics.push_back(cpu_metric(*percent));
    }
    if (metrics.empty()) {
      metrics.push_back(cpu_metric(kDefaultCpuPercent));
    }
    spec["metrics"] = std::move(metrics);
    spec.erase("targetCPUUtilizationPercentage");
    if (const auto kept = take_annotation(annotations, kBehavior)) {
      Json behavior = with_small_letters(*kept);
      if (decodes("autoscaling/v2.HorizontalPodAutoscalerBehavior", behavior) &&
          !behavior.as_object().empty()) {
        spec["behavior"] = std::move(behavior);
      }
    }
  }

  static void status_to_stored(JsonObject& status, JsonObject& annotations) {
    JsonArray metrics;
    auto kept = take_annotation(annotations, kCurrentMetrics);
    if (kept && all_decode("autoscaling/v1.MetricStatus", *kept)) {
      for (const auto& metric : kept->get_array()) {
        metrics.push_back(metric_from_v1(metric, Part::kStatus));
      }
    } else if (const Json* percent = status.if_contains("currentCPUUtilizationPercentage")) {
      metrics.push_back(JsonObject{
          {"type", "Resource"},
          {"resource", JsonObject{{"name", "cpu"},
                                  {"current", JsonObject{{"averageUtilization", *percent}}}}}});
    }
    if (!metrics.empty()) {
      status["currentMetrics"] = std::move(metrics);
    }
    status.erase("currentCPUUtilizationPercentage");
    auto conditions = take_annotation(annotations, kConditions);
    if (conditions && all_decode("autoscaling/v1.HorizontalPodAutoscalerCondition", *conditions)) {
      status["conditions"] = std::move(*conditions);
    }
  }
};

}  // namespace

const Conversion& autoscaler_v1_conversion() {
  static const AutoscalerConversion conversion;
  return conversion;
}

}  // namespace pintle::registry
