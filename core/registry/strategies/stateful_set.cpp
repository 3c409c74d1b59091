// StatefulSets: pods with names and volumes of their own.
//
// Source: pkg/apis/apps/v1/defaults.go, pkg/apis/apps/validation ValidateStatefulSetSpec and
// ValidateStatefulSetUpdate.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

constexpr std::array<std::string_view, 7> kMayChange = {"replicas",
                                                        "ordinals",
                                                        "template",
                                                        "updateStrategy",
                                                        "minReadySeconds",
                                                        "revisionHistoryLimit",
                                                        "persistentVolumeClaimRetentionPolicy"};
constexpr std::string_view kOthersMayNot =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden";

void validate_rolling(const Json& rolling, Causes& causes) {
  const std::string path = "spec.updateStrategy.rollingUpdate";
  check_not_negative(causes, rolling, path, "partition");
  const Json* unavailable = find_member(rolling, "maxUnavailable");
  if (unavailable == nullptr) {
    return;
  }
  const std::string here = sub_path(path, "maxUnavailable");
  check_int_or_percent(causes, here, *unavailable);
  if (int_or_percent(unavailable) == 0) {
    causes.push_back(invalid_value(here, shown_int_or_string(*unavailable), "cannot be 0"));
  }
  check_at_most_all(causes, here, *unavailable);
}

void validate_update_strategy(const Json& spec, Causes& causes) {
  const Json* rolling = find_path(spec, {"updateStrategy", "rollingUpdate"});
  if (rolling == nullptr) {
    return;
  }
  if (text_at(spec, {"updateStrategy", "type"}) == "OnDelete") {
    causes.push_back(invalid_value("spec.updateStrategy.rollingUpdate", to_json(*rolling),
                                   "only allowed for updateStrategy 'RollingUpdate'"));
    return;
  }
  validate_rolling(*rolling, causes);
}

/// The object with a volume for each claim its pods will bring.
Json with_claimed_volumes(const Json& object) {
  Json whole = object;
  Json* spec = find_path(whole, {"spec", "template", "spec"});
  const JsonArray& claims = array_at(object, {"spec", "volumeClaimTemplates"});
  if (spec == nullptr || claims.empty()) {
    return whole;
  }
  JsonArray volumes;
  for (const Json& claim : claims) {
    const auto name = text_at(claim, {"metadata", "name"});
    volumes.push_back(
        JsonObject{{"name", name}, {"persistentVolumeClaim", JsonObject{{"claimName", name}}}});
  }
  for (const Json& volume : array_at(*spec, {"volumes"})) {
    // A claim takes the place of a volume of its name.
    const auto name = text_at(volume, {"name"});
    const bool claimed = std::any_of(claims.begin(), claims.end(), [name](const Json& claim) {
      return text_at(claim, {"metadata", "name"}) == name;
    });
    if (!claimed) {
      volumes.push_back(volume);
    }
  }
  spec->get_object()["volumes"] = std::move(volumes);
  return whole;
}

class StatefulSetStrategy final : public WorkloadStrategy {
 public:
  void apply_defaults(Json& object) const override {
    WorkloadStrategy::apply_defaults(object);
    default_rolling(find_path(object, {"spec", "updateStrategy"}), JsonObject{{"partition", 0}});
    Json* claims = find_path(object, {"spec", "volumeClaimTemplates"});
    if (claims == nullptr || !claims->is_array()) {
      return;
    }
    for (Json& claim : claims->get_array()) {
      // Source: Convert_apps_StatefulSetSpec_To_v1_StatefulSetSpec.
      claim.get_object()["kind"] = "PersistentVolumeClaim";
      claim.get_object()["apiVersion"] = "v1";
    }
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      validate_update_strategy(*spec, causes);
      check_not_negative(causes, *spec, "spec", "replicas");
      check_not_negative(causes, *spec, "spec", "minReadySeconds");
      check_not_negative(causes, *spec, "spec", "revisionHistoryLimit");
      if (const Json* ordinals = find_member(*spec, "ordinals")) {
        check_not_negative(causes, *ordinals, "spec.ordinals", "start");
      }
    }
    validate_selector(object, "statefulset", causes);
    validate_template(with_claimed_volumes(object), "StatefulSet", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const Json none = JsonObject();
    const Json* now = find_member(next, "spec");
    const Json* before = find_member(current, "spec");
    Json undone = now == nullptr ? none : *now;
    for (const auto field : kMayChange) {
      carry(undone.get_object(), before == nullptr ? none : *before, field);
    }
    if (!same_but_for_empties(&undone, before)) {
      causes.push_back(forbidden_value("spec", kOthersMayNot));
    }
  }

  void validate_status_update(const StrategyContext& /*context*/, const Json& next,
                              const Json& current, Causes& causes) const override {
    check_counts(causes, next,
                 {"replicas", "readyReplicas", "currentReplicas", "updatedReplicas",
                  "availableReplicas", "observedGeneration", "collisionCount"});
    check_within_replicas(
        causes, next, {"readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"});
    check_collisions(causes, next, current);
  }
};

}  // namespace

const Strategy& stateful_set_strategy() {
  static const StatefulSetStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
