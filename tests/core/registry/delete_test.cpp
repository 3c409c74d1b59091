// What a delete leaves for the garbage collector: finalizers, by the request, the object, the kind.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

constexpr const char* kConfigMap = "/api/v1/namespaces/default/configmaps/a";
constexpr const char* kJob = "/apis/batch/v1/namespaces/default/jobs/j";

std::string finalizers_of(const Heard& heard) {
  return to_json(Json(array_at(heard.json(), {"metadata", "finalizers"})));
}

struct OneOfEach : Cluster {
  OneOfEach() {
    make_config_map("a");
    BOOST_TEST_REQUIRE(
        post("/apis/batch/v1/namespaces/default/jobs",
             R"({"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never",
             "containers":[{"name":"c","image":"i"}]}}}})")
            .status == 201);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_delete_with_dependents, OneOfEach)

BOOST_AUTO_TEST_CASE(in_the_foreground_leaves_the_object_until_they_are_gone) {
  const auto marked = erase(std::string(kConfigMap) + "?propagationPolicy=Foreground");

  BOOST_TEST(marked.status == 200);
  BOOST_TEST(finalizers_of(marked) == R"(["foregroundDeletion"])");
  BOOST_TEST(marked.text({"metadata", "deletionTimestamp"}) == "2026-11-23T19:00:00Z");
  BOOST_TEST(find_path(marked.json(), {"metadata", "deletionGracePeriodSeconds"})->as_int64() == 0);
  patch(kConfigMap, "merge", R"({"metadata":{"finalizers":null}})");
  BOOST_TEST(get(kConfigMap).status == 404);
}

BOOST_AUTO_TEST_CASE(that_orphans_leaves_the_object_until_they_are_free) {
  const auto by_policy = erase(kConfigMap, R"({"propagationPolicy":"Orphan"})");
  const auto deprecated = erase(kJob, R"({"orphanDependents":true})");

  BOOST_TEST(finalizers_of(by_policy) == R"(["orphan"])");
  BOOST_TEST(finalizers_of(deprecated) == R"(["orphan"])");
}

BOOST_AUTO_TEST_CASE(in_the_background_is_done_at_once) {
  erase(kConfigMap, R"({"propagationPolicy":"Background"})");
  erase(kJob, R"({"orphanDependents":false})");

  BOOST_TEST(get(kConfigMap).status == 404);
  BOOST_TEST(get(kJob).status == 404);
}

BOOST_AUTO_TEST_CASE(that_asks_nothing_does_as_the_kind_does) {
  const auto config = erase(kConfigMap);
  const auto job = erase(kJob);

  BOOST_TEST(config.text({"status"}) == "Success");
  BOOST_TEST(finalizers_of(job) == R"(["orphan"])");
  BOOST_TEST_REQUIRE(job.warnings().size() == 1U);
  BOOST_TEST(job.warnings().front().find("child pods are preserved by default when jobs are") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_asks_nothing_does_as_the_object_says) {
  patch(kConfigMap, "merge", R"({"metadata":{"finalizers":["foregroundDeletion"]}})");

  const auto marked = erase(kConfigMap);

  BOOST_TEST(finalizers_of(marked) == R"(["foregroundDeletion"])");
}

BOOST_AUTO_TEST_CASE(says_last_what_is_done) {
  erase(kConfigMap, R"({"propagationPolicy":"Foreground"})");

  const auto orphans = erase(kConfigMap, R"({"propagationPolicy":"Orphan"})");
  const auto same = erase(kConfigMap, R"({"propagationPolicy":"Orphan"})");
  const auto background = erase(kConfigMap, R"({"propagationPolicy":"Background"})");

  BOOST_TEST(finalizers_of(orphans) == R"(["orphan"])");
  BOOST_TEST(same.version() == orphans.version());
  BOOST_TEST(background.text({"status"}) == "Success");
  BOOST_TEST(get(kConfigMap).status == 404);
}

BOOST_AUTO_TEST_CASE(keeps_finalizers_of_others) {
  patch(kConfigMap, "merge", R"({"metadata":{"finalizers":["x.io/holds","orphan"]}})");

  const auto marked = erase(kConfigMap, R"({"propagationPolicy":"Background"})");

  BOOST_TEST(finalizers_of(marked) == R"(["x.io/holds"])");
}

BOOST_AUTO_TEST_CASE(refuses_two_ways_at_once_and_ways_there_are_none_of) {
  const auto both = erase(kConfigMap, R"({"propagationPolicy":"Orphan","orphanDependents":true})");
  const auto unknown = erase(kConfigMap, R"({"propagationPolicy":"Sideways"})");

  BOOST_TEST(both.status == 422);
  BOOST_TEST(both.message() ==
             "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Invalid value: "
             "\"Orphan\": orphanDependents and deletionPropagation cannot be both set");
  BOOST_TEST(unknown.status == 422);
  BOOST_TEST(unknown.message() ==
             "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: "
             "\"Sideways\": supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"");
  BOOST_TEST(get(kConfigMap).status == 200);
}

BOOST_AUTO_TEST_CASE(of_a_dry_run_marks_nothing) {
  const auto tried = erase(kConfigMap, R"({"propagationPolicy":"Foreground","dryRun":["All"]})");

  BOOST_TEST(finalizers_of(tried) == R"(["foregroundDeletion"])");
  BOOST_TEST(finalizers_of(get(kConfigMap)) == "[]");
}

BOOST_AUTO_TEST_CASE(of_a_collection_marks_each) {
  make_config_map("b");

  erase("/api/v1/namespaces/default/configmaps", R"({"propagationPolicy":"Foreground"})");

  BOOST_TEST(finalizers_of(get(kConfigMap)) == R"(["foregroundDeletion"])");
  BOOST_TEST(finalizers_of(get("/api/v1/namespaces/default/configmaps/b")) ==
             R"(["foregroundDeletion"])");
}

BOOST_AUTO_TEST_CASE(leaves_a_namespace_to_its_own_controller) {
  post("/api/v1/namespaces", R"({"metadata":{"name":"n"}})");

  const auto going = erase("/api/v1/namespaces/n", R"({"propagationPolicy":"Foreground"})");

  BOOST_TEST(finalizers_of(going) == "[]");
  BOOST_TEST(going.text({"status", "phase"}) == "Terminating");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
