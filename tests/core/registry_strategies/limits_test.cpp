// LimitRanges and ResourceQuotas: what they accept, and why not.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

struct LimitRanges : Refusals {
  LimitRanges()
      : Refusals("/api/v1/namespaces/default/limitranges",
                 R"({"metadata":{"name":"l"},"spec":{"limits":[{"type":"Container",
                   "max":{"cpu":"2"},"min":{"cpu":"100m"}}]}})") {}

  std::string with_limit(const std::string& limit) {
    return create_with(R"({"spec":{"limits":[)" + limit + "]}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_limit_range, LimitRanges)

BOOST_AUTO_TEST_CASE(gives_containers_what_they_may_have_at_most) {
  const Json made = this->made();

  const JsonArray& limits = array_at(made, {"spec", "limits"});
  BOOST_TEST(text_at(limits[0], {"default", "cpu"}) == "2");
  BOOST_TEST(text_at(limits[0], {"defaultRequest", "cpu"}) == "2");
}

BOOST_AUTO_TEST_CASE(has_amounts_in_order) {
  BOOST_TEST(with_limit(R"({"type":"Pod","max":{"cpu":"1"},"min":{"cpu":"2"}})") ==
             "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value "
             "1");
  BOOST_TEST(with_limit(R"({"type":"Container","default":{"cpu":"1"},
               "defaultRequest":{"cpu":"2"}})") ==
             "spec.limits[0].defaultRequest[cpu]: Invalid value: \"2\": default request value 2 is "
             "greater than default limit value 1");
}

BOOST_AUTO_TEST_CASE(has_no_defaults_for_pods) {
  BOOST_TEST(with_limit(R"({"type":"Pod","default":{"cpu":"1"}})") ==
             "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'");
}

BOOST_AUTO_TEST_CASE(limits_storage_of_claims) {
  BOOST_TEST(with_limit(R"({"type":"PersistentVolumeClaim"})") ==
             "spec.limits[0].limits: Required value: either minimum or maximum storage value is "
             "required, but neither was provided");
}

BOOST_AUTO_TEST_CASE(knows_what_it_limits) {
  BOOST_TEST(with_limit(R"({"type":"Pod","max":{"horses":"1"}})") ==
             "spec.limits[0].max[horses]: Invalid value: \"horses\": must be a standard resource "
             "type or fully qualified");
}

BOOST_AUTO_TEST_SUITE_END()

struct Quotas : Refusals {
  Quotas()
      : Refusals(
            "/api/v1/namespaces/default/resourcequotas",
            R"({"metadata":{"name":"q"},"spec":{"hard":{"pods":"3","count/jobs.batch":"1"}}})") {}

  std::string with_spec(const std::string& spec) { return create_with(R"({"spec":)" + spec + "}"); }
};

BOOST_FIXTURE_TEST_SUITE(a_quota, Quotas)

BOOST_AUTO_TEST_CASE(knows_what_it_counts) {
  BOOST_TEST(with_spec("{}") == "");
  BOOST_TEST(with_spec(R"({"hard":{"horses":"1"}})") ==
             "spec.hard[horses]: Invalid value: \"horses\": must be a standard resource for quota");
  BOOST_TEST(with_spec(R"({"hard":{"pods":"1500m"}})") ==
             "spec.hard[pods]: Invalid value: \"1500m\": must be an integer");
  BOOST_TEST(with_spec(R"({"hard":{"pods":"-1"}})") ==
             "spec.hard[pods]: Invalid value: \"-1\": must be greater than or equal to 0");
}

BOOST_AUTO_TEST_CASE(has_scopes_that_go_together) {
  BOOST_TEST(
      with_spec(R"({"scopes":["BestEffort","NotBestEffort"]})").ends_with("conflicting scopes"));
  BOOST_TEST(with_spec(R"({"hard":{"cpu":"1"},"scopes":["BestEffort"]})")
                 .ends_with("unsupported scope applied to resource"));
}

BOOST_AUTO_TEST_CASE(keeps_its_scopes) {
  BOOST_TEST(update_with(R"({"spec":{"scopes":["Terminating"]}})").ends_with("field is immutable"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
