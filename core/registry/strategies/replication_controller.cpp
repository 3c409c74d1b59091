// ReplicationControllers: ReplicaSets before there were any. Their selector is plain labels, and
// what it and their own labels leave out is their template's.
//
// Source: apis/core/v1/defaults.go, apis/core/validation ValidateReplicationControllerSpec.

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/pod_spec.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kTemplate = "spec.template";

void validate_labels(const Json& object, Causes& causes) {
  const JsonObject& selector = object_at(object, {"spec", "selector"});
  if (selector.empty()) {
    causes.push_back(required_value("spec.selector"));
    return;
  }
  const JsonObject& labels = object_at(object, {"spec", "template", "metadata", "labels"});
  for (const auto& wanted : selector) {
    const Json* label = labels.if_contains(wanted.key());
    if (label == nullptr || *label != wanted.value()) {
      causes.push_back(invalid_value("spec.template.metadata.labels", to_json(Json(labels)),
                                     "`selector` does not match template `labels`"));
      return;
    }
  }
}

void validate_template(const Json& object, Causes& causes) {
  const Json* spec = find_path(object, {"spec", "template", "spec"});
  if (spec == nullptr) {
    causes.push_back(required_value(std::string(kTemplate)));
    return;
  }
  const std::string path = sub_path(kTemplate, "spec");
  validate_pod_spec(*spec, path, causes);
  const auto restart = text_at(*spec, {"restartPolicy"});
  if (restart != "Always") {
    causes.push_back(unsupported_value(sub_path(path, "restartPolicy"), restart, {"Always"}));
  }
  if (find_member(*spec, "activeDeadlineSeconds") != nullptr) {
    causes.push_back(
        forbidden_value(sub_path(path, "activeDeadlineSeconds"),
                        "activeDeadlineSeconds in ReplicationController is not Supported"));
  }
}

class ReplicationControllerStrategy final : public Strategy {
 public:
  void apply_defaults(Json& object) const override {
    if (Json* spec = find_path(object, {"spec", "template", "spec"})) {
      apply_pod_spec_defaults(*spec);
    }
    const JsonObject& labels = object_at(object, {"spec", "template", "metadata", "labels"});
    if (labels.empty()) {
      return;
    }
    const Json copy(labels, object.storage());
    if (object_at(object, {"spec", "selector"}).empty()) {
      object.at("spec").as_object()["selector"] = copy;
    }
    if (object_at(object, {"metadata", "labels"}).empty()) {
      ensure_object(object.as_object(), "metadata")["labels"] = copy;
    }
  }
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    if (const Json* spec = find_member(object, "spec")) {
      check_not_negative(causes, *spec, "spec", "replicas");
      check_not_negative(causes, *spec, "spec", "minReadySeconds");
    }
    validate_labels(object, causes);
    validate_template(object, causes);
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

}  // namespace

const Strategy& replication_controller_strategy() {
  static const ReplicationControllerStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
