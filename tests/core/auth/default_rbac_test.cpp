// What the default roles allow, as a table of questions (T-Z12, T-Z03, T-Z04).

#include <set>

#include <boost/test/unit_test.hpp>

#include "core/auth/authorizer.hpp"

namespace pintle::auth {
namespace {

std::string plural_of(std::string_view kind) {
  std::string plural;
  for (const char c : kind) {
    plural += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return plural + "s.rbac.authorization.k8s.io";
}

ObjectPtr object_of(const Json& json, Revision revision) {
  Draft draft;
  draft.head = R"({"metadata":{)";
  draft.tail = R"("uid":"u"},)" + to_json(json).substr(1);
  return std::make_shared<const Object>(
      Key{plural_of(text_at(json, {"kind"})), std::string(text_at(json, {"metadata", "namespace"})),
          std::string(text_at(json, {"metadata", "name"}))},
      revision, draft);
}

Json binding_of(const std::string& role) {
  return {{"kind", "RoleBinding"},
          {"metadata", {{"name", role}, {"namespace", "web"}}},
          {"roleRef", {{"kind", "ClusterRole"}, {"name", role}}},
          {"subjects", JsonArray{{{"kind", "User"}, {"name", role}}}}};
}

/// The default objects, and users admin, edit and view bound to those roles in namespace "web".
struct Fresh {
  std::unique_ptr<Rbac> rbac = Rbac::make();
  std::vector<Json> objects = default_rbac_objects();

  Fresh() {
    Revision revision = 0;
    for (const auto& object : objects) {
      rbac->apply({.type = Event::Type::kAdded, .object = object_of(object, ++revision)});
    }
    for (const char* role : {"admin", "edit", "view"}) {
      rbac->apply({.type = Event::Type::kAdded, .object = object_of(binding_of(role), ++revision)});
    }
  }

  static Identity identity_of(const std::string& user) {
    Identity who{.user = user, .groups = {"system:authenticated"}};
    if (user == "system:anonymous") {
      who.groups = {"system:unauthenticated"};
    } else if (user.starts_with("system:node:")) {
      who.groups.emplace_back("system:nodes");
    } else if (user.starts_with("system:serviceaccount:")) {
      who.groups.emplace_back("system:serviceaccounts");
    }
    return who;
  }
};

struct Question {
  bool allowed;
  std::string user;
  std::string verb;
  std::string what;  // "group/resource/subresource", group "core"; or a path.
  std::string ns;
  std::string name;
};

std::ostream& operator<<(std::ostream& out, const Question& q) {
  return out << q.user << " " << q.verb << " " << q.what << " in '" << q.ns << "' " << q.name;
}

Attributes attributes_of(const Question& q) {
  Attributes what{.verb = q.verb, .ns = q.ns, .name = q.name};
  if (q.what.starts_with('/')) {
    what.path = q.what;
    return what;
  }
  what.is_resource = true;
  const auto first = q.what.find('/');
  const auto second = q.what.find('/', first + 1);
  what.group = q.what.substr(0, first) == "core" ? "" : q.what.substr(0, first);
  what.resource = q.what.substr(first + 1, second - first - 1);
  what.subresource = second == std::string::npos ? "" : q.what.substr(second + 1);
  return what;
}

constexpr const char* kRbacGroup = "rbac.authorization.k8s.io";
const std::string kSa = "system:serviceaccount:kube-system:";

const std::vector<Question> kQuestions = {
    // view: reads, but nothing that holds secrets or gives rights.
    {true, "view", "get", "core/pods", "web", "p"},
    {true, "view", "list", "core/pods", "web", ""},
    {true, "view", "watch", "apps/deployments", "web", ""},
    {true, "view", "get", "core/pods/log", "web", "p"},
    {true, "view", "get", "core/configmaps", "web", "c"},
    {true, "view", "get", "core/namespaces", "web", "web"},
    {true, "view", "list", "core/serviceaccounts", "web", ""},
    {true, "view", "get", "apps/deployments/scale", "web", "d"},
    {true, "view", "list", "discovery.k8s.io/endpointslices", "web", ""},
    {false, "view", "get", "core/secrets", "web", "s"},
    {false, "view", "list", "core/secrets", "web", ""},
    {false, "view", "watch", "core/secrets", "web", ""},
    {false, "view", "get", "core/pods/exec", "web", "p"},
    {false, "view", "get", "core/pods/proxy", "web", "p"},
    {false, "view", "create", "core/pods", "web", ""},
    {false, "view", "delete", "core/pods", "web", "p"},
    {false, "view", "list", std::string(kRbacGroup) + "/roles", "web", ""},
    {false, "view", "create", "core/serviceaccounts/token", "web", "bot"},
    {false, "view", "impersonate", "core/serviceaccounts", "web", "bot"},
    {false, "view", "get", "core/pods", "other", "p"},
    {false, "view", "list", "core/pods", "", ""},
    {false, "view", "get", "core/nodes", "", "n"},
    // edit: works in the namespace, gives no rights.
    {true, "edit", "get", "core/pods", "web", "p"},
    {true, "edit", "create", "core/pods", "web", ""},
    {true, "edit", "deletecollection", "core/pods", "web", ""},
    {true, "edit", "create", "core/pods/exec", "web", "p"},
    {true, "edit", "create", "core/pods/portforward", "web", "p"},
    {true, "edit", "create", "core/pods/eviction", "web", "p"},
    {true, "edit", "get", "core/secrets", "web", "s"},
    {true, "edit", "create", "core/serviceaccounts/token", "web", "bot"},
    {true, "edit", "patch", "apps/deployments/scale", "web", "d"},
    {true, "edit", "update", "batch/cronjobs", "web", "c"},
    {true, "edit", "create", "networking.k8s.io/networkpolicies", "web", ""},
    {true, "edit", "update", "coordination.k8s.io/leases", "web", "l"},
    {false, "edit", "get", std::string(kRbacGroup) + "/roles", "web", "r"},
    {false, "edit", "create", std::string(kRbacGroup) + "/rolebindings", "web", ""},
    {false, "edit", "update", "core/pods/status", "web", "p"},
    {false, "edit", "create", "core/resourcequotas", "web", ""},
    {false, "edit", "create", "core/limitranges", "web", ""},
    {false, "edit", "delete", "core/namespaces", "web", "web"},
    // Who may update a namespace may lower its Pod Security Standard (T-M06).
    {false, "edit", "update", "core/namespaces", "web", "web"},
    {false, "edit", "patch", "core/namespaces", "web", "web"},
    {false, "admin", "update", "core/namespaces", "web", "web"},
    {false, "admin", "patch", "core/namespaces", "web", "web"},
    {false, "edit", "create", "core/pods/binding", "web", "p"},
    {false, "edit", "create", "core/bindings", "web", ""},
    {false, "edit", "create", "core/persistentvolumes", "", ""},
    {false, "edit", "create", "core/pods", "other", ""},
    // admin: gives rights inside the namespace, but not out of it.
    {true, "admin", "create", std::string(kRbacGroup) + "/roles", "web", ""},
    {true, "admin", "delete", std::string(kRbacGroup) + "/rolebindings", "web", "b"},
    {true, "admin", "create", "authorization.k8s.io/localsubjectaccessreviews", "web", ""},
    {true, "admin", "get", "core/secrets", "web", "s"},
    {true, "admin", "get", "core/resourcequotas", "web", "q"},
    {false, "admin", "escalate", std::string(kRbacGroup) + "/roles", "web", "r"},
    {false, "admin", "bind", std::string(kRbacGroup) + "/clusterroles", "web", "cluster-admin"},
    {false, "admin", "create", std::string(kRbacGroup) + "/clusterroles", "", ""},
    {false, "admin", "impersonate", "core/users", "", "root"},
    {false, "admin", "get", "core/nodes/proxy", "", "n"},
    {false, "admin", "create", "core/persistentvolumes", "", ""},
    {false, "admin", "update", "core/resourcequotas", "web", "q"},
    {false, "admin", "create", "core/serviceaccounts/token", "other", "bot"},
    // Everybody, and nobody.
    {true, "joe", "create", "authorization.k8s.io/selfsubjectaccessreviews", "", ""},
    {true, "joe", "create", "authorization.k8s.io/selfsubjectrulesreviews", "", ""},
    {true, "joe", "create", "authentication.k8s.io/selfsubjectreviews", "", ""},
    {true, "joe", "get", "/api", "", ""},
    {true, "joe", "get", "/apis/apps/v1", "", ""},
    {true, "joe", "get", "/openapi/v3", "", ""},
    {true, "joe", "get", "/version", "", ""},
    {false, "joe", "get", "/metrics", "", ""},
    {false, "joe", "get", "/debug/pprof/", "", ""},
    {false, "joe", "get", "/logs/", "", ""},
    {false, "joe", "get", "/configz", "", ""},
    {false, "joe", "post", "/api", "", ""},
    {false, "joe", "list", "core/namespaces", "", ""},
    {false, "joe", "create", "authorization.k8s.io/subjectaccessreviews", "", ""},
    {true, "system:anonymous", "get", "/healthz", "", ""},
    {true, "system:anonymous", "get", "/livez", "", ""},
    {true, "system:anonymous", "get", "/readyz", "", ""},
    {true, "system:anonymous", "get", "/version", "", ""},
    {false, "system:anonymous", "get", "/api", "", ""},
    {false, "system:anonymous", "get", "/healthz/etcd", "", ""},
    {false, "system:anonymous", "create", "authorization.k8s.io/selfsubjectaccessreviews", "", ""},
    {false, "system:anonymous", "list", "core/pods", "", ""},
    // The parts of the house.
    {true, "system:kube-scheduler", "create", "core/pods/binding", "web", "p"},
    {true, "system:kube-scheduler", "update", "core/pods/status", "web", "p"},
    {true, "system:kube-scheduler", "watch", "core/nodes", "", ""},
    {true, "system:kube-scheduler", "create", "events.k8s.io/events", "web", ""},
    {true, "system:kube-scheduler", "get", "coordination.k8s.io/leases", "kube-system",
     "kube-scheduler"},
    {false, "system:kube-scheduler", "update", "coordination.k8s.io/leases", "kube-system", "x"},
    {false, "system:kube-scheduler", "get", "core/secrets", "web", "s"},
    {false, "system:kube-scheduler", "create", "core/pods", "web", ""},
    {true, "system:node:n1", "create", "core/nodes", "", ""},
    {true, "system:node:n1", "patch", "core/nodes/status", "", "n1"},
    {true, "system:node:n1", "update", "coordination.k8s.io/leases", "kube-node-lease", "n1"},
    {true, "system:node:n1", "patch", "core/pods/status", "web", "p"},
    {true, "system:node:n1", "create", "core/serviceaccounts/token", "web", "bot"},
    {true, "system:node:n1", "delete", "core/pods", "web", "p"},
    {false, "system:node:n1", "create", "core/pods/exec", "web", "p"},
    {false, "system:node:n1", "delete", "core/nodes", "", "n2"},
    {false, "system:node:n1", "create", std::string(kRbacGroup) + "/clusterrolebindings", "", ""},
    {true, kSa + "namespace-controller", "deletecollection", "core/secrets", "web", ""},
    {true, kSa + "namespace-controller", "update", "core/namespaces/finalize", "", "web"},
    {true, kSa + "namespace-controller", "create", "core/serviceaccounts", "web", ""},
    {true, kSa + "namespace-controller", "create", "core/configmaps", "web", ""},
    {false, kSa + "namespace-controller", "create", "core/pods", "web", ""},
    {true, kSa + "node-controller", "patch", "core/nodes/status", "", "n1"},
    {true, kSa + "node-controller", "watch", "coordination.k8s.io/leases", "", ""},
    {true, kSa + "deployment-controller", "create", "apps/replicasets", "web", ""},
    {false, kSa + "deployment-controller", "create", "core/pods", "web", ""},
    {true, kSa + "disruption-controller", "get", "x.example/things/scale", "web", "t"},
    {false, kSa + "disruption-controller", "get", "x.example/things", "web", "t"},
    {true, kSa + "token-cleaner", "delete", "core/secrets", "kube-system", "s"},
    {false, kSa + "token-cleaner", "delete", "core/secrets", "web", "s"},
    {false, kSa + "default", "get", "core/secrets", "kube-system", "s"},
    {true, kSa + "default", "get", "/openid/v1/jwks", "", ""},
    {true, kSa + "admission", "get", "scheduling.k8s.io/priorityclasses", "", "high"},
};

BOOST_FIXTURE_TEST_SUITE(the_default_roles, Fresh)

BOOST_AUTO_TEST_CASE(answer_as_kubernetes_would) {
  for (const auto& question : kQuestions) {
    const auto decision = rbac->allow(identity_of(question.user), attributes_of(question));
    BOOST_TEST(decision.allowed == question.allowed, question << ": " << decision.reason);
  }
}

// T-Z12: whatever is added to them later.
BOOST_AUTO_TEST_CASE(for_a_namespace_hold_no_way_out_of_it) {
  const std::set<std::string> never = {"escalate", "bind", "approve", "sign", "*"};
  for (const char* role : {"view", "edit", "admin"}) {
    for (const auto& rule : rbac->rules_of({.user = role}, "web")) {
      for (const auto& verb : rule.verbs) {
        BOOST_TEST(!never.contains(verb), role << " may " << verb);
      }
      for (const auto& resource : rule.resources) {
        BOOST_TEST(!resource.starts_with("nodes"), role);
        BOOST_TEST(resource != "*", role);
        BOOST_TEST((std::string(role) != "view" || resource != "secrets"));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(for_a_namespace_each_hold_what_the_lesser_holds) {
  const auto rules = [&](const char* user) { return rbac->rules_of({.user = user}, "web"); };

  BOOST_TEST(rbac->missing_to_grant({.user = "edit"}, "web", rules("view")).empty());
  BOOST_TEST(rbac->missing_to_grant({.user = "admin"}, "web", rules("edit")).empty());
  BOOST_TEST(!rbac->missing_to_grant({.user = "edit"}, "web", rules("admin")).empty());
  BOOST_TEST(!rbac->missing_to_grant({.user = "view"}, "web", rules("edit")).empty());
}

BOOST_AUTO_TEST_CASE(come_once_each_marked_as_kubernetes_marks_them) {
  std::set<std::string> seen;
  for (const auto& object : objects) {
    const auto name = text_at(object, {"metadata", "name"});
    const auto id = std::string(text_at(object, {"kind"})) + "/" +
                    std::string(text_at(object, {"metadata", "namespace"})) + "/" +
                    std::string(name);
    BOOST_TEST(seen.insert(id).second, id);
    BOOST_TEST(text_at(object, {"metadata", "labels", "kubernetes.io/bootstrapping"}) ==
               "rbac-defaults");
    BOOST_TEST(text_at(object, {"metadata", "annotations",
                                "rbac.authorization.kubernetes.io/autoupdate"}) == "true");
    BOOST_TEST(text_at(object, {"apiVersion"}) == "rbac.authorization.k8s.io/v1");
    BOOST_TEST((find_member(object, "rules") != nullptr) !=
               (find_member(object, "subjects") != nullptr));
  }
  BOOST_TEST(seen.size() > 130U);
}

BOOST_AUTO_TEST_CASE(are_there_for_every_binding) {
  std::set<std::string> roles;
  for (const auto& object : objects) {
    if (find_member(object, "rules") != nullptr) {
      roles.insert(std::string(text_at(object, {"kind"})) + "/" +
                   std::string(text_at(object, {"metadata", "name"})));
    }
  }
  for (const auto& object : objects) {
    if (find_member(object, "roleRef") != nullptr) {
      const auto role = std::string(text_at(object, {"roleRef", "kind"})) + "/" +
                        std::string(text_at(object, {"roleRef", "name"}));
      BOOST_TEST(roles.contains(role), role);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
