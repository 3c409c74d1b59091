// Pods: what may be created, what of a pod may change, and how long one is given to end.
//
// Source: pkg/registry/core/pod/strategy.go, pkg/apis/core/validation ValidatePodUpdate.

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kMayChange =
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)";

bool holds(const JsonArray& items, const Json& wanted) {
  return std::any_of(items.begin(), items.end(),
                     [&wanted](const Json& item) { return same_but_for_empties(&item, &wanted); });
}

/// A toleration but for how long it lasts, which may change.
Json without_seconds(Json toleration) {
  toleration.get_object().erase("tolerationSeconds");
  return toleration;
}

/// Gives the containers of `spec` the images they have in `current`, by place.
void restore_images(JsonObject& spec, const Json& current, std::string_view list) {
  Json* containers = spec.if_contains(list);
  const JsonArray& old = array_at(current, {list});
  if (containers == nullptr || !containers->is_array()) {
    return;
  }
  JsonArray& next = containers->get_array();
  for (std::size_t i = 0; i < next.size() && i < old.size(); ++i) {
    carry(next[i].get_object(), old[i], "image");
  }
}

/// `next`'s spec with everything put back that a pod's update may change.
Json with_changes_undone(const Json& next, const Json& current) {
  Json undone = next;
  JsonObject& spec = undone.get_object();
  restore_images(spec, current, "containers");
  restore_images(spec, current, "initContainers");
  carry(spec, current, "activeDeadlineSeconds");
  carry(spec, current, "tolerations");
  carry(spec, current, "schedulingGates");
  if (integer_at(current, {"terminationGracePeriodSeconds"}).value_or(0) < 0 &&
      integer_at(next, {"terminationGracePeriodSeconds"}) == 1) {
    carry(spec, current, "terminationGracePeriodSeconds");
  }
  return undone;
}

void validate_tolerations_grew(const Json& next, const Json& current, Causes& causes) {
  JsonArray now;
  for (const Json& toleration : array_at(next, {"tolerations"})) {
    now.push_back(without_seconds(toleration));
  }
  for (const Json& toleration : array_at(current, {"tolerations"})) {
    if (!holds(now, without_seconds(toleration))) {
      causes.push_back(forbidden_value("spec.tolerations",
                                       "existing toleration can not be modified except its "
                                       "tolerationSeconds"));
      return;
    }
  }
}

void validate_gates_shrank(const Json& next, const Json& current, Causes& causes) {
  const JsonArray& before = array_at(current, {"schedulingGates"});
  for (const Json& gate : array_at(next, {"schedulingGates"})) {
    if (!holds(before, gate)) {
      causes.push_back(
          forbidden_value("spec.schedulingGates",
                          concat({"only deletion is allowed, but found new scheduling gate '",
                                  text_at(gate, {"name"}), "'"})));
    }
  }
}

void validate_deadline(const Json& next, const Json& current, Causes& causes) {
  const auto now = integer_at(next, {"activeDeadlineSeconds"});
  const auto before = integer_at(current, {"activeDeadlineSeconds"});
  if (before && (!now || *now > *before)) {
    causes.push_back(invalid_value("spec.activeDeadlineSeconds",
                                   now ? std::to_string(*now) : "null",
                                   "must be less than or equal to previous value"));
  }
}

class PodStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    if (Json* spec = find_path(object, {"spec"})) {
      apply_pod_spec_defaults(*spec);
    }
  }

  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    const Json* spec = find_member(object, "spec");
    JsonObject status{{"phase", "Pending"}};
    if (spec != nullptr && !array_at(*spec, {"schedulingGates"}).empty()) {
      status["conditions"] = JsonArray{
          JsonObject{{"type", "PodScheduled"},
                     {"status", "False"},
                     {"reason", "SchedulingGated"},
                     {"message", "Scheduling is blocked due to non-empty scheduling gates"}}};
    }
    status["qosClass"] = qos_class_of(spec == nullptr ? Json() : *spec);
    object.get_object()["status"] = std::move(status);
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      validate_pod_spec(*spec, "spec", causes);
    } else {
      causes.push_back(required_value("spec.containers"));
    }
    const Json* spec = find_member(object, "spec");
    if (spec != nullptr && !array_at(*spec, {"ephemeralContainers"}).empty()) {
      causes.push_back(forbidden_value("spec.ephemeralContainers", "cannot be set on create"));
    }
    if (spec != nullptr && !text_at(*spec, {"nodeName"}).empty() &&
        !array_at(*spec, {"schedulingGates"}).empty()) {
      causes.push_back(forbidden_value(
          "spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
    }
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    const Json empty = JsonObject();
    const Json* now = find_member(next, "spec");
    const Json* before = find_member(current, "spec");
    now = now == nullptr ? &empty : now;
    before = before == nullptr ? &empty : before;
    validate_pod_spec(*now, "spec", causes);
    for (const std::string_view list : {"containers", "initContainers"}) {
      if (array_at(*now, {list}).size() != array_at(*before, {list}).size()) {
        causes.push_back(forbidden_value(sub_path("spec", list),
                                         "pod updates may not add or remove containers"));
        return;
      }
    }
    validate_tolerations_grew(*now, *before, causes);
    validate_gates_shrank(*now, *before, causes);
    validate_deadline(*now, *before, causes);
    const Json undone = with_changes_undone(*now, *before);
    if (!same_but_for_empties(&undone, before)) {
      causes.push_back(forbidden_value("spec", kMayChange));
    }
  }

  std::optional<std::int64_t> grace_seconds(const Json& object,
                                            std::optional<std::int64_t> asked) const override {
    std::int64_t seconds =
        asked ? *asked : integer_at(object, {"spec", "terminationGracePeriodSeconds"}).value_or(30);
    const auto phase = text_at(object, {"status", "phase"});
    if (text_at(object, {"spec", "nodeName"}).empty() || phase == "Succeeded" ||
        phase == "Failed") {
      seconds = 0;
    }
    // A negative period is read as the shortest there is.
    return seconds < 0 ? 1 : seconds;
  }
};

}  // namespace

const Strategy& pod_strategy() {
  static const PodStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
