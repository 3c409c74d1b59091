// What kinds with a pod template share: its defaults and checks, and those of its selector.

#pragma once

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {

/// The defaults of the pod spec in `pod_template`; null is none.
void apply_template_defaults(Json* pod_template);

/// Sets what `object` does not say.
void set_default(JsonObject& object, std::string_view key, const Json& value);

/// `rollingUpdate` and its parts, where `strategy` is to roll and says no more.
void default_rolling(Json* strategy, const JsonObject& parts);

/// The template of pods that always run: metadata, pod spec, restartPolicy Always. `kind` is for
/// the message: "activeDeadlineSeconds in <kind> is not Supported".
void validate_template(const Json& object, std::string_view kind, Causes& causes);

/// Labels, annotations and the pod spec of the template at `path`, whatever its restart policy.
void validate_pod_template(const Json* pod_template, const std::string& path, Causes& causes);

/// spec.selector: there, not empty, and matching the template's labels. `kind` is for the message:
/// "empty selector is invalid for <kind>".
void validate_selector(const Json& object, std::string_view kind, Causes& causes);

/// "`selector` does not match template `labels`", where it does not.
void validate_selector_matches(const Json& object, const Json& selector, Causes& causes);

/// Each field of status that is there is at least 0.
void check_counts(Causes& causes, const Json& object,
                  std::initializer_list<std::string_view> fields);

/// Each of `fields` of status is at most status.replicas, and availableReplicas at most
/// readyReplicas.
void check_within_replicas(Causes& causes, const Json& object,
                           std::initializer_list<std::string_view> fields);

/// status.collisionCount only grows.
void check_collisions(Causes& causes, const Json& next, const Json& current);

/// A create may bring no status.
class WorkloadStrategy : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    apply_template_defaults(find_path(object, {"spec", "template"}));
  }
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }
};

}  // namespace pintle::registry
