// PodTemplates, and ControllerRevisions: what was wanted once, kept as it was.
//
// Source: pkg/apis/core/validation ValidatePodTemplate, pkg/apis/apps/validation
// ValidateControllerRevision.

#include "core/registry/strategies/workload.hpp"

namespace pintle::registry {
namespace {

class PodTemplateStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    apply_template_defaults(find_path(object, {"template"}));
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_pod_template(find_member(object, "template"), "template", causes);
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

class ControllerRevisionStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (find_member(object, "data") == nullptr) {
      causes.push_back(required_value("data", "data is mandatory"));
    }
    check_not_negative(causes, object, "", "revision");
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    check_immutable(causes, next, current, {"data"});
  }
};

}  // namespace

const Strategy& pod_template_strategy() {
  static const PodTemplateStrategy strategy;
  return strategy;
}

const Strategy& controller_revision_strategy() {
  static const ControllerRevisionStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
