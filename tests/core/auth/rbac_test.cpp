// RBAC: matching, bindings, changes, escalation (T-Z01, T-Z02, T-Z03, T-Z04).

#include <boost/test/unit_test.hpp>

#include "core/auth/authorizer.hpp"
#include "core/object/yaml.hpp"

namespace pintle::auth {
namespace {

/// An object as the store has it, from YAML.
ObjectPtr object_of(std::string_view yaml, Revision revision) {
  const auto parsed = parse_yaml_document(yaml);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.error().message));
  const Json& json = parsed.value().value;
  const std::map<std::string_view, std::string> plurals = {
      {"Role", "roles"},
      {"ClusterRole", "clusterroles"},
      {"RoleBinding", "rolebindings"},
      {"ClusterRoleBinding", "clusterrolebindings"}};
  const Key key{plurals.at(text_at(json, {"kind"})) + ".rbac.authorization.k8s.io",
                std::string(text_at(json, {"metadata", "namespace"})),
                std::string(text_at(json, {"metadata", "name"}))};
  Draft draft;
  draft.head = R"({"metadata":{)";
  draft.tail = R"("uid":"u"},)" + to_json(json).substr(1);
  return std::make_shared<const Object>(key, revision, draft);
}

struct House {
  std::unique_ptr<Rbac> rbac = Rbac::make();
  Revision revision = 0;

  void put(std::string_view yaml) {
    rbac->apply({.type = Event::Type::kAdded, .object = object_of(yaml, ++revision)});
  }
  void remove(std::string_view yaml) {
    const auto object = object_of(yaml, ++revision);
    rbac->apply({.type = Event::Type::kDeleted, .object = object, .previous = object});
  }
  Decision decide(const Identity& who, const Attributes& what) const {
    return rbac->allow(who, what);
  }
  bool may(const std::string& verb, const std::string& resource, const std::string& ns = "web",
           const std::string& name = "", const std::string& subresource = "") const {
    return decide({.user = "joe", .groups = {"users", "system:authenticated"}},
                  {.verb = verb,
                   .is_resource = true,
                   .resource = resource,
                   .subresource = subresource,
                   .ns = ns,
                   .name = name})
        .allowed;
  }
  bool may_path(const std::string& path, const std::string& verb = "get") const {
    return decide({.user = "joe"}, {.verb = verb, .path = path}).allowed;
  }
  /// Binds joe, everywhere, to a role of one rule.
  void grant(const std::string& rule) {
    put("{kind: ClusterRole, metadata: {name: r}, rules: [" + rule + "]}");
    put("{kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: ClusterRole, name: r}, "
        "subjects: [{kind: User, name: joe}]}");
  }
};

// T-Z03
BOOST_FIXTURE_TEST_SUITE(a_rule, House)

BOOST_AUTO_TEST_CASE(of_a_resource_is_not_of_its_subresources) {
  grant("{verbs: [get, create], apiGroups: [''], resources: [pods]}");

  BOOST_TEST(may("get", "pods"));
  BOOST_TEST(!may("create", "pods", "web", "p", "exec"));
  BOOST_TEST(!may("delete", "pods"));
  BOOST_TEST(!may("get", "pod"));
}

BOOST_AUTO_TEST_CASE(of_a_subresource_is_not_of_its_resource) {
  grant("{verbs: [get], apiGroups: [''], resources: [pods/log, '*/scale']}");

  BOOST_TEST(may("get", "pods", "web", "p", "log"));
  BOOST_TEST(!may("get", "pods"));
  BOOST_TEST(may("get", "anything", "web", "x", "scale"));
  BOOST_TEST(!may("get", "anything", "web", "x", "status"));
  BOOST_TEST(!may("get", "anything"));
}

BOOST_AUTO_TEST_CASE(takes_no_star_but_the_documented_ones) {
  grant("{verbs: [get], apiGroups: [''], resources: ['pods/*', 'sec*']}");

  BOOST_TEST(!may("get", "pods", "web", "p", "exec"));
  BOOST_TEST(!may("get", "secrets"));
}

BOOST_AUTO_TEST_CASE(with_a_star_covers_subresources_too) {
  grant("{verbs: ['*'], apiGroups: ['*'], resources: ['*']}");

  BOOST_TEST(may("anything", "pods", "web", "p", "exec"));
  BOOST_TEST(!may_path("/metrics"));
}

BOOST_AUTO_TEST_CASE(of_names_covers_those_only_and_nothing_nameless) {
  grant("{verbs: ['*'], apiGroups: [''], resources: [secrets], resourceNames: [a, b]}");

  BOOST_TEST(may("get", "secrets", "web", "a"));
  BOOST_TEST(!may("get", "secrets", "web", "c"));
  BOOST_TEST(!may("list", "secrets"));
  BOOST_TEST(!may("create", "secrets"));
  BOOST_TEST(!may("deletecollection", "secrets"));
}

BOOST_AUTO_TEST_CASE(of_one_group_is_not_of_another) {
  grant("{verbs: [get], apiGroups: [apps], resources: [pods]}");
  BOOST_TEST(!may("get", "pods"));
}

// T-Z04
BOOST_AUTO_TEST_CASE(of_paths_matches_whole_ones_or_a_trailing_star) {
  grant("{verbs: [get], nonResourceURLs: [/healthz, '/logs/*', '/a*b']}");

  BOOST_TEST(may_path("/healthz"));
  BOOST_TEST(!may_path("/healthz/etcd"));
  BOOST_TEST(!may_path("/health"));
  BOOST_TEST(may_path("/logs/x/y"));
  BOOST_TEST(!may_path("/logs"));
  BOOST_TEST(!may_path("/axb"));
  BOOST_TEST(!may_path("/healthz", "post"));
  BOOST_TEST(!may("get", "pods"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_binding, House)

BOOST_AUTO_TEST_CASE(in_a_namespace_holds_there_only) {
  put("{kind: Role, metadata: {name: r, namespace: web}, rules: [{verbs: [get], apiGroups: [''], "
      "resources: [pods]}]}");
  put("{kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: Role, name: r}, "
      "subjects: [{kind: Group, name: users}]}");

  BOOST_TEST(may("get", "pods", "web"));
  BOOST_TEST(!may("get", "pods", "other"));
  BOOST_TEST(!may("get", "pods", ""));
}

BOOST_AUTO_TEST_CASE(in_a_namespace_gives_no_paths) {
  put("{kind: ClusterRole, metadata: {name: r}, rules: [{verbs: ['*'], nonResourceURLs: ['*']}]}");
  put("{kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: ClusterRole, name: "
      "r}, subjects: [{kind: User, name: joe}]}");
  BOOST_TEST(!may_path("/metrics"));
}

BOOST_AUTO_TEST_CASE(of_a_service_account_takes_its_own_namespace_where_none_is_named) {
  put("{kind: ClusterRole, metadata: {name: r}, rules: [{verbs: [get], apiGroups: [''], resources: "
      "[pods]}]}");
  put("{kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: ClusterRole, name: "
      "r}, subjects: [{kind: ServiceAccount, name: bot}, {kind: ServiceAccount, name: far, "
      "namespace: ops}]}");
  const Attributes what{.verb = "get", .is_resource = true, .resource = "pods", .ns = "web"};

  BOOST_TEST(decide({.user = "system:serviceaccount:web:bot"}, what).allowed);
  BOOST_TEST(decide({.user = "system:serviceaccount:ops:far"}, what).allowed);
  BOOST_TEST(!decide({.user = "system:serviceaccount:ops:bot"}, what).allowed);
}

BOOST_AUTO_TEST_CASE(says_why_it_allowed) {
  put("{kind: ClusterRole, metadata: {name: view}, rules: [{verbs: [get], apiGroups: [''], "
      "resources: [pods]}]}");
  put("{kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: ClusterRole, name: "
      "view}, subjects: [{kind: Group, name: users}]}");

  const auto decision =
      decide({.user = "joe", .groups = {"users"}},
             {.verb = "get", .is_resource = true, .resource = "pods", .ns = "web"});

  BOOST_TEST(decision.reason ==
             R"(RBAC: allowed by RoleBinding "b/web" of ClusterRole "view" to Group "users")");
}

// T-Z02
BOOST_AUTO_TEST_CASE(to_a_role_that_is_not_there_gives_nothing_and_says_so) {
  put("{kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: ClusterRole, name: late}, "
      "subjects: [{kind: User, name: joe}]}");
  const Attributes what{.verb = "get", .is_resource = true, .resource = "pods"};
  BOOST_TEST(decide({.user = "joe"}, what).reason ==
             R"(RBAC: clusterrole.rbac.authorization.k8s.io "late" not found)");

  put("{kind: ClusterRole, metadata: {name: late}, rules: [{verbs: [get], apiGroups: [''], "
      "resources: [pods]}]}");

  BOOST_TEST(may("get", "pods"));
}

BOOST_AUTO_TEST_CASE(that_changed_or_went_holds_no_more) {
  const std::string role =
      "{kind: ClusterRole, metadata: {name: r}, rules: [{verbs: [get], apiGroups: [''], resources: "
      "[pods]}]}";
  const auto binding = [](const std::string& user) {
    return "{kind: ClusterRoleBinding, metadata: {name: b}, roleRef: {kind: ClusterRole, name: r}, "
           "subjects: [{kind: User, name: " +
           user + "}, {kind: User, name: ann}]}";
  };
  put(role);
  put(binding("joe"));
  BOOST_TEST(may("get", "pods"));
  put(binding("jim"));
  BOOST_TEST(!may("get", "pods"));
  put(binding("joe"));
  put(binding("joe"));  // Seen twice, as after a second list.
  remove(binding("joe"));
  BOOST_TEST(!may("get", "pods"));
  put(binding("joe"));
  remove(role);
  BOOST_TEST(!may("get", "pods"));
}

BOOST_AUTO_TEST_CASE(among_ten_thousand_is_found) {
  put("{kind: ClusterRole, metadata: {name: r}, rules: [{verbs: [get], apiGroups: [''], resources: "
      "[pods]}]}");
  for (int i = 0; i < 2'000; ++i) {
    put("{kind: RoleBinding, metadata: {name: b" + std::to_string(i) + ", namespace: n" +
        std::to_string(i % 50) +
        "}, roleRef: {kind: ClusterRole, name: r}, subjects: [{kind: "
        "User, name: u" +
        std::to_string(i) + "}]}");
  }
  const Attributes what{.verb = "get", .is_resource = true, .resource = "pods", .ns = "n7"};

  BOOST_TEST(decide({.user = "u107"}, what).allowed);
  BOOST_TEST(!decide({.user = "u108"}, what).allowed);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_member_of_system_masters, House)

BOOST_AUTO_TEST_CASE(may_do_everything_without_a_binding) {
  const Identity master{.user = "x", .groups = {"system:masters"}};
  BOOST_TEST(decide(master, {.verb = "delete", .is_resource = true, .resource = "nodes"}).allowed);
  BOOST_TEST(decide(master, {.verb = "get", .path = "/metrics"}).allowed);
  BOOST_TEST(!decide({.user = "system:masters"}, {.verb = "get", .path = "/metrics"}).allowed);
}

BOOST_AUTO_TEST_SUITE_END()

// T-Z01
BOOST_FIXTURE_TEST_SUITE(granting, House)

BOOST_AUTO_TEST_CASE(what_one_does_not_hold_is_listed_as_kubernetes_lists_it) {
  grant("{verbs: [get, list], apiGroups: [''], resources: [pods]}");
  const Rule secrets{
      .verbs = {"get", "list"}, .api_groups = {""}, .resources = {"pods", "secrets"}};
  const Rule paths{.verbs = {"get"}, .non_resource_urls = {"/metrics"}};
  const Rule names{.verbs = {"*"},
                   .api_groups = {"apps"},
                   .resources = {"deployments/scale"},
                   .resource_names = {"a"}};

  const auto missing = rbac->missing_to_grant({.user = "joe"}, "web", {secrets, paths, names});

  const std::vector<std::string> expected = {
      R"({APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]})",
      R"({APIGroups:["apps"], Resources:["deployments/scale"], ResourceNames:["a"], Verbs:["*"]})",
      R"({NonResourceURLs:["/metrics"], Verbs:["get"]})"};
  BOOST_TEST(missing == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_one_holds_by_stars_or_by_many_rules_is_fine) {
  grant(
      "{verbs: ['*'], apiGroups: [apps], resources: ['*']}, {verbs: [get], apiGroups: [''], "
      "resources: ['*/scale', pods]}, {verbs: [list], apiGroups: [''], resources: [pods]}, {verbs: "
      "['*'], nonResourceURLs: ['/a/*']}");
  const std::vector<Rule> wanted = {
      {.verbs = {"*"}, .api_groups = {"apps"}, .resources = {"*", "deployments/scale"}},
      {.verbs = {"get", "list"}, .api_groups = {""}, .resources = {"pods"}},
      {.verbs = {"get"}, .api_groups = {""}, .resources = {"things/scale"}},
      {.verbs = {"get"}, .api_groups = {""}, .resources = {"pods"}, .resource_names = {"x"}},
      {.verbs = {"put"}, .non_resource_urls = {"/a/b", "/a/*"}}};

  BOOST_TEST(rbac->missing_to_grant({.user = "joe"}, "web", wanted).empty());
}

BOOST_AUTO_TEST_CASE(more_than_a_name_or_a_verb_or_a_path_one_holds_is_missing) {
  grant(
      "{verbs: [get], apiGroups: [''], resources: [pods], resourceNames: [a]}, {verbs: [get], "
      "nonResourceURLs: ['/a']}");
  const auto is_missing = [&](const Rule& rule) {
    return rbac->missing_to_grant({.user = "joe"}, "", {rule}).size() == 1;
  };

  BOOST_TEST(is_missing({.verbs = {"get"}, .api_groups = {""}, .resources = {"pods"}}));
  BOOST_TEST(is_missing(
      {.verbs = {"*"}, .api_groups = {""}, .resources = {"pods"}, .resource_names = {"a"}}));
  BOOST_TEST(is_missing({.verbs = {"get"}, .non_resource_urls = {"*"}}));
  BOOST_TEST(is_missing({.verbs = {"get"}, .non_resource_urls = {"/a*"}}));
}

BOOST_AUTO_TEST_CASE(in_a_namespace_counts_what_is_held_there) {
  put("{kind: ClusterRole, metadata: {name: r}, rules: [{verbs: [get], apiGroups: [''], resources: "
      "[pods]}]}");
  put("{kind: RoleBinding, metadata: {name: b, namespace: web}, roleRef: {kind: ClusterRole, name: "
      "r}, subjects: [{kind: User, name: joe}]}");
  const Rule pods{.verbs = {"get"}, .api_groups = {""}, .resources = {"pods"}};

  BOOST_TEST(rbac->missing_to_grant({.user = "joe"}, "web", {pods}).empty());
  BOOST_TEST(rbac->missing_to_grant({.user = "joe"}, "ops", {pods}).size() == 1U);
  BOOST_TEST(rbac->missing_to_grant({.user = "joe"}, "", {pods}).size() == 1U);
  BOOST_TEST(rbac->rules_of({.user = "joe"}, "web").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::auth
