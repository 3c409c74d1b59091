// The shared part of workloads.
//
// Source: pkg/apis/apps/validation, pkg/apis/core/validation ValidatePodTemplateSpec.

#include "core/registry/strategies/workload.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/object.hpp"
#include "core/object/selector.hpp"

namespace pintle::registry {
namespace {

TextPairs labels_of(const Json& pod_template) {
  TextPairs labels;
  for (const auto& label : object_at(pod_template, {"metadata", "labels"})) {
    labels.emplace_back(label.key(), text_at(label.value(), {}));
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

std::int64_t status_of(const Json& object, std::string_view field) {
  return integer_at(object, {"status", field}).value_or(0);
}

}  // namespace

void apply_template_defaults(Json* pod_template) {
  Json* spec = pod_template == nullptr ? nullptr : find_path(*pod_template, {"spec"});
  if (spec != nullptr) {
    apply_pod_spec_defaults(*spec);
  }
}

void set_default(JsonObject& object, std::string_view key, const Json& value) {
  if (!object.contains(key)) {
    object[key] = value;
  }
}

void default_rolling(Json* strategy, const JsonObject& parts) {
  if (strategy == nullptr || text_at(*strategy, {"type"}) != "RollingUpdate") {
    return;
  }
  JsonObject& rolling = ensure_object(strategy->get_object(), "rollingUpdate");
  for (const auto& part : parts) {
    set_default(rolling, part.key(), part.value());
  }
}

void validate_pod_template(const Json* pod_template, const std::string& path, Causes& causes) {
  const Json* spec = pod_template == nullptr ? nullptr : find_member(*pod_template, "spec");
  if (spec == nullptr) {
    causes.push_back(required_value(concat({path, ".spec.containers"})));
    return;
  }
  for (const auto& label : object_at(*pod_template, {"metadata", "labels"})) {
    const std::string here = concat({path, ".labels"});
    check_name_at(causes, here, label.key(), check_label_key(label.key()));
    const auto value = text_at(label.value(), {});
    check_name_at(causes, here, value, check_label_value(value));
  }
  for (const auto& annotation : object_at(*pod_template, {"metadata", "annotations"})) {
    check_name_at(causes, concat({path, ".annotations"}), annotation.key(),
                  check_label_key(annotation.key()));
  }
  validate_pod_spec(*spec, concat({path, ".spec"}), causes);
  if (!array_at(*spec, {"ephemeralContainers"}).empty()) {
    causes.push_back(forbidden_value(concat({path, ".spec.ephemeralContainers"}),
                                     "ephemeral containers not allowed in pod template"));
  }
}

void validate_template(const Json& object, std::string_view kind, Causes& causes) {
  const Json* pod_template = find_path(object, {"spec", "template"});
  validate_pod_template(pod_template, "spec.template", causes);
  if (pod_template == nullptr) {
    return;
  }
  const auto restart = text_at(*pod_template, {"spec", "restartPolicy"});
  if (restart != "Always") {
    causes.push_back(unsupported_value("spec.template.spec.restartPolicy", restart, {"Always"}));
  }
  if (find_path(*pod_template, {"spec", "activeDeadlineSeconds"}) != nullptr) {
    causes.push_back(
        forbidden_value("spec.template.spec.activeDeadlineSeconds",
                        concat({"activeDeadlineSeconds in ", kind, " is not Supported"})));
  }
}

void validate_selector_matches(const Json& object, const Json& selector, Causes& causes) {
  const Json* pod_template = find_path(object, {"spec", "template"});
  const auto parsed = label_selector_of(selector);
  if (pod_template == nullptr || !parsed.ok() || parsed.value().matches(labels_of(*pod_template))) {
    return;
  }
  causes.push_back(invalid_value("spec.template.metadata.labels",
                                 shown_map(find_path(*pod_template, {"metadata", "labels"})),
                                 "`selector` does not match template `labels`"));
}

void validate_selector(const Json& object, std::string_view kind, Causes& causes) {
  const Json* selector = find_path(object, {"spec", "selector"});
  if (selector == nullptr) {
    causes.push_back(required_value("spec.selector"));
    return;
  }
  check_label_selector(causes, selector, "spec.selector");
  if (object_at(*selector, {"matchLabels"}).empty() &&
      array_at(*selector, {"matchExpressions"}).empty()) {
    causes.push_back(invalid_value("spec.selector", shown_selector(*selector),
                                   concat({"empty selector is invalid for ", kind})));
    return;
  }
  validate_selector_matches(object, *selector, causes);
}

void check_counts(Causes& causes, const Json& object,
                  std::initializer_list<std::string_view> fields) {
  if (const Json* status = find_member(object, "status")) {
    for (const auto field : fields) {
      check_not_negative(causes, *status, "status", field);
    }
  }
}

void check_within_replicas(Causes& causes, const Json& object,
                           std::initializer_list<std::string_view> fields) {
  const auto replicas = status_of(object, "replicas");
  for (const auto field : fields) {
    const auto count = status_of(object, field);
    if (count > replicas) {
      causes.push_back(invalid_value(sub_path("status", field), std::to_string(count),
                                     "cannot be greater than status.replicas"));
    }
  }
  const auto available = status_of(object, "availableReplicas");
  if (available > status_of(object, "readyReplicas")) {
    causes.push_back(invalid_value("status.availableReplicas", std::to_string(available),
                                   "cannot be greater than readyReplicas"));
  }
}

void check_collisions(Causes& causes, const Json& next, const Json& current) {
  const auto count = status_of(next, "collisionCount");
  if (count < status_of(current, "collisionCount")) {
    causes.push_back(
        invalid_value("status.collisionCount", std::to_string(count), "cannot be decremented"));
  }
}

}  // namespace pintle::registry
