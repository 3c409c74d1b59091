// Workloads: kinds whose spec holds a pod template.
//
// Source: pkg/apis/apps/v1/defaults.go, apis/batch/v1/defaults.go, apis/apps/validation.

#include "core/base/concat.hpp"
#include "core/object/object.hpp"
#include "core/object/selector.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

Json* template_of(Json& object) {
  return find_path(object, {"spec", "template"});
}

void default_template(Json* pod_template) {
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

/// `rollingUpdate` and its parts, where the strategy is to roll and says no more.
void default_rolling(Json* strategy, const JsonObject& parts) {
  if (strategy == nullptr || text_at(*strategy, {"type"}) != "RollingUpdate") {
    return;
  }
  JsonObject& rolling = ensure_object(strategy->get_object(), "rollingUpdate");
  for (const auto& part : parts) {
    set_default(rolling, part.key(), part.value());
  }
}

TextPairs labels_of(const Json& pod_template) {
  TextPairs labels;
  for (const auto& label : object_at(pod_template, {"metadata", "labels"})) {
    labels.emplace_back(label.key(), label.value().is_string() ? label.value().get_string() : "");
  }
  std::sort(labels.begin(), labels.end());
  return labels;
}

void validate_template(const Json& object, bool always_restarts, Causes& causes) {
  const Json* spec = find_path(object, {"spec", "template", "spec"});
  if (spec == nullptr) {
    causes.push_back(required_value("spec.template.spec.containers"));
    return;
  }
  validate_pod_spec(*spec, "spec.template.spec", causes);
  const auto restart = text_at(*spec, {"restartPolicy"});
  if (always_restarts && restart != "Always") {
    causes.push_back(unsupported_value("spec.template.spec.restartPolicy", restart, {"Always"}));
  }
  if (!always_restarts && restart != "OnFailure" && restart != "Never") {
    causes.push_back(required_value("spec.template.spec.restartPolicy",
                                    "valid values: \"OnFailure\", \"Never\""));
  }
}

void validate_selector(const Json& object, Causes& causes) {
  const Json* selector = find_path(object, {"spec", "selector"});
  if (selector == nullptr) {
    causes.push_back(required_value("spec.selector"));
    return;
  }
  if (object_at(*selector, {"matchLabels"}).empty() &&
      array_at(*selector, {"matchExpressions"}).empty()) {
    causes.push_back(invalid_value("spec.selector", to_json(*selector),
                                   "empty selector is invalid for deployment"));
  }
  const Json* pod_template = find_path(object, {"spec", "template"});
  const auto parsed = label_selector_of(*selector);
  if (pod_template != nullptr && parsed.ok() && !parsed.value().matches(labels_of(*pod_template))) {
    const Json* labels = find_path(*pod_template, {"metadata", "labels"});
    causes.push_back(invalid_value("spec.template.metadata.labels",
                                   labels == nullptr ? "null" : to_json(*labels),
                                   "`selector` does not match template `labels`"));
  }
}

class WorkloadStrategy : public Strategy {
 public:
  void apply_defaults(Json& object) const override { default_template(template_of(object)); }
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      check_not_negative(causes, *spec, "spec", "replicas");
      check_not_negative(causes, *spec, "spec", "minReadySeconds");
      check_not_negative(causes, *spec, "spec", "revisionHistoryLimit");
    }
    validate_selector(object, causes);
    validate_template(object, true, causes);
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

class DeploymentStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "strategy"}),
                    JsonObject{{"maxUnavailable", "25%"}, {"maxSurge", "25%"}});
  }
};

class DaemonSetStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "updateStrategy"}),
                    JsonObject{{"maxUnavailable", 1}, {"maxSurge", 0}});
  }
};

class StatefulSetStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "updateStrategy"}), JsonObject{{"partition", 0}});
  }
};

/// Jobs get their selector and labels from the job controller's label, made here at creation.
class JobStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    default_template(template_of(object));
    if (Json* spec = find_path(object, {"spec"})) {
      JsonObject& members = spec->get_object();
      if (!members.contains("completions") && !members.contains("parallelism")) {
        members["completions"] = 1;
      }
      set_default(members, "parallelism", 1);
      set_default(members, "backoffLimit", 6);
    }
  }
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    if (!is_true(object, {"spec", "manualSelector"})) {
      label(object);
    }
    return {};
  }
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      for (const auto field : {"parallelism", "completions", "backoffLimit"}) {
        check_not_negative(causes, *spec, "spec", field);
      }
    }
    validate_template(object, false, causes);
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const Json* now = find_path(next, {"spec", "template"});
    if (!same_but_for_empties(now, find_path(current, {"spec", "template"})) &&
        !is_true(current, {"spec", "suspend"})) {
      causes.push_back(invalid_value("spec.template", now == nullptr ? "null" : to_json(*now),
                                     "field is immutable"));
    }
  }

 private:
  /// Source: pkg/registry/batch/job generateSelector.
  static void label(Json& object) {
    const Json name(text_at(object, {"metadata", "name"}));
    const Json uid(text_at(object, {"metadata", "uid"}));
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    JsonObject& pods = ensure_object(spec, "template");
    JsonObject& labels = ensure_object(ensure_object(pods, "metadata"), "labels");
    for (const std::string_view prefix : {"", "batch.kubernetes.io/"}) {
      labels[concat({prefix, "job-name"})] = name;
      labels[concat({prefix, "controller-uid"})] = uid;
    }
    JsonObject& selector = ensure_object(spec, "selector");
    ensure_object(selector, "matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
  }
};

class CronJobStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    default_template(find_path(object, {"spec", "jobTemplate", "spec", "template"}));
  }
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const std::string path = "spec.jobTemplate.spec.template.spec";
    const Json* spec = find_path(object, {"spec", "jobTemplate", "spec", "template", "spec"});
    if (spec == nullptr) {
      causes.push_back(required_value(sub_path(path, "containers")));
      return;
    }
    validate_pod_spec(*spec, path, causes);
    const auto restart = text_at(*spec, {"restartPolicy"});
    if (restart != "OnFailure" && restart != "Never") {
      causes.push_back(required_value(sub_path(path, "restartPolicy"),
                                      "valid values: \"OnFailure\", \"Never\""));
    }
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

}  // namespace

const Strategy& deployment_strategy() {
  static const DeploymentStrategy strategy;
  return strategy;
}

const Strategy& replica_set_strategy() {
  static const WorkloadStrategy strategy;
  return strategy;
}

const Strategy& stateful_set_strategy() {
  static const StatefulSetStrategy strategy;
  return strategy;
}

const Strategy& daemon_set_strategy() {
  static const DaemonSetStrategy strategy;
  return strategy;
}

const Strategy& job_strategy() {
  static const JobStrategy strategy;
  return strategy;
}

const Strategy& cron_job_strategy() {
  static const CronJobStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
