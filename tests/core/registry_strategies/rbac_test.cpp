// Roles and bindings: nobody grants what they do not hold (T-Z01, T-Z02).

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "core/registry/strategy.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

constexpr const char* kRoles = "roles.rbac.authorization.k8s.io";
constexpr const char* kBindings = "rolebindings.rbac.authorization.k8s.io";
constexpr const char* kGroupPath = "/apis/rbac.authorization.k8s.io/v1";

struct Granting : test::Cluster {
  Granting() {
    alice.user = "alice";
    alice.groups = {"devs"};
    give("roles", "ns", "reader", R"("rules":[{"verbs":["get"],"apiGroups":[""],
                                               "resources":["pods"]}])");
    give("rolebindings", "ns", "reads", R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io",
        "kind":"Role","name":"reader"},"subjects":[{"kind":"User","name":"alice"}])");
  }

  void give(std::string_view plural, std::string_view ns, std::string_view name,
            std::string_view rest) {
    const api::Resource& resource = *catalog.find("rbac.authorization.k8s.io", "v1", plural);
    const Json object = json(
        concat({R"({"metadata":{"name":")", name, R"(","namespace":")", ns, R"("},)", rest, "}"}));
    rbac->apply({.type = Event::Type::kAdded,
                 .object = std::make_shared<const Object>(
                     Key{std::string(resource.storage), std::string(ns), std::string(name)}, 5,
                     api::to_draft(resource, object)),
                 .previous = nullptr});
  }

  static Json json(std::string_view text) { return parse_json(text).value().value; }

  Result<void> write(const char* storage, std::string_view text, const Json* current = nullptr) {
    const registry::StrategyContext context{
        .who = alice, .store = *store, .rbac = rbac.get(), .clock = clock};
    return registry::find_strategy(storage).authorize_write(context, json(text), current);
  }

  auth::Identity alice;
  std::unique_ptr<auth::Rbac> rbac = auth::Rbac::make();
};

constexpr std::string_view kSecrets = R"({"metadata":{"name":"r","namespace":"ns"},
    "rules":[{"verbs":["*"],"apiGroups":[""],"resources":["secrets"]}]})";

BOOST_FIXTURE_TEST_SUITE(granting, Granting)

BOOST_AUTO_TEST_CASE(of_what_one_holds_is_allowed) {
  BOOST_TEST(write(kRoles, R"({"metadata":{"name":"r","namespace":"ns"},
      "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})")
                 .ok());
}

BOOST_AUTO_TEST_CASE(of_more_is_forbidden_in_kubernetes_words) {
  const auto refused = write(kRoles, kSecrets);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == Code::kForbidden));
  BOOST_TEST(refused.error().message.starts_with(
      "roles.rbac.authorization.k8s.io \"r\" is forbidden: user \"alice\" (groups=[\"devs\"]) is "
      "attempting to grant RBAC permissions not currently held:\n"));
}

BOOST_AUTO_TEST_CASE(of_more_is_allowed_to_who_may_escalate) {
  give("roles", "ns", "escalates", R"("rules":[{"verbs":["escalate"],
      "apiGroups":["rbac.authorization.k8s.io"],"resources":["roles"]}])");
  give("rolebindings", "ns", "escalates", R"("roleRef":{"apiGroup":"rbac.authorization.k8s.io",
      "kind":"Role","name":"escalates"},"subjects":[{"kind":"User","name":"alice"}])");
  BOOST_TEST(write(kRoles, kSecrets).ok());
}

BOOST_AUTO_TEST_CASE(by_an_update_that_grants_nothing_new_is_allowed) {
  const Json current = json(kSecrets);
  BOOST_TEST(write(kRoles, kSecrets, &current).ok());
}

BOOST_AUTO_TEST_CASE(of_a_role_that_is_not_there_is_not_found) {
  const auto refused = write(kBindings, R"({"metadata":{"name":"b","namespace":"ns"},
      "roleRef":{"kind":"ClusterRole","name":"later"},"subjects":[]})");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(of_a_role_one_does_not_hold_is_forbidden) {
  post(std::string(kGroupPath) + "/clusterroles", R"({"metadata":{"name":"all"},
      "rules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}]})");
  const auto refused = write(kBindings, R"({"metadata":{"name":"b","namespace":"ns"},
      "roleRef":{"kind":"ClusterRole","name":"all"},"subjects":[]})");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().code == Code::kForbidden));
}

BOOST_AUTO_TEST_CASE(by_aggregation_needs_everything) {
  BOOST_TEST(!write("clusterroles.rbac.authorization.k8s.io", R"({"metadata":{"name":"a"},
      "aggregationRule":{"clusterRoleSelectors":[{}]}})")
                  .ok());
}

BOOST_AUTO_TEST_CASE(keeps_to_the_role_it_was_made_for) {
  const auto path = std::string(kGroupPath) + "/namespaces/default/rolebindings";
  const auto made = post(path, R"({"metadata":{"name":"b"},"subjects":[{"kind":"User","name":"j"}],
      "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"x"}})");
  BOOST_TEST(made.status == 201, made.body);
  const auto moved = patch(path + "/b", "merge", R"({"roleRef":{"name":"y"}})");
  BOOST_TEST(moved.status == 422);
  BOOST_TEST(moved.message().find("cannot change roleRef") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(by_rules_that_say_nothing_is_invalid) {
  const auto made = post(std::string(kGroupPath) + "/clusterroles",
                         R"({"metadata":{"name":"a"},"rules":[{"verbs":["get"]}]})");
  BOOST_TEST(made.status == 422);
  BOOST_TEST(
      made.message().find("rules[0].apiGroups: Required value: resource rules must supply at "
                          "least one api group") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
