// Ingresses, their classes and NetworkPolicies: what they accept, and why not.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

struct Ingresses : Refusals {
  Ingresses()
      : Refusals("/apis/networking.k8s.io/v1/namespaces/default/ingresses",
                 R"({"metadata":{"name":"web"},"spec":{"defaultBackend":{
                   "service":{"name":"web","port":{"number":80}}}}})") {}

  std::string with_path(const std::string& path) {
    return create_with(R"({"spec":{"rules":[{"host":"a.b","http":{"paths":[)" + path + "]}}]}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(an_ingress, Ingresses)

BOOST_AUTO_TEST_CASE(leads_somewhere) {
  BOOST_TEST(create_with(R"({"spec":{"defaultBackend":null}})") ==
             "spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or "
             "`rules` must be specified");
  BOOST_TEST(create_with(R"({"spec":{"defaultBackend":{"service":{"port":null}}}})") ==
             "spec.defaultBackend: Required value: port name or number is required");
  BOOST_TEST(create_with(R"({"spec":{"defaultBackend":{"service":{"port":{"name":"http"}}}}})") ==
             "spec.defaultBackend: Invalid value: \"\": cannot set both port name & port number");
}

BOOST_AUTO_TEST_CASE(has_paths_of_a_type) {
  const std::string backend = R"("backend":{"service":{"name":"web","port":{"number":80}}})";

  BOOST_TEST(with_path(R"({"pathType":"Prefix","path":"/x",)" + backend + "}") == "");
  BOOST_TEST(with_path(R"({"path":"/x",)" + backend + "}") ==
             "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified");
  BOOST_TEST(with_path(R"({"pathType":"Exact","path":"x//y",)" + backend + "}") ==
             "[spec.rules[0].http.paths[0].path: Invalid value: \"x//y\": must be an absolute "
             "path, spec.rules[0].http.paths[0].path: Invalid value: \"x//y\": must not contain "
             "'//']");
  BOOST_TEST(
      with_path(R"({"pathType":"Regex",)" + backend + "}") ==
      "spec.rules[0].http.paths[0].pathType: Unsupported value: \"Regex\": supported values: "
      "\"Exact\", \"ImplementationSpecific\", \"Prefix\"");
}

BOOST_AUTO_TEST_CASE(serves_names_not_addresses) {
  BOOST_TEST(create_with(R"({"spec":{"rules":[{"host":"10.0.0.1"}]}})") ==
             "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP "
             "address");
  BOOST_TEST(create_with(R"({"spec":{"rules":[{"host":"*.example.com"}]}})") == "");
}

BOOST_AUTO_TEST_SUITE_END()

struct IngressClasses : Refusals {
  IngressClasses()
      : Refusals("/apis/networking.k8s.io/v1/ingressclasses",
                 R"({"metadata":{"name":"c"},"spec":{"controller":"example.com/c"}})") {}
};

BOOST_FIXTURE_TEST_SUITE(an_ingress_class, IngressClasses)

BOOST_AUTO_TEST_CASE(has_a_controller_for_good) {
  BOOST_TEST(create_with(R"({"spec":{"controller":"c"}})") ==
             "spec.controller: Invalid value: \"c\": must be a domain-prefixed path (such as "
             "\"acme.io/foo\")");
  BOOST_TEST(update_with(R"({"spec":{"controller":"example.com/d"}})") ==
             "spec.controller: Invalid value: \"example.com/d\": field is immutable");
}

BOOST_AUTO_TEST_CASE(has_parameters_of_its_scope) {
  BOOST_TEST(
      create_with(R"({"spec":{"parameters":{"kind":"K","name":"n","scope":"Namespace"}}})") ==
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'");
}

BOOST_AUTO_TEST_SUITE_END()

struct NetworkPolicies : Refusals {
  NetworkPolicies()
      : Refusals("/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
                 R"({"metadata":{"name":"p"},"spec":{"podSelector":{}}})") {}

  std::string with_ingress(const std::string& rule) {
    return create_with(R"({"spec":{"ingress":[)" + rule + "]}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_network_policy, NetworkPolicies)

BOOST_AUTO_TEST_CASE(is_about_what_it_has_rules_for) {
  const Json two = try_create(R"({"spec":{"egress":[{}]}})").json();
  const Json one = made();

  BOOST_TEST((array_at(one, {"spec", "policyTypes"}) == JsonArray{"Ingress"}));
  BOOST_TEST((array_at(two, {"spec", "policyTypes"}) == JsonArray{"Ingress", "Egress"}));
}

BOOST_AUTO_TEST_CASE(names_each_peer_one_way) {
  BOOST_TEST(with_ingress(R"({"from":[{}]})") ==
             "spec.ingress[0].from[0]: Required value: must specify a peer");
  BOOST_TEST(with_ingress(R"({"from":[{"podSelector":{},"ipBlock":{"cidr":"10.0.0.0/8"}}]})") ==
             "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer");
  BOOST_TEST(with_ingress(R"({"from":[{"ipBlock":{"cidr":"10.0.0.0/8",
               "except":["11.0.0.0/16"]}}]})") ==
             "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a "
             "strict subset of `cidr`");
  BOOST_TEST(with_ingress(R"({"from":[{"ipBlock":{"cidr":"10.0.0.0"}}]})") ==
             "spec.ingress[0].from[0].ipBlock.cidr: Invalid value: \"10.0.0.0\": must be a valid "
             "CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
}

BOOST_AUTO_TEST_CASE(has_ports_in_order) {
  BOOST_TEST(with_ingress(R"({"ports":[{"port":80,"endPort":70}]})") ==
             "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal "
             "to `port`");
  BOOST_TEST(with_ingress(R"({"ports":[{"endPort":70}]})") ==
             "spec.ingress[0].ports[0].endPort: Invalid value: 70: may not be specified when "
             "`port` is not specified");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
