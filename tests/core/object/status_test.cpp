// Errors as clients see them: Kubernetes' words, Kubernetes' JSON.

#include "core/object/status.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

BOOST_AUTO_TEST_SUITE(a_status)

BOOST_AUTO_TEST_CASE(of_something_missing_reads_as_in_kubernetes) {
  BOOST_TEST(to_status_json(not_found("deployments.apps", "web")) ==
             R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",)"
             R"("message":"deployments.apps \"web\" not found","reason":"NotFound",)"
             R"("details":{"name":"web","group":"apps","kind":"deployments"},"code":404})");
}

BOOST_AUTO_TEST_CASE(of_one_wrong_field_names_it) {
  const auto error = invalid("", "Pod", "x", {required_value("spec.containers[0].name")});

  BOOST_TEST(error.message == "Pod \"x\" is invalid: spec.containers[0].name: Required value");
  BOOST_TEST(to_status_json(error).find(
                 R"("causes":[{"reason":"FieldValueRequired","message":)"
                 R"("Required value","field":"spec.containers[0].name"}])") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_several_wrong_fields_lists_each_once) {
  const auto error = invalid(
      "apps", "Deployment", "x",
      {invalid_value("spec.a", quoted("v"), "must be b"),
       unsupported_value("spec.b", "C", {"A", "B"}), unsupported_value("spec.b", "C", {"A", "B"})});

  BOOST_TEST(error.message ==
             "Deployment.apps \"x\" is invalid: [spec.a: Invalid value: \"v\": must be b, spec.b: "
             "Unsupported value: \"C\": supported values: \"A\", \"B\"]");
}

BOOST_AUTO_TEST_CASE(comes_back_from_its_json) {
  const auto error = error_of_status(to_status_json(conflict("pods", "web-0", "try again")), 409);

  BOOST_TEST((error.code == Code::kConflict));
  BOOST_TEST(error.message == "Operation cannot be fulfilled on pods \"web-0\": try again");
  BOOST_TEST(error.details->name == "web-0");
  BOOST_TEST((error_of_status("<html>", 503).code == Code::kServiceUnavailable));
  BOOST_TEST((error_of_status(R"({"kind":"Status","reason":"New"})", 404).code == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE(of_a_success_names_what_went) {
  BOOST_TEST(to_success_status_json("web", "", "pods", "u1") ==
             R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success",)"
             R"("details":{"name":"web","kind":"pods","uid":"u1"}})");
}

BOOST_AUTO_TEST_CASE(quotes_as_go_does) {
  BOOST_TEST(quoted("a\"\\\n\x01\xff\u00e9") == "\"a\\\"\\\\\\n\\x01\\xff\u00e9\"");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
