// ReplicaSets, and ReplicationControllers before them: a number of equal pods.
//
// Source: pkg/apis/apps/validation ValidateReplicaSetSpec, pkg/apis/core/validation
// ValidateReplicationControllerSpec, pkg/apis/core/v1/defaults.go.

#include "core/base/concat.hpp"
#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

void validate_replicas_status(const Json& next, Causes& causes) {
  check_counts(causes, next,
               {"replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
                "terminatingReplicas", "observedGeneration"});
  check_within_replicas(causes, next,
                        {"fullyLabeledReplicas", "readyReplicas", "availableReplicas"});
}

void validate_numbers(const Json& object, Causes& causes) {
  if (const Json* spec = find_member(object, "spec")) {
    check_not_negative(causes, *spec, "spec", "replicas");
    check_not_negative(causes, *spec, "spec", "minReadySeconds");
  }
}

class ReplicaSetStrategy final : public WorkloadStrategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_numbers(object, causes);
    validate_selector(object, "deployment", causes);  // Kubernetes' word here, too.
    validate_template(object, "ReplicaSet", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_selector_immutable(causes, next, current);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    validate_replicas_status(next, causes);
  }
};

class ReplicationControllerStrategy final : public WorkloadStrategy {
 public:
  /// The template's labels are what is selected and what the controller is labelled with, where
  /// nothing else is said.
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    const JsonObject labels = object_at(object, {"spec", "template", "metadata", "labels"});
    if (labels.empty()) {
      return;
    }
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    if (object_at(object, {"spec", "selector"}).empty()) {
      spec["selector"] = labels;
    }
    JsonObject& metadata = ensure_object(object.get_object(), "metadata");
    if (object_at(object, {"metadata", "labels"}).empty()) {
      metadata["labels"] = labels;
    }
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_numbers(object, causes);
    const Json* selector = find_path(object, {"spec", "selector"});
    if (selector == nullptr || object_at(*selector, {}).empty()) {
      causes.push_back(required_value("spec.selector"));
    } else {
      validate_selector_matches(object, JsonObject{{"matchLabels", *selector}}, causes);
    }
    if (find_path(object, {"spec", "template"}) == nullptr) {
      causes.push_back(required_value("spec.template"));
      return;
    }
    validate_template(object, "ReplicationController", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& /*current*/, Causes& causes) const override {
    validate_replicas_status(next, causes);
  }
};

}  // namespace

const Strategy& replica_set_strategy() {
  static const ReplicaSetStrategy strategy;
  return strategy;
}

const Strategy& replication_controller_strategy() {
  static const ReplicationControllerStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
