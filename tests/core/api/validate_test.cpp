// Validation by the tables: required fields, enums, duplicates, immutables, label selectors.

#include <boost/test/unit_test.hpp>

#include "core/object/status.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Validating : WithCatalog {
  std::vector<std::string> faults(std::string_view type_name, std::string_view text,
                                  const std::string& path = "") const {
    std::vector<Cause> causes;
    validate(type(type_name), json(text), path, causes);
    std::vector<std::string> texts;
    for (const auto& cause : causes) {
      texts.push_back(cause.field + ": " + cause.message);
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

BOOST_FIXTURE_TEST_SUITE(validating, Validating)

BOOST_AUTO_TEST_CASE(asks_for_required_fields_with_their_paths) {
  const Texts expected = {"spec.containers[0].name: Required value",
                          "spec.containers[0].ports[0].containerPort: Required value"};
  BOOST_TEST(faults("core/v1.Pod", R"({"spec":{"containers":[{"ports":[{}]}]}})") == expected,
             boost::test_tools::per_element());
  BOOST_TEST(faults("core/v1.PodSpec", "{}", "spec.template.spec")[0] ==
             "spec.template.spec.containers: Required value");
}

BOOST_AUTO_TEST_CASE(refuses_values_an_enum_does_not_hold) {
  const Texts expected = {
      "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", "
      "\"Never\", \"OnFailure\""};
  BOOST_TEST(
      faults("core/v1.Pod",
             R"({"spec":{"restartPolicy":"Sometimes","containers":[{"name":"a"}]}})") == expected,
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lets_open_enums_pass) {
  BOOST_TEST(faults("core/v1.Secret", R"({"type":"example.com/mine"})").empty());
  BOOST_TEST(faults("core/v1.NodeStatus",
                    R"({"conditions":[{"type":"Odd","status":"Maybe"}],"phase":"New"})")
                 .empty());
}

BOOST_AUTO_TEST_CASE(refuses_two_volumes_of_one_name) {
  const Texts expected = {"spec.volumes[1].name: Duplicate value: \"v\""};
  BOOST_TEST(faults("core/v1.Pod", R"({"spec":{"containers":[{"name":"a"}],
                 "volumes":[{"name":"v"},{"name":"v"}]}})") == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(knows_label_selectors) {
  BOOST_TEST(faults("meta/v1.LabelSelector",
                    R"({"matchExpressions":[{"key":"a","operator":"In"}]})", "spec.selector")[0] ==
             "spec.selector.matchExpressions[0].values: Required value: must be specified when "
             "`operator` is 'In' or 'NotIn'");
  BOOST_TEST(faults("meta/v1.LabelSelector", R"({"matchLabels":{"a":"b"}})").empty());
}

BOOST_AUTO_TEST_CASE(finds_immutable_fields_that_changed) {
  std::vector<Cause> causes;
  validate_immutable(type("scheduling/v1.PriorityClass"), json(R"({"value":2})"),
                     json(R"({"value":1})"), "", causes);
  BOOST_REQUIRE(causes.size() == 1U);
  BOOST_TEST(causes[0].field == "value");
  BOOST_TEST(causes[0].message == "Invalid value: 2: field is immutable");
}

BOOST_AUTO_TEST_CASE(takes_an_empty_part_for_one_that_is_not_there) {
  std::vector<Cause> causes;
  validate_immutable(type("resource/v1beta1.ResourceClaim"), json(R"({"spec":{}})"),
                     json(R"({"spec":{"devices":{}}})"), "", causes);
  BOOST_TEST(causes.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
