// Authorisation: may this identity do this? RBAC, from an index the bus keeps current.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/auth/identity.hpp"
#include "core/base/result.hpp"
#include "core/object/object.hpp"

namespace pintle::auth {

struct Decision {
  bool allowed = false;
  std::string reason;  // Why, for the audit log: 'RBAC: allowed by ClusterRoleBinding "x" of ...'.
};

/// One rule of a Role. Empty vectors match nothing. Source: rbac/v1 PolicyRule.
struct Rule {
  std::vector<std::string> verbs;
  std::vector<std::string> api_groups;
  std::vector<std::string> resources;
  std::vector<std::string> resource_names;
  std::vector<std::string> non_resource_urls;
};

/// Threads: every method may be called from any thread.
class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual Decision allow(const Identity& who, const Attributes& what) const = 0;
  /// Every rule `who` holds in `ns` (cluster-wide ones too): for SelfSubjectRulesReview and the
  /// escalation check.
  virtual std::vector<Rule> rules_of(const Identity& who, std::string_view ns) const = 0;
};

/// RBAC over Role, ClusterRole, RoleBinding and ClusterRoleBinding objects. Members of
/// system:masters may do everything, as in Kubernetes.
class Rbac : public Authorizer {
 public:
  static std::unique_ptr<Rbac> make();

  /// Takes in one object of an RBAC resource ("roles.rbac.authorization.k8s.io", ...), or its
  /// going.
  virtual void apply(const Event& event) = 0;

  /// May `who`, holding `rules_of`, grant `rules` in `ns`? Nothing if so, else the rules that are
  /// missing, worded as Kubernetes' escalation error lists them.
  virtual std::vector<std::string> missing_to_grant(const Identity& who, std::string_view ns,
                                                    const std::vector<Rule>& rules) const = 0;
};

/// Allows everything: only with an explicit `--authorization-mode=AlwaysAllow`.
std::unique_ptr<Authorizer> make_always_allow();

/// The rules of a Role or ClusterRole object.
std::vector<Rule> rules_of_role(const Json& role);

/// ClusterRoles, ClusterRoleBindings, Roles and RoleBindings that Kubernetes ships, as JSON
/// objects: the daemon reconciles them at start. Source: etc/rbac/*.yaml, compiled in.
std::vector<Json> default_rbac_objects();

}  // namespace pintle::auth
