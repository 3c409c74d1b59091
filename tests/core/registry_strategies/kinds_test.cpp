// The smaller kinds: Secrets, ConfigMaps, Namespaces, PriorityClasses, Leases, workloads, ...

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

constexpr const char* kDefault = "/api/v1/namespaces/default/";

bool says(const test::Heard& heard, std::string_view text) {
  return heard.status == 422 && heard.message().find(text) != std::string::npos;
}

BOOST_FIXTURE_TEST_SUITE(a_kind, Cluster)

BOOST_AUTO_TEST_CASE(secret_turns_text_into_data) {
  const auto made = post(std::string(kDefault) + "secrets",
                         R"({"metadata":{"name":"s"},"stringData":{"a":"hello","b":""}})");
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"data", "a"}) == "aGVsbG8=");
  BOOST_TEST(made.text({"type"}) == "Opaque");
  BOOST_TEST(made.body.find("stringData") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(secret_has_the_keys_of_its_type) {
  const auto path = std::string(kDefault) + "secrets";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"s"},"type":"kubernetes.io/tls"})"),
                  "data[tls.crt]: Required value"));
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"s"},"data":{"a/b":""}})"), "data[a/b]"));
}

BOOST_AUTO_TEST_CASE(secret_keeps_its_type) {
  const auto path = std::string(kDefault) + "secrets";
  post(path, R"({"metadata":{"name":"s"}})");
  BOOST_TEST(says(patch(path + "/s", "merge", R"({"type":"x/y"})"),
                  "type: Invalid value: \"x/y\": field is immutable"));
}

BOOST_AUTO_TEST_CASE(config_map_is_frozen_for_good) {
  const auto path = std::string(kDefault) + "configmaps";
  post(path, R"({"metadata":{"name":"c"},"immutable":true,"data":{"a":"1"}})");
  BOOST_TEST(says(patch(path + "/c", "merge", R"({"data":{"a":"2"}})"),
                  "data: Forbidden: field is immutable when `immutable` is set"));
  BOOST_TEST(says(patch(path + "/c", "merge", R"({"immutable":false})"), "immutable: Forbidden"));
  BOOST_TEST(patch(path + "/c", "merge", R"({"metadata":{"labels":{"a":"b"}}})").status == 200);
}

BOOST_AUTO_TEST_CASE(config_map_has_a_size) {
  const auto made = post(std::string(kDefault) + "configmaps",
                         concat({R"({"metadata":{"name":"c"},"data":{"a":")",
                                 std::string(1024 * 1024 + 1, 'x'), R"("}})"}));
  BOOST_TEST(made.status == 422);
}

BOOST_AUTO_TEST_CASE(replication_controller_takes_from_its_template_what_it_leaves_out) {
  const auto path = std::string(kDefault) + "replicationcontrollers";
  const auto made = post(path, R"({"metadata":{"name":"rc"},"spec":{"template":{
      "metadata":{"labels":{"app":"old"}},
      "spec":{"containers":[{"name":"c","image":"i"}]}}}})");
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"spec", "selector", "app"}) == "old");
  BOOST_TEST(made.text({"metadata", "labels", "app"}) == "old");
  BOOST_TEST(made.text({"spec", "template", "spec", "restartPolicy"}) == "Always");
}

BOOST_AUTO_TEST_CASE(replication_controller_selects_what_it_makes) {
  const auto path = std::string(kDefault) + "replicationcontrollers";
  const auto with = [](std::string_view selector, std::string_view labels, std::string_view more) {
    return concat({R"({"metadata":{"name":"rc"},"spec":{"selector":)", selector,
                   R"(,"template":{"metadata":{"labels":)", labels,
                   R"(},"spec":{"containers":[{"name":"c","image":"i"}])", more, "}}}}"});
  };
  BOOST_TEST(says(post(path, with("{}", "{}", "")), "spec.selector: Required value"));
  BOOST_TEST(says(post(path, with(R"({"a":"1"})", R"({"a":"2"})", "")),
                  "spec.template.metadata.labels: Invalid value"));
  BOOST_TEST(says(post(path, with(R"({"a":"1"})", R"({"a":"1"})", R"(,"restartPolicy":"Never")")),
                  "spec.template.spec.restartPolicy: Unsupported value"));
  BOOST_TEST(says(post(path, with(R"({"a":"1"})", R"({"a":"1"})", R"(,"activeDeadlineSeconds":5)")),
                  "activeDeadlineSeconds in ReplicationController is not Supported"));
}

BOOST_AUTO_TEST_CASE(namespace_begins_active_and_held) {
  const auto made = post("/api/v1/namespaces", R"({"metadata":{"name":"team"}})");
  BOOST_TEST(made.text({"status", "phase"}) == "Active");
  BOOST_TEST(made.text({"metadata", "labels", "kubernetes.io/metadata.name"}) == "team");
  const Json tree = made.json();
  BOOST_TEST((array_at(tree, {"spec", "finalizers"}) == JsonArray{"kubernetes"}));
  const auto updated = patch("/api/v1/namespaces/team", "merge", R"({"spec":{"finalizers":[]}})");
  const Json after = updated.json();
  BOOST_TEST(array_at(after, {"spec", "finalizers"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(priority_class_of_the_system_is_not_for_users) {
  const std::string path = "/apis/scheduling.k8s.io/v1/priorityclasses";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"system-mine"},"value":1})"),
                  "priority class names with 'system-' prefix are reserved"));
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"high"},"value":1000000001})"),
                  "maximum allowed value of a user defined priority is 1000000000"));
  BOOST_TEST(post(path, R"({"metadata":{"name":"high"},"value":10})").status == 201);
}

BOOST_AUTO_TEST_CASE(lease_lasts_longer_than_nothing_and_is_made_by_a_put) {
  const std::string path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"l"},"spec":{"leaseDurationSeconds":0}})"),
                  "must be greater than 0"));
  BOOST_TEST(put(path + "/l", R"({"metadata":{"name":"l"}})").status == 201);
}

BOOST_AUTO_TEST_CASE(event_lives_with_its_object) {
  const auto path = std::string(kDefault) + "events";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"e"},"involvedObject":{"namespace":"other"}})"),
                  "does not match event.namespace"));
  BOOST_TEST(
      post(path, R"({"metadata":{"name":"e"},"involvedObject":{"namespace":"default"}})").status ==
      201);
}

BOOST_AUTO_TEST_CASE(endpoints_have_addresses_and_ports) {
  const auto path = std::string(kDefault) + "endpoints";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"e"},"subsets":[{"ports":[{"port":80}]}]})"),
                  "must specify `addresses` or `notReadyAddresses`"));
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"e"},"subsets":[{"addresses":
      [{"ip":"1.2.3"}]}]})"),
                  "must be a valid IP address"));
}

BOOST_AUTO_TEST_CASE(endpoint_slice_has_addresses_of_its_type) {
  const std::string path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"e"},"addressType":"IPv4",
      "endpoints":[{"addresses":["::1"]}]})"),
                  "must be a valid IPv4 address"));
  BOOST_TEST(post(path, R"({"metadata":{"name":"e"},"addressType":"IPv4",
      "endpoints":[{"addresses":["10.0.0.1"]}],"ports":[{"port":80}]})")
                 .status == 201);
}

BOOST_AUTO_TEST_CASE(node_has_each_taint_once) {
  BOOST_TEST(says(post("/api/v1/nodes", R"({"metadata":{"name":"n"},"spec":{"taints":[
      {"key":"a","effect":"NoSchedule"},{"key":"a","effect":"NoSchedule"}]}})"),
                  "taints must be unique by key and effect pair"));
}

BOOST_AUTO_TEST_CASE(deployment_selects_its_own_pods) {
  const std::string path = "/apis/apps/v1/namespaces/default/deployments";
  const auto made = post(path, R"({"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":
      {"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[
      {"name":"c","image":"i"}]}}}})");
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"spec", "strategy", "rollingUpdate", "maxSurge"}) == "25%");
  BOOST_TEST(says(post(path, R"({"metadata":{"name":"e"},"spec":{"selector":{"matchLabels":
      {"a":"x"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[
      {"name":"c","image":"i"}]}}}})"),
                  "`selector` does not match template `labels`"));
}

BOOST_AUTO_TEST_CASE(job_labels_its_pods) {
  const auto made = post("/apis/batch/v1/namespaces/default/jobs", R"({"metadata":{"name":"j"},
      "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[
      {"name":"c","image":"i"}]}}}})");
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"spec", "template", "metadata", "labels", "job-name"}) == "j");
  BOOST_TEST(made.json().at("spec").at("backoffLimit") == 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
