// Pods: what is filled in, what is refused and in which words, what may change.

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "core/registry/strategy.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Heard;

constexpr const char* kPods = "/api/v1/namespaces/default/pods";

struct Pods : test::Cluster {
  Heard make(std::string_view spec, std::string_view name = "p") {
    return post(kPods, concat({R"({"metadata":{"name":")", name, R"("},"spec":)", spec, "}"}));
  }
  /// "field: message" of the first cause.
  std::string refused(std::string_view spec) {
    const auto heard = make(spec);
    BOOST_TEST(heard.status == 422, heard.body);
    const Json tree = heard.json();
    const JsonArray& causes = array_at(tree, {"details", "causes"});
    return causes.empty()
               ? heard.message()
               : concat({text_at(causes[0], {"field"}), ": ", text_at(causes[0], {"message"})});
  }
  std::string container(std::string_view rest) {
    return concat({R"({"containers":[{"name":"c","image":"i")", rest, "}]}"});
  }
  static Json strategy_defaults(std::string_view text) {
    Json pod = parse_json(text).value().value;
    registry::find_strategy("pods").apply_defaults(pod);
    return pod;
  }
  static std::optional<std::int64_t> grace(std::string_view text,
                                           std::optional<std::int64_t> asked = {}) {
    return registry::find_strategy("pods").grace_seconds(parse_json(text).value().value, asked);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Pods)

BOOST_AUTO_TEST_CASE(begins_pending_with_its_defaults) {  // P5
  const auto made = make(R"({"containers":[{"name":"nginx","image":"nginx",
                             "ports":[{"containerPort":80}]}]})");

  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"status", "phase"}) == "Pending");
  BOOST_TEST(made.text({"status", "qosClass"}) == "BestEffort");
  BOOST_TEST(made.text({"spec", "restartPolicy"}) == "Always");
  BOOST_TEST(made.text({"spec", "dnsPolicy"}) == "ClusterFirst");
  const Json tree = made.json();
  BOOST_TEST(text_at(array_at(tree, {"spec", "containers"})[0], {"imagePullPolicy"}) == "Always");
}

BOOST_AUTO_TEST_CASE(may_bring_no_status_of_its_own) {
  const auto made = post(kPods, R"({"metadata":{"name":"p"},"status":{"phase":"Running"},
                                    "spec":{"containers":[{"name":"c","image":"i"}]}})");
  BOOST_TEST(made.text({"status", "phase"}) == "Pending");
}

BOOST_AUTO_TEST_CASE(pulls_always_only_what_may_change_under_its_name) {
  const auto policy = [](std::string_view image) {
    const Json pod = strategy_defaults(
        concat({R"({"spec":{"containers":[{"name":"c","image":")", image, R"("}]}})"}));
    return std::string(text_at(array_at(pod, {"spec", "containers"})[0], {"imagePullPolicy"}));
  };
  BOOST_TEST(policy("nginx") == "Always");
  BOOST_TEST(policy("localhost:5000/nginx") == "Always");
  BOOST_TEST(policy("nginx:latest") == "Always");
  BOOST_TEST(policy("localhost:5000/nginx:1.27") == "IfNotPresent");
  BOOST_TEST(policy("nginx@sha256:abc") == "IfNotPresent");
}

BOOST_AUTO_TEST_CASE(requests_what_it_is_limited_to_and_is_guaranteed) {
  const auto made = make(container(R"(,"resources":{"limits":{"cpu":"1","memory":"1Gi"}})"));
  const Json tree = made.json();
  BOOST_TEST(text_at(array_at(tree, {"spec", "containers"})[0], {"resources", "requests", "cpu"}) ==
             "1");
  BOOST_TEST(made.text({"status", "qosClass"}) == "Guaranteed");
}

BOOST_AUTO_TEST_CASE(is_burstable_in_between) {
  BOOST_TEST(
      make(container(R"(,"resources":{"requests":{"cpu":"1"}})")).text({"status", "qosClass"}) ==
      "Burstable");
}

BOOST_AUTO_TEST_CASE(needs_containers_with_names_and_images) {
  BOOST_TEST(refused("{}") == "spec.containers: Required value");
  BOOST_TEST(refused(R"({"containers":[{"image":"i"}]})") ==
             "spec.containers[0].name: Required value");
  BOOST_TEST(refused(R"({"containers":[{"name":"c"}]})") ==
             "spec.containers[0].image: Required value");
  BOOST_TEST(refused(R"({"containers":[{"name":"c","image":"i"},{"name":"c","image":"i"}]})") ==
             "spec.containers[1].name: Duplicate value: \"c\"");
  BOOST_TEST(refused(R"({"containers":[{"name":"C!","image":"i"}]})")
                 .starts_with("spec.containers[0].name: Invalid value: \"C!\": a lowercase"));
}

BOOST_AUTO_TEST_CASE(has_ports_within_range) {
  BOOST_TEST(refused(container(R"(,"ports":[{"containerPort":70000}])")) ==
             "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 "
             "and 65535, inclusive");
  BOOST_TEST(refused(container(R"(,"ports":[{"containerPort":80,"name":"a"},
                                            {"containerPort":81,"name":"a"}])")) ==
             "spec.containers[0].ports[1].name: Duplicate value: \"a\"");
}

BOOST_AUTO_TEST_CASE(mounts_only_volumes_it_has) {
  BOOST_TEST(refused(container(R"(,"volumeMounts":[{"name":"v","mountPath":"/v"}])")) ==
             "spec.containers[0].volumeMounts[0].name: Not found: \"v\"");
  BOOST_TEST(refused(R"({"volumes":[{"name":"v","emptyDir":{}}],"containers":[{"name":"c",
      "image":"i","volumeMounts":[{"name":"v","mountPath":"/v"},
                                  {"name":"v","mountPath":"/v"}]}]})") ==
             "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/v\": must be unique");
}

BOOST_AUTO_TEST_CASE(has_one_source_a_volume) {
  BOOST_TEST(refused(R"({"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/x"}}],
                         "containers":[{"name":"c","image":"i"}]})")
                 .ends_with("may not specify more than 1 volume type"));
  const Json pod = strategy_defaults(R"({"spec":{"volumes":[{"name":"v"}]}})");
  BOOST_TEST(find_path(array_at(pod, {"spec", "volumes"})[0], {"emptyDir"}) != nullptr);
}

BOOST_AUTO_TEST_CASE(asks_for_no_more_than_its_limit) {
  BOOST_TEST(
      refused(container(R"(,"resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1500m"}})")) ==
      "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or "
      "equal to cpu limit of 1500m");
}

BOOST_AUTO_TEST_CASE(has_probes_that_can_be_run) {
  BOOST_TEST(refused(container(R"(,"livenessProbe":{})")) ==
             "spec.containers[0].livenessProbe: Required value: must specify a handler type");
  BOOST_TEST(refused(container(R"(,"livenessProbe":{"httpGet":{"port":0}})"))
                 .starts_with("spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0"));
  BOOST_TEST(refused(container(R"(,"livenessProbe":{"successThreshold":2,
                                   "tcpSocket":{"port":80}})")) ==
             "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1");
}

BOOST_AUTO_TEST_CASE(knows_its_environment) {
  BOOST_TEST(refused(container(R"(,"env":[{"name":"A","value":"x",
      "valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}])"))
                 .ends_with("may not be specified when `value` is not empty"));
  BOOST_TEST(refused(container(R"(,"env":[{"name":"A","valueFrom":{"fieldRef":
      {"fieldPath":"metadata.nope"}}}])"))
                 .ends_with("field label not supported: metadata.nope"));
}

BOOST_AUTO_TEST_CASE(takes_a_new_image) {
  make(container(""));
  const auto changed = patch(std::string(kPods) + "/p", "strategic-merge",
                             R"({"spec":{"containers":[{"name":"c","image":"other:1"}]}})");
  BOOST_TEST(changed.status == 200, changed.body);
  const Json pod = changed.json();
  BOOST_TEST(text_at(array_at(pod, {"spec", "containers"})[0], {"image"}) == "other:1");
}

BOOST_AUTO_TEST_CASE(need_not_be_sent_what_the_server_shows_of_itself) {
  make(container(""));
  const auto put_back = put(std::string(kPods) + "/p",
                            concat({R"({"metadata":{"name":"p"},"spec":)", container(""), "}"}));
  BOOST_TEST(put_back.status == 200, put_back.body);
}

BOOST_AUTO_TEST_CASE(refuses_other_changes_by_name) {
  make(container(""));
  const auto changed =
      patch(std::string(kPods) + "/p", "merge", R"({"spec":{"hostNetwork":true}})");
  BOOST_TEST(changed.status == 422);
  BOOST_TEST(changed.message().find("spec: Forbidden: pod updates may not change fields other than "
                                    "`spec.containers[*].image`") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(may_gain_tolerations_but_not_lose_them) {
  make(R"({"containers":[{"name":"c","image":"i"}],
           "tolerations":[{"key":"a","operator":"Exists"}]})");
  const auto path = std::string(kPods) + "/p";
  BOOST_TEST(patch(path, "merge", R"({"spec":{"tolerations":[{"key":"a","operator":"Exists"},
      {"key":"b","operator":"Exists"}]}})")
                 .status == 200);
  BOOST_TEST(patch(path, "merge", R"({"spec":{"tolerations":[]}})").status == 422);
}

BOOST_AUTO_TEST_CASE(is_given_time_to_end_where_it_runs) {
  BOOST_TEST(*grace(R"({"spec":{"nodeName":"n"}})") == 30);
  BOOST_TEST(*grace(R"({"spec":{"nodeName":"n","terminationGracePeriodSeconds":5}})") == 5);
  BOOST_TEST(*grace(R"({"spec":{"nodeName":"n"}})", 1) == 1);
  BOOST_TEST(*grace(R"({"spec":{"nodeName":"n","terminationGracePeriodSeconds":-3}})") == 1);
  BOOST_TEST(*grace(R"({"spec":{}})") == 0);
  BOOST_TEST(*grace(R"({"spec":{"nodeName":"n"},"status":{"phase":"Failed"}})") == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
