// Namespaces: Active from the start, held by the kubernetes finalizer until they are empty.
//
// Source: pkg/registry/core/namespace/strategy.go, apis/core/v1/defaults.go SetDefaults_Namespace.

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

class NamespaceStrategy final : public Strategy {
 public:
  NameFault check_name(std::string_view name) const override { return check_dns_label(name); }

  void apply_defaults(Json& object) const override {
    const std::string name(text_at(object, {"metadata", "name"}));
    if (!name.empty()) {
      JsonObject& metadata = ensure_object(object.get_object(), "metadata");
      ensure_object(metadata, "labels")["kubernetes.io/metadata.name"] = name;
    }
  }

  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    // A generated name was not known yet when defaults were set.
    apply_defaults(object);
    object.get_object()["status"] = JsonObject{{"phase", "Active"}};
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    JsonArray finalizers = array_at(object, {"spec", "finalizers"});
    if (std::find(finalizers.begin(), finalizers.end(), "kubernetes") == finalizers.end()) {
      finalizers.emplace_back("kubernetes");
    }
    spec["finalizers"] = std::move(finalizers);
    return {};
  }

  /// Finalizers change through /finalize only.
  Result<void> prepare_update(const StrategyContext& /*context*/, Json& next,
                              const Json& current) const override {
    const Json none = JsonObject();
    const Json* spec = find_member(current, "spec");
    carry(ensure_object(next.get_object(), "spec"), spec == nullptr ? none : *spec, "finalizers");
    return {};
  }
};

/// Source: pkg/apis/core/validation ValidateNamespaceFinalizeUpdate.
class FinalizePart final : public Part {
 public:
  Result<Json> take(const StrategyContext& /*context*/, const Json& next,
                    const Json& current) const override {
    Json taken(current, next.storage());
    const Json none = JsonObject();
    const Json* spec = find_member(next, "spec");
    carry(ensure_object(taken.get_object(), "spec"), spec == nullptr ? none : *spec, "finalizers");
    return taken;
  }

  void validate(const StrategyContext& /*context*/, const Json& next, const Json& /*current*/,
                Causes& causes) const override {
    const JsonArray& finalizers = array_at(next, {"spec", "finalizers"});
    for (std::size_t i = 0; i < finalizers.size(); ++i) {
      const auto name = text_at(finalizers[i], {});
      const std::string path = item_path("spec.finalizers", i);
      check_name_at(causes, path, name, check_label_key(name));
      if (name.find('/') == std::string_view::npos && name != "kubernetes") {
        causes.push_back(
            invalid_value(path, quoted(name),
                          "name is neither a standard finalizer name nor is it fully qualified"));
      }
    }
  }
};

}  // namespace

const Part& namespace_finalize_part() {
  static const FinalizePart part;
  return part;
}

const Strategy& namespace_strategy() {
  static const NamespaceStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
