// HorizontalPodAutoscalers and PodDisruptionBudgets: what they accept, and why not.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

struct Autoscalers : Refusals {
  Autoscalers()
      : Refusals("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
                 R"({"metadata":{"name":"web"},"spec":{"maxReplicas":5,"scaleTargetRef":{
                   "kind":"Deployment","name":"web","apiVersion":"apps/v1"}}})") {}

  std::string with_spec(const std::string& spec) { return create_with(R"({"spec":)" + spec + "}"); }
};

BOOST_FIXTURE_TEST_SUITE(an_autoscaler, Autoscalers)

BOOST_AUTO_TEST_CASE(goes_by_cpu_unless_told_otherwise) {
  const Json made = this->made();

  const JsonArray& metrics = array_at(made, {"spec", "metrics"});
  BOOST_REQUIRE(metrics.size() == 1U);
  BOOST_TEST(integer_at(metrics[0], {"resource", "target", "averageUtilization"}).value_or(0) ==
             80);
  BOOST_TEST(find_path(made, {"spec", "behavior"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(fills_in_how_fast_where_it_says_something) {
  const Json made =
      try_create(R"({"spec":{"behavior":{"scaleDown":{"stabilizationWindowSeconds":9}}}})").json();

  BOOST_TEST(integer_at(made, {"spec", "behavior", "scaleDown", "stabilizationWindowSeconds"})
                 .value_or(0) == 9);
  BOOST_TEST(text_at(made, {"spec", "behavior", "scaleDown", "selectPolicy"}) == "Max");
  BOOST_TEST(array_at(made, {"spec", "behavior", "scaleUp", "policies"}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(has_bounds_in_order) {
  BOOST_TEST(with_spec(R"({"minReplicas":6})") ==
             "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`");
  BOOST_TEST(with_spec(R"({"minReplicas":0})") ==
             "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1");
  BOOST_TEST(with_spec(R"({"maxReplicas":0})") ==
             "[spec.maxReplicas: Invalid value: 0: must be greater than 0, spec.maxReplicas: "
             "Invalid value: 0: must be greater than or equal to `minReplicas`]");
}

BOOST_AUTO_TEST_CASE(has_metrics_with_what_their_type_needs) {
  BOOST_TEST(with_spec(R"({"metrics":[{"type":"Pods"}]})") ==
             "spec.metrics[0].pods: Required value: must populate information for the given metric "
             "source");
  BOOST_TEST(with_spec(R"({"metrics":[{"type":"Resource","resource":{"name":"cpu",
               "target":{"type":"Utilization"}}}]})") ==
             "spec.metrics[0].resource.target.averageUtilization: Required value: must set either "
             "a target raw value or a target utilization");
}

BOOST_AUTO_TEST_SUITE_END()

struct Budgets : Refusals {
  Budgets()
      : Refusals("/apis/policy/v1/namespaces/default/poddisruptionbudgets",
                 R"({"metadata":{"name":"b"},"spec":{"minAvailable":1,
                   "selector":{"matchLabels":{"a":"b"}}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_budget, Budgets)

BOOST_AUTO_TEST_CASE(is_a_number_or_a_share) {
  BOOST_TEST(create_with(R"({"spec":{"minAvailable":"50%"}})") == "");
  BOOST_TEST(create_with(R"({"spec":{"minAvailable":"half"}})") ==
             "spec.minAvailable: Invalid value: intstr.IntOrString{Type:1, IntVal:0, "
             "StrVal:\"half\"}: a valid percent string must be a numeric string followed by an "
             "ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')");
  BOOST_TEST(create_with(R"({"spec":{"maxUnavailable":1}})")
                 .ends_with("minAvailable and maxUnavailable cannot be both set"));
}

BOOST_AUTO_TEST_CASE(is_replaced_only_at_a_version) {
  made();

  const auto refused = put("/apis/policy/v1/namespaces/default/poddisruptionbudgets/b",
                           R"({"metadata":{"name":"b"},"spec":{"minAvailable":2}})");

  BOOST_TEST(
      refused.message() ==
      "PodDisruptionBudget.policy \"b\" is invalid: metadata.resourceVersion: Invalid value: "
      "0x0: must be specified for an update");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
