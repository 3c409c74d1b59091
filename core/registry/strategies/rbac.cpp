// Roles and bindings: their rules are checked, and nobody grants what they do not hold (T-Z01,
// T-Z02).
//
// Source: pkg/apis/rbac/validation, pkg/registry/rbac/*/policybased, rbac/escalation_check.go.

#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

void validate_rule(const Json& rule, const std::string& path, bool namespaced, Causes& causes) {
  if (array_at(rule, {"verbs"}).empty()) {
    causes.push_back(
        required_value(sub_path(path, "verbs"), "verbs must contain at least one value"));
  }
  const Json* urls = find_member(rule, "nonResourceURLs");
  if (urls != nullptr && !array_at(rule, {"nonResourceURLs"}).empty()) {
    if (namespaced) {
      causes.push_back(invalid_value(sub_path(path, "nonResourceURLs"), to_json(*urls),
                                     "namespaced rules cannot apply to non-resource URLs"));
    }
    if (!array_at(rule, {"apiGroups"}).empty() || !array_at(rule, {"resources"}).empty() ||
        !array_at(rule, {"resourceNames"}).empty()) {
      causes.push_back(
          invalid_value(sub_path(path, "nonResourceURLs"), to_json(*urls),
                        "rules cannot apply to both regular resources and non-resource URLs"));
    }
    return;
  }
  if (array_at(rule, {"apiGroups"}).empty()) {
    causes.push_back(required_value(sub_path(path, "apiGroups"),
                                    "resource rules must supply at least one api group"));
  }
  if (array_at(rule, {"resources"}).empty()) {
    causes.push_back(required_value(sub_path(path, "resources"),
                                    "resource rules must supply at least one resource"));
  }
}

void validate_role_ref(const Json& binding, bool namespaced, Causes& causes) {
  const auto group = text_at(binding, {"roleRef", "apiGroup"});
  if (group != kGroup) {
    causes.push_back(unsupported_value("roleRef.apiGroup", group, {kGroup}));
  }
  const auto kind = text_at(binding, {"roleRef", "kind"});
  if (kind != "ClusterRole" && !(namespaced && kind == "Role")) {
    causes.push_back(namespaced ? unsupported_value("roleRef.kind", kind, {"ClusterRole", "Role"})
                                : unsupported_value("roleRef.kind", kind, {"ClusterRole"}));
  }
  const auto name = text_at(binding, {"roleRef", "name"});
  if (name.empty()) {
    causes.push_back(required_value("roleRef.name"));
  } else {
    check_name_at(causes, "roleRef.name", name, check_path_segment(name));
  }
}

void validate_subject(const Json& subject, const std::string& path, Causes& causes) {
  const auto kind = text_at(subject, {"kind"});
  const auto group = text_at(subject, {"apiGroup"});
  const auto name = text_at(subject, {"name"});
  if (name.empty()) {
    causes.push_back(required_value(sub_path(path, "name")));
  }
  if (kind == "ServiceAccount") {
    if (!name.empty()) {
      check_name_at(causes, sub_path(path, "name"), name, check_dns_subdomain(name));
    }
    if (!group.empty()) {
      causes.push_back(unsupported_value(sub_path(path, "apiGroup"), group, {""}));
    }
    if (text_at(subject, {"namespace"}).empty()) {
      causes.push_back(required_value(sub_path(path, "namespace")));
    }
  } else if (kind == "User" || kind == "Group") {
    if (group != kGroup) {
      causes.push_back(unsupported_value(sub_path(path, "apiGroup"), group, {kGroup}));
    }
  } else {
    causes.push_back(
        unsupported_value(sub_path(path, "kind"), kind, {"Group", "ServiceAccount", "User"}));
  }
}

std::string groups_text(const std::vector<std::string>& groups) {
  std::string out = "[";
  for (const auto& group : groups) {
    out += (out.size() == 1 ? "" : " ") + quoted(group);
  }
  return out + "]";
}

/// Refuses unless `who` holds `rules` in `ns`. `resource` and `name` are what is being written.
Result<void> check_escalation(const StrategyContext& context, std::string_view resource,
                              std::string_view name, std::string_view ns,
                              const std::vector<auth::Rule>& rules) {
  const auto missing = context.rbac->missing_to_grant(context.who, ns, rules);
  if (missing.empty()) {
    return {};
  }
  std::string text = concat({resource, ".", kGroup, " ", quoted(name), " is forbidden: user ",
                             quoted(context.who.user), " (groups=", groups_text(context.who.groups),
                             ") is attempting to grant RBAC permissions not currently held:\n"});
  for (const auto& rule : missing) {
    text += (&rule == missing.data() ? "" : "\n") + rule;
  }
  return Error(
      Code::kForbidden, std::move(text),
      ErrorDetails{
          .name = std::string(name), .group = std::string(kGroup), .kind = std::string(resource)});
}

bool may(const StrategyContext& context, std::string_view verb, std::string_view resource,
         std::string_view ns, std::string_view name) {
  auth::Attributes what;
  what.verb = verb;
  what.is_resource = true;
  what.group = kGroup;
  what.version = "v1";
  what.resource = resource;
  what.ns = ns;
  what.name = name;
  return context.rbac->allow(context.who, what).allowed;
}

class RoleStrategy final : public Strategy {
 public:
  explicit RoleStrategy(bool namespaced)
      : namespaced_(namespaced), resource_(namespaced ? "roles" : "clusterroles") {}

  NameFault check_name(std::string_view name) const override { return check_path_segment(name); }
  bool creates_on_update() const override { return true; }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const JsonArray& rules = array_at(object, {"rules"});
    for (std::size_t i = 0; i < rules.size(); ++i) {
      validate_rule(rules[i], item_path("rules", i), namespaced_, causes);
    }
    const Json* aggregation = find_member(object, "aggregationRule");
    if (aggregation != nullptr && array_at(*aggregation, {"clusterRoleSelectors"}).empty()) {
      causes.push_back(required_value("aggregationRule.clusterRoleSelectors",
                                      "at least one clusterRoleSelector required if "
                                      "aggregationRule is non-nil"));
    }
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }

  Result<void> authorize_write(const StrategyContext& context, const Json& object,
                               const Json* current) const override {
    const auto name = text_at(object, {"metadata", "name"});
    const auto ns = text_at(object, {"metadata", "namespace"});
    const bool changes =
        current == nullptr ||
        !same_but_for_empties(find_member(object, "rules"), find_member(*current, "rules"));
    const bool aggregates =
        find_member(object, "aggregationRule") != nullptr &&
        (current == nullptr || !same_but_for_empties(find_member(object, "aggregationRule"),
                                                     find_member(*current, "aggregationRule")));
    if (context.rbac == nullptr || (!changes && !aggregates) ||
        may(context, "escalate", resource_, ns, name)) {
      return {};
    }
    PINTLE_TRY_STATUS(check_escalation(context, resource_, name, ns, auth::rules_of_role(object)));
    if (!aggregates) {
      return {};
    }
    // What is aggregated later can't be known now: only who holds everything may ask for it.
    const std::vector<auth::Rule> everything = {{.verbs = {"*"},
                                                 .api_groups = {"*"},
                                                 .resources = {"*"},
                                                 .resource_names = {},
                                                 .non_resource_urls = {}},
                                                {.verbs = {"*"},
                                                 .api_groups = {},
                                                 .resources = {},
                                                 .resource_names = {},
                                                 .non_resource_urls = {"*"}}};
    if (context.rbac->missing_to_grant(context.who, "", everything).empty()) {
      return {};
    }
    return Error(Code::kForbidden,
                 concat({resource_, ".", kGroup, " ", quoted(name),
                         " is forbidden: must have cluster-admin privileges to use the "
                         "aggregationRule"}));
  }

 private:
  bool namespaced_;
  std::string_view resource_;
};

class BindingStrategy final : public Strategy {
 public:
  explicit BindingStrategy(bool namespaced)
      : namespaced_(namespaced), resource_(namespaced ? "rolebindings" : "clusterrolebindings") {}

  NameFault check_name(std::string_view name) const override { return check_path_segment(name); }
  bool creates_on_update() const override { return true; }

  void apply_defaults(Json& object) const override {
    Json* subjects = find_path(object, {"subjects"});
    if (subjects == nullptr || !subjects->is_array()) {
      return;
    }
    for (Json& subject : subjects->get_array()) {
      const auto kind = text_at(subject, {"kind"});
      if ((kind == "User" || kind == "Group") && text_at(subject, {"apiGroup"}).empty()) {
        subject.get_object()["apiGroup"] = kGroup;
      }
    }
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_role_ref(object, namespaced_, causes);
    const JsonArray& subjects = array_at(object, {"subjects"});
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      validate_subject(subjects[i], item_path("subjects", i), causes);
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_create(context, next, causes);
    const Json* now = find_member(next, "roleRef");
    if (!same_at(next, current, {"roleRef"})) {
      causes.push_back(invalid_value("roleRef", now == nullptr ? "null" : to_json(*now),
                                     "cannot change roleRef"));
    }
  }

  Result<void> authorize_write(const StrategyContext& context, const Json& object,
                               const Json* current) const override {
    const auto ns = text_at(object, {"metadata", "namespace"});
    const auto role = text_at(object, {"roleRef", "name"});
    const bool in_namespace = text_at(object, {"roleRef", "kind"}) == "Role";
    const bool changes =
        current == nullptr || !same_at(object, *current, {"roleRef"}) ||
        !same_but_for_empties(find_member(object, "subjects"), find_member(*current, "subjects"));
    const std::string_view role_resource = in_namespace ? "roles" : "clusterroles";
    if (context.rbac == nullptr || !changes || may(context, "bind", role_resource, ns, role)) {
      return {};
    }
    const auto found =
        context.store.get({concat({role_resource, ".", kGroup}),
                           in_namespace ? std::string(ns) : std::string(), std::string(role)});
    if (found == nullptr) {
      return not_found(concat({role_resource, ".", kGroup}), role);
    }
    return check_escalation(context, resource_, text_at(object, {"metadata", "name"}), ns,
                            auth::rules_of_role(found->tree()));
  }

 private:
  bool namespaced_;
  std::string_view resource_;
};

}  // namespace

const Strategy& role_strategy() {
  static const RoleStrategy strategy(true);
  return strategy;
}

const Strategy& cluster_role_strategy() {
  static const RoleStrategy strategy(false);
  return strategy;
}

const Strategy& role_binding_strategy() {
  static const BindingStrategy strategy(true);
  return strategy;
}

const Strategy& cluster_role_binding_strategy() {
  static const BindingStrategy strategy(false);
  return strategy;
}

}  // namespace pintle::registry
