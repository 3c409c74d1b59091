// Which pods go first when there are too many.

#include "plugins/controller_replica_set/ranking.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/client.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::controller_replica_set {
namespace {

/// A pod that is worth as much as any: placed, running, ready for an hour.
Json worthy() {
  return {{"metadata", {{"creationTimestamp", "2025-12-31T23:00:00Z"}}},
          {"spec", {{"nodeName", "n1"}}},
          {"status",
           {{"phase", "Running"},
            {"conditions", JsonArray{JsonObject{{"type", "Ready"},
                                                {"status", "True"},
                                                {"lastTransitionTime", "2025-12-31T23:00:00Z"}}}},
            {"containerStatuses", JsonArray{JsonObject{{"restartCount", 0}}}}}}};
}

struct Ranked {
  test::ManualClock clock;
  test::FakeHost host;
  sdk::Client client{host.host()};

  sdk::ObjectHandle pod(const std::string& name, const Json& object) {
    const std::string path = "/api/v1/namespaces/d/pods/" + name;
    host.put(path, object);
    return client.find({.resource = "pods", .ns = "d", .name = name});
  }
  /// Which of a worthy pod and this one goes first.
  std::string first(
      const Json& other, const CountOnNode& on_node = [](auto) { return 0; }) {
    // Handed over in both orders: the order of the list must not decide.
    const auto a = pod("worthy", worthy());
    const auto b = pod("other", other);
    const auto one = pods_to_delete({a, b}, 1, on_node, clock.now());
    const auto two = pods_to_delete({b, a}, 1, on_node, clock.now());
    BOOST_TEST(one.at(0).name() == two.at(0).name());
    return std::string(one.at(0).name());
  }
};

BOOST_FIXTURE_TEST_SUITE(of_two_pods, Ranked)

BOOST_AUTO_TEST_CASE(the_unassigned_goes_first) {
  Json other = worthy();
  other.at("spec").as_object().erase("nodeName");
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(the_pending_goes_first) {
  Json other = worthy();
  other.at("status").as_object()["phase"] = "Pending";
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(the_one_that_is_not_ready_goes_first_whatever_its_cost) {
  Json other = worthy();
  other.at("status").at("conditions").at(0).as_object()["status"] = "False";
  other.at("metadata").as_object()["annotations"] =
      JsonObject{{"controller.kubernetes.io/pod-deletion-cost", "1000"}};
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(the_cheaper_goes_first) {
  Json other = worthy();
  other.at("metadata").as_object()["annotations"] =
      JsonObject{{"controller.kubernetes.io/pod-deletion-cost", "-1"}};
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(the_one_with_more_company_on_its_node_goes_first) {
  Json other = worthy();
  other.at("spec").as_object()["nodeName"] = "n2";
  BOOST_TEST(first(other, [](auto node) { return node == "n2" ? 2U : 1U; }) == "other");
  BOOST_TEST(first(other, [](auto node) { return node == "n2" ? 1U : 2U; }) == "worthy");
}

BOOST_AUTO_TEST_CASE(the_one_ready_for_a_much_shorter_time_goes_first) {
  Json other = worthy();
  other.at("status").at("conditions").at(0).as_object()["lastTransitionTime"] =
      "2025-12-31T23:59:00Z";
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(of_one_magnitude_of_readiness_the_lower_uid_goes_first) {
  Json other = worthy();
  other.at("status").at("conditions").at(0).as_object()["lastTransitionTime"] =
      "2025-12-31T23:01:00Z";
  other.at("metadata").as_object()["uid"] = "zzz";
  BOOST_TEST(first(other) == "worthy");
}

BOOST_AUTO_TEST_CASE(the_one_that_restarted_more_goes_first) {
  Json other = worthy();
  other.at("status").at("containerStatuses").at(0).as_object()["restartCount"] = 3;
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_CASE(the_much_younger_goes_first) {
  Json other = worthy();
  other.at("metadata").as_object()["creationTimestamp"] = "2025-12-31T23:59:50Z";
  BOOST_TEST(first(other) == "other");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_replica_set
