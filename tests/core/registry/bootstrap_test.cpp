// What a new cluster holds, and what a second start leaves alone.

#include "core/registry/bootstrap.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

Json parsed(std::string_view text) {
  return parse_json(text).value().value;
}

std::vector<Json> defaults() {
  return {parsed(R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
    "metadata":{"name":"reader","labels":{"kubernetes.io/bootstrapping":"rbac-defaults"},
    "annotations":{"rbac.authorization.kubernetes.io/autoupdate":"true"}},
    "rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]})")};
}

struct NewCluster : Cluster {
  bool starts() {
    const auto made = registry.bootstrap(defaults());
    BOOST_TEST(made.ok(), (made.ok() ? "" : made.error().message));
    return made.ok();
  }
};

BOOST_FIXTURE_TEST_SUITE(a_bootstrap, NewCluster)

BOOST_AUTO_TEST_CASE(makes_what_must_be_there) {
  BOOST_REQUIRE(starts());

  for (const auto* name : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    const auto found = get(std::string("/api/v1/namespaces/") + name);
    BOOST_TEST(found.text({"status", "phase"}) == "Active", name);
    BOOST_TEST(found.text({"metadata", "labels", "kubernetes.io/metadata.name"}) == name);
    BOOST_TEST(array_at(found.json(), {"spec", "finalizers"}).size() == 1U);
  }
  const auto service = get("/api/v1/namespaces/default/services/kubernetes");
  BOOST_TEST(service.text({"spec", "clusterIP"}) == "10.0.0.1");
  const auto critical = get("/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical");
  BOOST_TEST(integer_at(critical.json(), {"value"}).value_or(0) == 2'000'001'000);
  BOOST_TEST(get("/apis/rbac.authorization.k8s.io/v1/clusterroles/reader").status == 200);
}

BOOST_AUTO_TEST_CASE(waits_for_few_commits_and_the_second_time_for_none) {  // B15
  BOOST_REQUIRE(starts());
  const auto after = store->figures();
  BOOST_TEST(after.commit_groups < after.commits);

  BOOST_REQUIRE(starts());

  BOOST_TEST(store->figures().commits == after.commits);
}

BOOST_AUTO_TEST_CASE(refuses_a_service_range_that_is_none) {
  for (const auto* range : {"10.0.0.0", "x/8", "10.0.0/16", "10.0.0.0/0", "10.0.0.0/31",
                            "10.0.0.256/16", "fd00::/64"}) {
    registry::Registry other({.catalog = catalog,
                              .store = *store,
                              .bus = bus,
                              .admission = admission,
                              .service_cidr = range,
                              .timers = timers,
                              .clock = clock,
                              .log = null_log()});
    BOOST_TEST(!other.bootstrap({}).ok(), range);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_default_role)

BOOST_AUTO_TEST_CASE(gains_the_rules_it_lacks) {
  Json existing = parsed(R"({"metadata":{"name":"r"},
    "rules":[{"verbs":["list"],"apiGroups":["apps"],"resources":["deployments"]}]})");

  BOOST_TEST(registry::reconcile_rbac(existing, defaults()[0]));

  BOOST_TEST(existing.at("rules").as_array().size() == 2U);
  BOOST_TEST(text_at(existing, {"metadata", "labels", "kubernetes.io/bootstrapping"}) ==
             "rbac-defaults");
  BOOST_TEST(!registry::reconcile_rbac(existing, defaults()[0]));
}

BOOST_AUTO_TEST_CASE(with_wider_rules_needs_nothing) {
  Json existing = defaults()[0];
  existing.as_object()["rules"] =
      parsed(R"([{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}])");

  BOOST_TEST(!registry::reconcile_rbac(existing, defaults()[0]));
}

BOOST_AUTO_TEST_CASE(that_people_keep_is_left_alone) {
  Json existing = parsed(R"({"metadata":{"name":"r","annotations":
    {"rbac.authorization.kubernetes.io/autoupdate":"false"}},"rules":[]})");

  BOOST_TEST(!registry::reconcile_rbac(existing, defaults()[0]));
}

BOOST_AUTO_TEST_CASE(keeps_its_subjects_and_gains_missing_ones) {
  const Json wanted = parsed(R"({"metadata":{"name":"b"},
    "subjects":[{"kind":"Group","name":"system:masters"}]})");
  Json existing = parsed(R"({"metadata":{"name":"b"},"subjects":[{"kind":"User","name":"joe"}]})");

  BOOST_TEST(registry::reconcile_rbac(existing, wanted));

  BOOST_TEST(existing.at("subjects").as_array().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
