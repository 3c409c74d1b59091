// What is said of a node, and how long a pod may stay on it.

#include "plugins/controller_node_lifecycle/health.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/object_table.hpp"
#include "plugins/controller_node_lifecycle/eviction.hpp"

namespace pintle::controller_node_lifecycle {
namespace {

Json json(std::string_view text) {
  return parse_json(text).value().value;
}

Json node_that_is(std::string_view ready) {
  return {
      {"status", {{"conditions", JsonArray{JsonObject{{"type", "Ready"}, {"status", ready}}}}}}};
}

BOOST_AUTO_TEST_SUITE(a_nodes_taints)

BOOST_AUTO_TEST_CASE(are_none_while_it_is_ready) {
  BOOST_TEST(wanted_taints(node_that_is("True"), true).empty());
}

BOOST_AUTO_TEST_CASE(say_that_it_is_not_ready) {
  const auto taints = wanted_taints(node_that_is("False"), true);

  BOOST_REQUIRE(taints.size() == 2U);
  BOOST_CHECK((taints[0] == Taint{"node.kubernetes.io/not-ready", "NoSchedule"}));
  BOOST_CHECK((taints[1] == Taint{"node.kubernetes.io/not-ready", "NoExecute"}));
}

BOOST_AUTO_TEST_CASE(move_no_pods_while_that_is_pointless) {
  const auto taints = wanted_taints(node_that_is("Unknown"), false);

  BOOST_REQUIRE(taints.size() == 1U);
  BOOST_CHECK((taints[0] == Taint{"node.kubernetes.io/unreachable", "NoSchedule"}));
}

BOOST_AUTO_TEST_CASE(say_that_somebody_cordoned_it) {
  const auto taints = wanted_taints(json(R"({"spec":{"unschedulable":true}})"), true);

  BOOST_REQUIRE(taints.size() == 1U);
  BOOST_TEST(taints[0].key == "node.kubernetes.io/unschedulable");
}

BOOST_AUTO_TEST_CASE(of_other_peoples_making_stay) {
  Json node = json(R"({"spec":{"taints":[{"key":"mine","effect":"NoExecute"},
      {"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}]}})");

  BOOST_TEST(set_taints(node, {}, "now"));

  BOOST_TEST(to_json(node) == R"({"spec":{"taints":[{"key":"mine","effect":"NoExecute"}]}})");
  BOOST_TEST(!set_taints(node, {}, "now"));
}

BOOST_AUTO_TEST_CASE(keep_the_time_they_were_put_there) {
  Json node = json(R"({"spec":{"taints":[{"key":"node.kubernetes.io/not-ready",
      "effect":"NoExecute","timeAdded":"then"}]}})");

  BOOST_TEST(!set_taints(node, {{"node.kubernetes.io/not-ready", "NoExecute"}}, "now"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_zone)

BOOST_AUTO_TEST_CASE(loses_one_nodes_pods_in_ten_seconds) {
  BOOST_CHECK((Zone{.ready = 9, .not_ready = 1}.pace() == std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(that_is_small_and_mostly_down_keeps_its_pods) {
  BOOST_CHECK((Zone{.ready = 2, .not_ready = 8}.pace() == std::nullopt));
}

BOOST_AUTO_TEST_CASE(that_is_large_and_mostly_down_is_left_slowly) {
  BOOST_CHECK((Zone{.ready = 20, .not_ready = 80}.pace() == std::chrono::seconds(100)));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_pod_on_a_tainted_node)

const WallTime kSince = *parse_rfc3339("2026-01-01T00:10:00Z");
const Json kNode = json(
    R"({"spec":{"taints":[{"key":"k","value":"v","effect":"NoExecute"},
        {"key":"z","effect":"NoSchedule"}]}})");

std::optional<WallTime> end_of(std::string_view tolerations) {
  const Json pod = json(R"({"spec":{"tolerations":)" + std::string(tolerations) + "}}");
  return must_go_at({&sdk::object_table(), sdk::to_value(&pod)},
                    {&sdk::object_table(), sdk::to_value(&kNode)}, kSince);
}

BOOST_AUTO_TEST_CASE(goes_at_once_if_it_does_not_tolerate_it) {
  BOOST_CHECK(end_of("[]") == kSince);
  BOOST_CHECK(end_of(R"([{"key":"k","value":"other","effect":"NoExecute"}])") == kSince);
  BOOST_CHECK(end_of(R"([{"key":"k","operator":"Exists","effect":"NoSchedule"}])") == kSince);
}

BOOST_AUTO_TEST_CASE(stays_if_it_tolerates_it) {
  BOOST_CHECK(end_of(R"([{"operator":"Exists"}])") == std::nullopt);
  BOOST_CHECK(end_of(R"([{"key":"k","operator":"Equal","value":"v"}])") == std::nullopt);
}

BOOST_AUTO_TEST_CASE(stays_for_as_long_as_it_tolerates_it) {
  const auto end = end_of(R"([{"key":"k","operator":"Exists","tolerationSeconds":300},
      {"key":"k","operator":"Exists","tolerationSeconds":100}])");

  BOOST_CHECK(end == parse_rfc3339("2026-01-01T00:11:40Z"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_node_lifecycle
