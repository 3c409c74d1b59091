// DaemonSets: a pod on every node.
//
// Source: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation ValidateDaemonSetSpec.

#include "core/base/concat.hpp"
#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

void validate_rolling(const Json& rolling, Causes& causes) {
  const std::string path = "spec.updateStrategy.rollingUpdate";
  const Json* unavailable = find_member(rolling, "maxUnavailable");
  const Json* surge = find_member(rolling, "maxSurge");
  for (const auto& [field, value] :
       {std::pair("maxUnavailable", unavailable), std::pair("maxSurge", surge)}) {
    if (value != nullptr) {
      check_int_or_percent(causes, sub_path(path, field), *value);
      check_at_most_all(causes, sub_path(path, field), *value);
    }
  }
  const bool has_unavailable = int_or_percent(unavailable) != 0;
  const bool has_surge = int_or_percent(surge) != 0;
  if (has_unavailable && has_surge) {
    causes.push_back(invalid_value(sub_path(path, "maxSurge"), shown_int_or_string(*surge),
                                   "may not be set when maxUnavailable is non-zero"));
  } else if (!has_unavailable && !has_surge) {
    causes.push_back(
        required_value(sub_path(path, "maxUnavailable"), "cannot be 0 when maxSurge is 0"));
  }
}

void validate_daemon_selector(const Json& object, Causes& causes) {
  const Json* selector = find_path(object, {"spec", "selector"});
  check_label_selector(causes, selector, "spec.selector");
  if (selector == nullptr) {
    // Nothing is selected, so the template's labels are not, either.
    causes.push_back(
        invalid_value("spec.template.metadata.labels",
                      shown_map(find_path(object, {"spec", "template", "metadata", "labels"})),
                      "`selector` does not match template `labels`"));
    return;
  }
  validate_selector_matches(object, *selector, causes);
  if (object_at(*selector, {"matchLabels"}).empty() &&
      array_at(*selector, {"matchExpressions"}).empty()) {
    causes.push_back(invalid_value("spec.selector", shown_selector(*selector),
                                   "empty selector is invalid for daemonset"));
  }
}

class DaemonSetStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "updateStrategy"}),
                    JsonObject{{"maxUnavailable", 1}, {"maxSurge", 0}});
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_daemon_selector(object, causes);
    validate_template(object, "DaemonSet", causes);
    const Json* spec = find_member(object, "spec");
    if (spec == nullptr) {
      return;
    }
    check_not_negative(causes, *spec, "spec", "minReadySeconds");
    check_not_negative(causes, *spec, "spec", "revisionHistoryLimit");
    const Json* rolling = find_path(*spec, {"updateStrategy", "rollingUpdate"});
    if (rolling != nullptr && text_at(*spec, {"updateStrategy", "type"}) == "RollingUpdate") {
      validate_rolling(*rolling, causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_selector_immutable(causes, next, current);
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& current, Causes& causes) const override {
    check_counts(causes, next,
                 {"currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled",
                  "numberReady", "observedGeneration", "updatedNumberScheduled", "numberAvailable",
                  "numberUnavailable", "collisionCount"});
    check_collisions(causes, next, current);
  }
};

}  // namespace

const Strategy& daemon_set_strategy() {
  static const DaemonSetStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
