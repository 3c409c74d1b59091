// Kinds with a rule or two: templates, revisions, runtime classes, address ranges, webhooks.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

struct Revisions : Refusals {
  Revisions()
      : Refusals("/apis/apps/v1/namespaces/default/controllerrevisions",
                 R"({"metadata":{"name":"r"},"data":{"a":1},"revision":1})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_revision, Revisions)

BOOST_AUTO_TEST_CASE(keeps_its_data) {
  BOOST_TEST(create_with(R"({"data":null})") == "data: Required value: data is mandatory");
  BOOST_TEST(create_with(R"({"revision":-1})") ==
             "revision: Invalid value: -1: must be greater than or equal to 0");
  BOOST_TEST(update_with(R"({"data":{"a":2}})") ==
             "data: Invalid value: {\"a\":2}: field is immutable");
  BOOST_TEST(update_with(R"({"revision":2})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

struct Templates : Refusals {
  Templates()
      : Refusals("/api/v1/namespaces/default/podtemplates",
                 R"({"metadata":{"name":"t"},"template":{"spec":{
                   "containers":[{"name":"c","image":"nginx"}]}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_pod_template, Templates)

BOOST_AUTO_TEST_CASE(is_one) {
  BOOST_TEST(create_with("{}") == "");
  BOOST_TEST(create_with(R"({"template":{"spec":{"containers":[{"name":"c"}]}}})") ==
             "template.spec.containers[0].image: Required value");
}

BOOST_AUTO_TEST_SUITE_END()

struct RuntimeClasses : Refusals {
  RuntimeClasses()
      : Refusals("/apis/node.k8s.io/v1/runtimeclasses",
                 R"({"metadata":{"name":"vm"},"handler":"kata"})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_runtime_class, RuntimeClasses)

BOOST_AUTO_TEST_CASE(keeps_its_handler) {
  BOOST_TEST(update_with(R"({"handler":"other"})") ==
             "handler: Invalid value: \"other\": field is immutable");
  BOOST_TEST(create_with(R"({"overhead":{"podFixed":{"cpu":"-1"}}})") ==
             "overhead.podFixed[cpu]: Invalid value: \"-1\": must be greater than or equal to 0");
}

BOOST_AUTO_TEST_SUITE_END()

struct Ranges : Refusals {
  Ranges()
      : Refusals("/apis/networking.k8s.io/v1/servicecidrs",
                 R"({"metadata":{"name":"more"},"spec":{"cidrs":["10.1.0.0/16"]}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_service_cidr, Ranges)

BOOST_AUTO_TEST_CASE(is_one_range_of_each_family_at_most) {
  BOOST_TEST(create_with(R"({"spec":{"cidrs":["10.1.0.0/16","fd00::/112"]}})") == "");
  BOOST_TEST(create_with(R"({"spec":{"cidrs":null}})") ==
             "spec.cidrs: Required value: at least one CIDR required");
  BOOST_TEST(create_with(R"({"spec":{"cidrs":["10.1.0.0/16","10.2.0.0/16"]}})")
                 .find("may specify no more than one IP for each IP family") != std::string::npos);
  BOOST_TEST(create_with(R"({"spec":{"cidrs":["10.1.0.0"]}})") ==
             "spec.cidrs[0]: Invalid value: \"10.1.0.0\": must be a valid CIDR value, (e.g. "
             "10.9.8.0/24 or 2001:db8::/64)");
}

BOOST_AUTO_TEST_SUITE_END()

struct Addresses : Refusals {
  Addresses()
      : Refusals("/apis/networking.k8s.io/v1/ipaddresses",
                 R"({"metadata":{"name":"10.0.0.9"},"spec":{"parentRef":{"resource":"services",
                   "namespace":"default","name":"web"}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(an_ip_address, Addresses)

BOOST_AUTO_TEST_CASE(is_called_what_it_is) {
  BOOST_TEST(create_with("{}") == "");
  BOOST_TEST(
      create_with(R"({"metadata":{"name":"FD00::1"}})") ==
      "metadata.name: Invalid value: \"FD00::1\": must be a valid address in canonical form");
  BOOST_TEST(create_with(R"({"spec":{"parentRef":null}})") == "spec.parentRef: Required value");
}

BOOST_AUTO_TEST_SUITE_END()

struct Webhooks : Refusals {
  Webhooks()
      : Refusals("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
                 R"({"metadata":{"name":"w"},"webhooks":[)" + webhook("") + "]}") {}

  static std::string webhook(const std::string& more) {
    return R"({"name":"a.example.com","sideEffects":"None","admissionReviewVersions":["v1"],
      "clientConfig":{"url":"https://example.com/a"},"rules":[{"operations":["*"],
      "apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}])" +
           more + "}";
  }
  std::string with(const std::string& change) {
    Json hook = parse_json(webhook("")).value().value;
    apply_merge_patch(hook, parse_json(change).value().value);
    return create_with(R"({"webhooks":[)" + to_json(hook) + "]}");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_webhook, Webhooks)

BOOST_AUTO_TEST_CASE(can_be_reached) {
  BOOST_TEST(with("{}") == "");
  BOOST_TEST(with(R"({"clientConfig":{"url":null}})") ==
             "webhooks[0].clientConfig: Required value: exactly one of url or service is required");
  BOOST_TEST(with(R"({"clientConfig":{"url":"http://example.com"}})") ==
             "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed "
             "URL scheme; desired format: https://host[/path]");
}

BOOST_AUTO_TEST_CASE(says_what_it_does) {
  BOOST_TEST(with(R"({"sideEffects":null})") ==
             "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun");
  BOOST_TEST(with(R"({"timeoutSeconds":31})") ==
             "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 "
             "and 30 seconds");
  BOOST_TEST(with(R"({"name":"a"})") ==
             "webhooks[0].name: Invalid value: \"a\": should be a domain with at least three "
             "segments separated by dots");
  BOOST_TEST(
      with(R"({"admissionReviewVersions":null})") ==
      "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
