// The environment: expansion, sources, services.

#include "plugins/kubelet/env.hpp"

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/tests/support.hpp"

namespace pintle::kubelet {
namespace {

struct Environment {
  NodeFacts node;
  std::vector<std::string> ips{"10.0.0.7"};
  ObjectSource objects;
  EnvPairs services;

  Environment() {
    node.name = "n1";
    node.ip = "192.0.2.1";
    node.allocatable_cpu_millis = 4000;
    node.allocatable_memory_bytes = 1 << 30;
    objects.config_map = [](std::string_view, std::string_view name) -> Result<Json> {
      if (name != "conf") {
        return Error{Code::kNotFound, "configmap \"" + std::string(name) + "\" not found"};
      }
      return test::yaml("{kind: ConfigMap, data: {color: red, 'bad key': x}}");
    };
    objects.secret = [](std::string_view, std::string_view) -> Result<Json> {
      return test::yaml("{kind: Secret, data: {password: aHVudGVyMg==}}");
    };
  }

  Result<EnvPairs> make(const std::string& container) {
    const auto pod = test::pod_of("{serviceAccountName: sa, containers: [" + container + "]}",
                                  "{labels: {app: shop}}");
    return make_env({pod->json(), containers_of(pod->json())[0], node, ips, objects, services});
  }

  std::string value(const std::string& container, const std::string& name) {
    const auto envs = make(container);
    BOOST_REQUIRE_MESSAGE(envs.ok(), (envs.ok() ? "" : envs.error().message));
    for (const auto& [key, text] : envs.value()) {
      if (key == name) {
        return text;
      }
    }
    return "(none)";
  }
};

BOOST_FIXTURE_TEST_SUITE(an_environment, Environment)

BOOST_AUTO_TEST_CASE(expands_what_it_knows_and_leaves_the_rest) {
  const EnvPairs envs{{"A", "1"}, {"B", "2"}};

  BOOST_TEST(expand("$(A)-$(B)", envs) == "1-2");
  BOOST_TEST(expand("$(C) $$(A) $A $(A", envs) == "$(C) $(A) $A $(A");
  BOOST_TEST(expand("$", envs) == "$");
}

BOOST_AUTO_TEST_CASE(lets_a_value_use_those_before_it) {
  BOOST_TEST(value("{name: c, env: [{name: A, value: x}, {name: B, value: '$(A)y'}]}", "B") ==
             "xy");
}

BOOST_AUTO_TEST_CASE(takes_fields_of_the_pod) {
  const auto field = [&](const std::string& path) {
    return value(
        "{name: c, env: [{name: F, valueFrom: {fieldRef: {fieldPath: \"" + path + "\"}}}]}", "F");
  };

  BOOST_TEST(field("metadata.name") == "web");
  BOOST_TEST(field("metadata.labels['app']") == "shop");
  BOOST_TEST(field("spec.nodeName") == "n1");
  BOOST_TEST(field("status.podIP") == "10.0.0.7");
  BOOST_TEST(field("status.hostIP") == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(takes_resources_in_units_of_the_divisor) {
  const std::string resources = "resources: {limits: {memory: 64Mi}, requests: {cpu: 250m}}";
  const auto resource = [&](const std::string& what) {
    return value("{name: c, " + resources + ", env: [{name: R, valueFrom: {resourceFieldRef: {" +
                     what + "}}}]}",
                 "R");
  };

  BOOST_TEST(resource("resource: limits.memory, divisor: 1Mi") == "64");
  BOOST_TEST(resource("resource: requests.cpu") == "1");
  BOOST_TEST(resource("resource: requests.cpu, divisor: 1m") == "250");
  BOOST_TEST(resource("resource: limits.cpu") == "4");
}

BOOST_AUTO_TEST_CASE(takes_keys_of_config_maps_and_secrets) {
  BOOST_TEST(value("{name: c, env: [{name: K, valueFrom: {configMapKeyRef: {name: conf, key: "
                   "color}}}]}",
                   "K") == "red");
  BOOST_TEST(value("{name: c, env: [{name: K, valueFrom: {secretKeyRef: {name: s, key: "
                   "password}}}]}",
                   "K") == "hunter2");
  BOOST_TEST(value("{name: c, envFrom: [{prefix: P_, configMapRef: {name: conf}}]}", "P_color") ==
             "red");
}

BOOST_AUTO_TEST_CASE(names_what_is_missing) {
  const auto no_key =
      make("{name: c, env: [{name: K, valueFrom: {configMapKeyRef: {name: conf, key: size}}}]}");
  const auto no_map =
      make("{name: c, env: [{name: K, valueFrom: {configMapKeyRef: {name: other, key: size}}}]}");

  BOOST_REQUIRE(!no_key.ok());
  BOOST_TEST(no_key.error().message == "couldn't find key size in ConfigMap default/conf");
  BOOST_REQUIRE(!no_map.ok());
  BOOST_TEST(no_map.error().message == "configmap \"other\" not found");
}

BOOST_AUTO_TEST_CASE(leaves_out_what_is_optional_and_missing) {
  BOOST_TEST(value("{name: c, env: [{name: K, valueFrom: {configMapKeyRef: {name: other, key: k, "
                   "optional: true}}}]}",
                   "K") == "(none)");
}

BOOST_AUTO_TEST_CASE(tells_of_services) {
  const auto list = test::yaml(
      "{items: [{metadata: {name: my-db}, spec: {clusterIP: 10.1.0.5, ports: [{name: sql, port: "
      "5432, protocol: TCP}]}}, {metadata: {name: headless}, spec: {clusterIP: None, ports: "
      "[{port: 1}]}}]}");

  services = service_envs(array_at(list, {"items"}));

  BOOST_TEST(value("{name: c}", "MY_DB_SERVICE_HOST") == "10.1.0.5");
  BOOST_TEST(value("{name: c}", "MY_DB_SERVICE_PORT_SQL") == "5432");
  BOOST_TEST(value("{name: c}", "MY_DB_PORT_5432_TCP") == "tcp://10.1.0.5:5432");
  BOOST_TEST(value("{name: c}", "HEADLESS_SERVICE_HOST") == "(none)");
  BOOST_TEST(value("{name: c, env: [{name: MY_DB_SERVICE_HOST, value: mine}]}",
                   "MY_DB_SERVICE_HOST") == "mine");
}

BOOST_AUTO_TEST_CASE(refuses_bad_base64) {
  BOOST_TEST(decode_base64("aGk=").value() == "hi");
  BOOST_TEST(decode_base64("").value() == "");
  BOOST_TEST(!decode_base64("a*b").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
