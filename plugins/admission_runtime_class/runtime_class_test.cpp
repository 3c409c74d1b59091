// What a pod gets from its RuntimeClass, and what is refused.

#include "plugins/admission_runtime_class/runtime_class.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_runtime_class {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<RuntimeClass> plugin = RuntimeClass::make(host.host(), JsonObject()).value();
  Json pod = test::json(R"({"metadata":{"name":"a"},"spec":{"runtimeClassName":"kata"}})");

  void add_class(const std::string& members) {
    host.put("/apis/node.k8s.io/v1/runtimeclasses/kata",
             test::json(R"({"metadata":{"name":"kata"},"handler":"kata")" + members + "}"));
  }
  JsonObject& spec() { return pod.as_object()["spec"].as_object(); }
  std::string spec_field(const std::string& name) {
    return spec().contains(name) ? to_json(spec()[name]) : "";
  }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Cluster)

BOOST_AUTO_TEST_CASE(gets_the_overhead_of_its_class) {
  add_class(R"(,"overhead":{"podFixed":{"cpu":"250m","memory":"120Mi"}})");

  BOOST_TEST(server.admit({}, pod).ok());

  BOOST_TEST(spec_field("overhead") == R"({"cpu":"250m","memory":"120Mi"})");
}

BOOST_AUTO_TEST_CASE(may_bring_the_same_overhead_in_other_words) {
  add_class(R"(,"overhead":{"podFixed":{"cpu":"250m"}})");
  spec()["overhead"] = JsonObject{{"cpu", "0.25"}};

  BOOST_TEST(server.refusal({}, pod) == "");
}

BOOST_AUTO_TEST_CASE(that_brings_another_overhead_is_refused) {
  add_class(R"(,"overhead":{"podFixed":{"cpu":"250m"}})");
  spec()["overhead"] = JsonObject{{"cpu", "1"}};

  BOOST_TEST(server.refusal({}, pod) ==
             "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

BOOST_AUTO_TEST_CASE(that_brings_an_overhead_for_a_class_without_is_refused) {
  add_class("");
  spec()["overhead"] = JsonObject{{"cpu", "1"}};
  const std::string refusal =
      "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";

  BOOST_TEST(server.refusal({}, pod) == refusal);
  spec().erase("runtimeClassName");
  BOOST_TEST(server.refusal({}, pod) == refusal);
}

BOOST_AUTO_TEST_CASE(of_an_unknown_class_is_refused) {
  BOOST_TEST(server.refusal({}, pod) == "pod rejected: RuntimeClass \"kata\" not found");
}

BOOST_AUTO_TEST_CASE(runs_where_its_class_says) {
  add_class(R"(,"scheduling":{"nodeSelector":{"vm":"yes","disk":"ssd"},
      "tolerations":[{"key":"vm","operator":"Exists"}]})");
  spec()["nodeSelector"] = JsonObject{{"disk", "ssd"}, {"zone", "a"}};

  BOOST_TEST(server.admit({}, pod).ok());

  BOOST_TEST(spec_field("nodeSelector") == R"({"disk":"ssd","zone":"a","vm":"yes"})");
  BOOST_TEST(spec_field("tolerations") == R"([{"key":"vm","operator":"Exists"}])");
}

BOOST_AUTO_TEST_CASE(that_wants_to_run_elsewhere_is_refused) {
  add_class(R"(,"scheduling":{"nodeSelector":{"disk":"ssd"}})");
  spec()["nodeSelector"] = JsonObject{{"disk", "tape"}};

  BOOST_TEST(server.refusal({}, pod) ==
             "conflict: runtimeClass.scheduling.nodeSelector[disk] = ssd; "
             "pod.spec.nodeSelector[disk] = tape");
}

BOOST_AUTO_TEST_CASE(keeps_only_tolerations_that_no_other_covers) {
  add_class(R"(,"scheduling":{"tolerations":[{"operator":"Exists","effect":"NoSchedule"},
      {"key":"b","value":"1"}]})");
  spec()["tolerations"] = test::json(R"([{"key":"a","value":"1","effect":"NoSchedule"},
      {"key":"b","value":"1"},{"key":"c","operator":"Exists","effect":"NoExecute"}])");

  BOOST_TEST(server.admit({}, pod).ok());

  BOOST_TEST(spec_field("tolerations") ==
             R"([{"key":"b","value":"1"},{"key":"c","operator":"Exists","effect":"NoExecute"},)"
             R"({"operator":"Exists","effect":"NoSchedule"}])");
}

BOOST_AUTO_TEST_CASE(keeps_the_longer_stay_of_two) {
  add_class(R"(,"scheduling":{"tolerations":[
      {"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":10},
      {"key":"b","operator":"Exists","effect":"NoExecute","tolerationSeconds":60}]})");
  spec()["tolerations"] = test::json(R"([
      {"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":60},
      {"key":"b","operator":"Exists","effect":"NoExecute","tolerationSeconds":10}])");

  BOOST_TEST(server.admit({}, pod).ok());

  const Json kept = spec()["tolerations"];
  BOOST_REQUIRE(kept.as_array().size() == 2U);
  BOOST_TEST(integer_at(kept.as_array()[0], {"tolerationSeconds"}).value() == 60);
  BOOST_TEST(integer_at(kept.as_array()[1], {"tolerationSeconds"}).value() == 60);
}

BOOST_AUTO_TEST_CASE(without_a_class_is_left_alone) {
  spec().erase("runtimeClassName");

  BOOST_TEST(server.admit({}, pod).ok());

  BOOST_TEST(spec().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_runtime_class
