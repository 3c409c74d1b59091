// How default roles and bindings grow with a new version, without taking back what people changed.

#include <algorithm>

#include "core/registry/bootstrap.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kAutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

bool has_all(const std::vector<std::string>& have, const std::vector<std::string>& wanted) {
  return std::ranges::find(have, "*") != have.end() ||
         std::ranges::all_of(wanted, [&](const std::string& text) {
           return std::ranges::find(have, text) != have.end();
         });
}

bool covers(const auth::Rule& have, const auth::Rule& wanted) {
  // No names means all of them.
  const bool names =
      have.resource_names.empty() ||
      (!wanted.resource_names.empty() && has_all(have.resource_names, wanted.resource_names));
  return names && has_all(have.verbs, wanted.verbs) &&
         has_all(have.api_groups, wanted.api_groups) && has_all(have.resources, wanted.resources) &&
         has_all(have.non_resource_urls, wanted.non_resource_urls);
}

bool add_missing_rules(Json& existing, const Json& wanted) {
  const auto have = auth::rules_of_role(existing);
  const auto want = auth::rules_of_role(wanted);
  const auto& rules = array_at(wanted, {"rules"});
  bool added = false;
  for (std::size_t i = 0; i < rules.size() && i < want.size(); ++i) {
    if (std::ranges::any_of(have, [&](const auth::Rule& rule) { return covers(rule, want[i]); })) {
      continue;
    }
    auto& member = existing.as_object()["rules"];
    if (!member.is_array()) {
      member.emplace_array();
    }
    member.as_array().push_back(rules[i]);
    added = true;
  }
  return added;
}

bool add_missing_subjects(Json& existing, const Json& wanted) {
  bool added = false;
  for (const auto& subject : array_at(wanted, {"subjects"})) {
    const auto& have = array_at(existing, {"subjects"});
    const bool known = std::any_of(have.begin(), have.end(), [&](const Json& other) {
      return text_at(other, {"kind"}) == text_at(subject, {"kind"}) &&
             text_at(other, {"name"}) == text_at(subject, {"name"}) &&
             text_at(other, {"namespace"}) == text_at(subject, {"namespace"});
    });
    if (known) {
      continue;
    }
    auto& member = existing.as_object()["subjects"];
    if (!member.is_array()) {
      member.emplace_array();
    }
    member.as_array().push_back(subject);
    added = true;
  }
  return added;
}

bool add_missing_texts(Json& existing, const Json& wanted, std::string_view which) {
  bool added = false;
  for (const auto& pair : object_at(wanted, {"metadata", which})) {
    auto& texts = ensure_object(ensure_object(existing.as_object(), "metadata"), which);
    if (!texts.contains(pair.key())) {
      texts[pair.key()] = pair.value();
      added = true;
    }
  }
  return added;
}

}  // namespace

bool reconcile_rbac(Json& existing, const Json& wanted) {
  if (text_at(existing, {"metadata", "annotations", kAutoUpdate}) == "false") {
    return false;
  }
  // Rules of an aggregated role belong to whoever aggregates.
  const bool aggregated = existing.as_object().contains("aggregationRule");
  const bool rules = !aggregated && add_missing_rules(existing, wanted);
  const bool subjects = add_missing_subjects(existing, wanted);
  const bool labels = add_missing_texts(existing, wanted, "labels");
  const bool annotations = add_missing_texts(existing, wanted, "annotations");
  return rules || subjects || labels || annotations;
}

}  // namespace pintle::registry
