// Deployments: how pods are replaced when their template changes.
//
// Source: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation ValidateDeploymentSpec,
// pkg/registry/apps/deployment/strategy.go.

#include "core/base/concat.hpp"
#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

void validate_rolling(const Json& rolling, Causes& causes) {
  const std::string path = "spec.strategy.rollingUpdate";
  const Json* unavailable = find_member(rolling, "maxUnavailable");
  const Json* surge = find_member(rolling, "maxSurge");
  if (unavailable != nullptr) {
    check_int_or_percent(causes, sub_path(path, "maxUnavailable"), *unavailable);
  }
  if (surge != nullptr) {
    check_int_or_percent(causes, sub_path(path, "maxSurge"), *surge);
  }
  if (unavailable == nullptr) {
    return;
  }
  if (int_or_percent(unavailable) == 0 && int_or_percent(surge) == 0) {
    causes.push_back(invalid_value(sub_path(path, "maxUnavailable"),
                                   shown_int_or_string(*unavailable),
                                   "may not be 0 when `maxSurge` is 0"));
  }
  check_at_most_all(causes, sub_path(path, "maxUnavailable"), *unavailable);
}

void validate_strategy(const Json& object, Causes& causes) {
  const Json* rolling = find_path(object, {"spec", "strategy", "rollingUpdate"});
  if (text_at(object, {"spec", "strategy", "type"}) == "Recreate") {
    if (rolling != nullptr) {
      causes.push_back(forbidden_value("spec.strategy.rollingUpdate",
                                       "may not be specified when strategy `type` is 'Recreate'"));
    }
    return;
  }
  if (rolling != nullptr) {
    validate_rolling(*rolling, causes);
  }
}

void validate_progress_deadline(const Json& spec, Causes& causes) {
  const auto deadline = integer_at(spec, {"progressDeadlineSeconds"});
  if (!deadline) {
    return;
  }
  check_not_negative(causes, spec, "spec", "progressDeadlineSeconds");
  if (*deadline <= integer_at(spec, {"minReadySeconds"}).value_or(0)) {
    causes.push_back(invalid_value("spec.progressDeadlineSeconds", std::to_string(*deadline),
                                   "must be greater than minReadySeconds"));
  }
}

class DeploymentStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "strategy"}),
                    JsonObject{{"maxUnavailable", "25%"}, {"maxSurge", "25%"}});
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json none = JsonObject();
    const Json* spec = find_member(object, "spec");
    spec = spec == nullptr ? &none : spec;
    check_not_negative(causes, *spec, "spec", "replicas");
    validate_selector(object, "deployment", causes);
    validate_template(object, "ReplicaSet", causes);
    validate_strategy(object, causes);
    check_not_negative(causes, *spec, "spec", "minReadySeconds");
    check_not_negative(causes, *spec, "spec", "revisionHistoryLimit");
    validate_progress_deadline(*spec, causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_selector_immutable(causes, next, current);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& current, Causes& causes) const override {
    check_counts(
        causes, next,
        {"observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
         "unavailableReplicas", "terminatingReplicas", "collisionCount"});
    check_within_replicas(causes, next, {"updatedReplicas", "readyReplicas", "availableReplicas"});
    check_collisions(causes, next, current);
  }
};

}  // namespace

const Strategy& deployment_strategy() {
  static const DeploymentStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
