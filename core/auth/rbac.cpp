// RBAC: decisions from the index, and the index kept current by events.

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/auth/authorizer.hpp"
#include "core/auth/rbac_index.hpp"
#include "core/auth/rules.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle::auth {
namespace {

constexpr std::string_view kMasters = "system:masters";

bool is_master(const Identity& who) {
  return std::ranges::find(who.groups, kMasters) != who.groups.end();
}

std::vector<std::string> texts_of(const Json& rule, std::string_view key) {
  std::vector<std::string> texts;
  for (const auto& text : array_at(rule, {key})) {
    if (text.is_string()) {
      texts.emplace_back(text.get_string());
    }
  }
  return texts;
}

/// Who a binding's subject stands for; nothing for what names nobody.
struct Subject {
  SubjectKind kind;
  std::string name;
  std::string text;  // As reasons show it.
};

std::optional<Subject> subject_of(const Json& subject, std::string_view binding_ns) {
  const auto kind = text_at(subject, {"kind"});
  const auto name = text_at(subject, {"name"});
  if (kind == "User" || kind == "Group") {
    return Subject{kind == "User" ? SubjectKind::kUser : SubjectKind::kGroup, std::string(name),
                   concat({kind, " ", quoted(name)})};
  }
  auto ns = text_at(subject, {"namespace"});
  ns = ns.empty() ? binding_ns : ns;
  if (kind != "ServiceAccount" || ns.empty()) {
    return std::nullopt;
  }
  return Subject{SubjectKind::kUser, concat({"system:serviceaccount:", ns, ":", name}),
                 concat({kind, " ", quoted(concat({name, "/", ns}))})};
}

/// The grants of a RoleBinding (`ns` set) or ClusterRoleBinding, each with its key.
std::vector<std::pair<std::string, Grant>> grants_of(const Object& object,
                                                     const std::string& binding) {
  const Json& tree = object.tree();
  const auto role_kind = text_at(tree, {"roleRef", "kind"});
  const auto role_name = text_at(tree, {"roleRef", "name"});
  const bool is_cluster_role = role_kind == "ClusterRole";
  if (!is_cluster_role && (role_kind != "Role" || object.ns().empty())) {
    return {};
  }
  const std::string origin =
      object.ns().empty()
          ? concat({"ClusterRoleBinding ", quoted(object.name())})
          : concat({"RoleBinding ", quoted(concat({object.name(), "/", object.ns()}))});
  std::vector<std::pair<std::string, Grant>> grants;
  for (const auto& one : array_at(tree, {"subjects"})) {
    if (const auto subject = subject_of(one, object.ns())) {
      grants.emplace_back(grant_key(subject->kind, subject->name, object.ns()),
                          Grant{.binding = binding,
                                .role = role_key(is_cluster_role ? "" : object.ns(), role_name),
                                .reason = concat({origin, " of ", role_kind, " ", quoted(role_name),
                                                  " to ", subject->text})});
    }
  }
  return grants;
}

/// `clusterrole.rbac.authorization.k8s.io "x" not found`.
std::string not_found_text(const std::string& role) {
  const auto slash = role.find('/');
  const bool is_cluster_role = slash == 0;
  return concat({is_cluster_role ? "clusterrole" : "role", ".rbac.authorization.k8s.io ",
                 quoted(role.substr(slash + 1)), " not found"});
}

class IndexedRbac final : public Rbac {
 public:
  Decision allow(const Identity& who, const Attributes& what) const override {
    if (is_master(who)) {
      return {.allowed = true, .reason = ""};
    }
    const auto index = current();
    std::set<std::string> missing;
    const Grant* found = nullptr;
    visit(*index, who, what.is_resource ? std::string_view(what.ns) : "",
          [&](const Grant& grant, const Rules* rules) {
            if (rules == nullptr) {
              missing.insert(not_found_text(grant.role));
              return true;
            }
            if (std::ranges::any_of(*rules, [&](const Rule& rule) { return covers(rule, what); })) {
              found = &grant;
            }
            return found == nullptr;
          });
    if (found != nullptr) {
      return {.allowed = true, .reason = "RBAC: allowed by " + found->reason};
    }
    return {.allowed = false, .reason = refusal_reason(missing)};
  }

  std::vector<Rule> rules_of(const Identity& who, std::string_view ns) const override {
    std::vector<Rule> held;
    visit(*current(), who, ns, [&](const Grant&, const Rules* rules) {
      if (rules != nullptr) {
        held.insert(held.end(), rules->begin(), rules->end());
      }
      return true;
    });
    return held;
  }

  std::vector<std::string> missing_to_grant(const Identity& who, std::string_view ns,
                                            const std::vector<Rule>& rules) const override {
    if (is_master(who)) {
      return {};
    }
    std::set<std::string> texts;
    for (const auto& rule : missing_rules(rules_of(who, ns), rules)) {
      texts.insert(auth::to_text(rule));
    }
    return {texts.begin(), texts.end()};
  }

  void apply(const Event& event) override {
    const std::lock_guard lock(changing_);
    const Object& object = *event.object;
    const bool is_there = event.type != Event::Type::kDeleted;
    const auto& resource = object.resource();
    auto next = std::make_shared<RbacIndex>(*current());
    if (resource == "clusterroles.rbac.authorization.k8s.io" ||
        resource == "roles.rbac.authorization.k8s.io") {
      next->roles.set(
          role_key(object.ns(), object.name()),
          is_there ? std::make_shared<const Rules>(rules_of_role(object.tree())) : nullptr);
    } else if (resource == "clusterrolebindings.rbac.authorization.k8s.io" ||
               resource == "rolebindings.rbac.authorization.k8s.io") {
      replace_binding(*next, object, is_there);
    } else {
      return;
    }
    const std::lock_guard publishing(publishing_);
    index_ = std::move(next);
  }

 private:
  std::shared_ptr<const RbacIndex> current() const {
    const std::lock_guard lock(publishing_);
    return index_;
  }

  /// Calls `visit_one` for each grant of `who`, cluster-wide ones first, until it returns false.
  template <typename Visit>
  static void visit(const RbacIndex& index, const Identity& who, std::string_view ns,
                    Visit visit_one) {
    const auto visit_subject = [&](SubjectKind kind, std::string_view name,
                                   std::string_view in_ns) {
      const Grants* grants = index.grants.find(grant_key(kind, name, in_ns));
      return grants == nullptr || std::ranges::all_of(*grants, [&](const Grant& grant) {
               return visit_one(grant, index.roles.find(grant.role));
             });
    };
    const auto visit_level = [&](std::string_view in_ns) {
      return visit_subject(SubjectKind::kUser, who.user, in_ns) &&
             std::ranges::all_of(who.groups, [&](const auto& group) {
               return visit_subject(SubjectKind::kGroup, group, in_ns);
             });
    };
    if (visit_level("") && !ns.empty()) {
      visit_level(ns);
    }
  }

  static std::string refusal_reason(const std::set<std::string>& missing) {
    if (missing.empty()) {
      return {};
    }
    std::string list;
    for (const auto& text : missing) {
      list += (list.empty() ? "" : ", ") + text;
    }
    return missing.size() == 1 ? "RBAC: " + list : concat({"RBAC: [", list, "]"});
  }

  void replace_binding(RbacIndex& index, const Object& object, bool is_there) {
    const auto binding = concat({object.ns(), "/", object.name()});
    const auto before = keys_of_binding_.find(binding);
    if (before != keys_of_binding_.end()) {
      for (const auto& key : before->second) {
        change_grants(index, key, [&](Grants& grants) {
          std::erase_if(grants, [&](const Grant& grant) { return grant.binding == binding; });
        });
      }
      keys_of_binding_.erase(before);
    }
    if (!is_there) {
      return;
    }
    for (auto& [key, grant] : grants_of(object, binding)) {
      change_grants(index, key, [&](Grants& grants) { grants.push_back(std::move(grant)); });
      keys_of_binding_[binding].insert(key);
    }
  }

  template <typename Change>
  static void change_grants(RbacIndex& index, const std::string& key, Change change) {
    const Grants* there = index.grants.find(key);
    auto changed = there == nullptr ? Grants{} : *there;
    change(changed);
    index.grants.set(
        key, changed.empty() ? nullptr : std::make_shared<const Grants>(std::move(changed)));
  }

  std::mutex changing_;                                           // One apply at a time.
  std::map<std::string, std::set<std::string>> keys_of_binding_;  // Guarded by changing_.
  mutable std::mutex publishing_;                                 // Held for a pointer's copy only.
  std::shared_ptr<const RbacIndex> index_ = std::make_shared<RbacIndex>();
};

class AlwaysAllow final : public Authorizer {
 public:
  Decision allow(const Identity&, const Attributes&) const override {
    return {.allowed = true, .reason = "AlwaysAllow"};
  }

  std::vector<Rule> rules_of(const Identity&, std::string_view) const override {
    return {{.verbs = {"*"},
             .api_groups = {"*"},
             .resources = {"*"},
             .resource_names = {},
             .non_resource_urls = {}},
            {.verbs = {"*"},
             .api_groups = {},
             .resources = {},
             .resource_names = {},
             .non_resource_urls = {"*"}}};
  }
};

}  // namespace

std::string role_key(std::string_view ns, std::string_view name) {
  return concat({ns, "/", name});
}

std::string grant_key(SubjectKind kind, std::string_view subject, std::string_view ns) {
  const char letter = static_cast<char>(kind);
  return concat({std::string_view(&letter, 1), subject, std::string_view("\0", 1), ns});
}

std::unique_ptr<Rbac> Rbac::make() {
  return std::make_unique<IndexedRbac>();
}

std::unique_ptr<Authorizer> make_always_allow() {
  return std::make_unique<AlwaysAllow>();
}

std::vector<Rule> rules_of_role(const Json& role) {
  std::vector<Rule> rules;
  for (const auto& rule : array_at(role, {"rules"})) {
    rules.push_back({.verbs = texts_of(rule, "verbs"),
                     .api_groups = texts_of(rule, "apiGroups"),
                     .resources = texts_of(rule, "resources"),
                     .resource_names = texts_of(rule, "resourceNames"),
                     .non_resource_urls = texts_of(rule, "nonResourceURLs")});
  }
  return rules;
}

}  // namespace pintle::auth
