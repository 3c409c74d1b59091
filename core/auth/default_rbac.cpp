// The roles and bindings that every cluster starts with: etc/rbac, labelled and aggregated.

#include <algorithm>

#include "core/auth/authorizer.hpp"
#include "core/auth/rbac_manifests.hpp"
#include "core/base/assert.hpp"
#include "core/object/yaml.hpp"

namespace pintle::auth {
namespace {

/// Source: kubernetes bootstrappolicy addDefaultMetadata.
void mark_as_default(Json& object) {
  auto& metadata = ensure_object(object.as_object(), "metadata");
  ensure_object(metadata, "labels")["kubernetes.io/bootstrapping"] = "rbac-defaults";
  ensure_object(metadata, "annotations")["rbac.authorization.kubernetes.io/autoupdate"] = "true";
}

bool has_labels(const Json& object, const JsonObject& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    return text_at(object, {"metadata", "labels", label.key()}) == label.value().as_string();
  });
}

/// The rules of the ClusterRoles that `role` gathers by label, each rule once.
JsonArray aggregated_rules(const std::vector<Json>& objects, const Json& role) {
  JsonArray rules;
  for (const auto& selector : array_at(role, {"aggregationRule", "clusterRoleSelectors"})) {
    for (const auto& other : objects) {
      if (text_at(other, {"kind"}) != "ClusterRole" ||
          !has_labels(other, object_at(selector, {"matchLabels"}))) {
        continue;
      }
      for (const auto& rule : array_at(other, {"rules"})) {
        if (std::ranges::find(rules, rule) == rules.end()) {
          rules.push_back(rule);
        }
      }
    }
  }
  return rules;
}

/// A role may gather a role that gathers (admin, edit, view): again until nothing grows.
void aggregate(std::vector<Json>& objects) {
  bool grew = true;
  while (grew) {
    grew = false;
    for (auto& object : objects) {
      if (find_member(object, "aggregationRule") == nullptr) {
        continue;
      }
      auto rules = aggregated_rules(objects, object);
      if (rules.size() != array_at(object, {"rules"}).size()) {
        object.as_object()["rules"] = std::move(rules);
        grew = true;
      }
    }
  }
}

}  // namespace

std::vector<Json> default_rbac_objects() {
  std::vector<Json> objects;
  for (const auto manifests : rbac_manifests()) {
    auto parsed = parse_yaml(manifests);
    PINTLE_ASSERT(parsed.ok());
    for (auto& document : std::move(parsed).value()) {
      mark_as_default(document.value);
      objects.push_back(std::move(document.value));
    }
  }
  aggregate(objects);
  return objects;
}

}  // namespace pintle::auth
