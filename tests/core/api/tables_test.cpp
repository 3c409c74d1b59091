// Tables: the cells kubectl prints for the kinds of the walkthrough (P7).

#include "core/api/tables.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/clock.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

struct Printing : WithCatalog {
  WallTime now = *parse_rfc3339("2026-01-01T01:00:00Z");

  std::string cells(std::string_view group, std::string_view plural, std::string_view text,
                    std::string_view version = "v1") const {
    const Resource& resource = *catalog.find(group, version, plural);
    const Object object({"x", "", "x"}, 7, to_draft(resource, json(text)));
    std::string row;
    append_table_row(row, resource, object, IncludeObject::kNone, now);
    // Angle brackets are escaped, as Go does.
    for (const auto& [code, bracket] : {std::pair{"\\u003c", "<"}, std::pair{"\\u003e", ">"}}) {
      for (auto at = row.find(code); at != std::string::npos; at = row.find(code)) {
        row.replace(at, 6, bracket);
      }
    }
    return row;
  }
  std::string pod_status(std::string_view spec, std::string_view status) const {
    const Json row = json(
        cells("", "pods",
              concat({R"({"metadata":{"name":"p"},"spec":)", spec, R"(,"status":)", status, "}"})));
    const auto& cell = row.at("cells").as_array();
    return concat({cell[1].as_string(), " ", cell[2].as_string(), " ", cell[3].as_string()});
  }
};

constexpr std::string_view kOne = R"({"containers":[{"name":"c"}]})";

BOOST_FIXTURE_TEST_SUITE(a_row, Printing)

BOOST_AUTO_TEST_CASE(of_a_running_pod_is_what_kubectl_prints) {
  BOOST_TEST(cells("", "pods", R"({"metadata":{"name":"nginx","creationTimestamp":
      "2026-01-01T00:00:00Z"},"spec":{"nodeName":"n1","containers":[{"name":"c"}]},
      "status":{"phase":"Running","podIP":"10.1.2.3","containerStatuses":[
      {"name":"c","ready":true,"restartCount":0,"state":{"running":{}}}]}})") ==
             R"({"cells":["nginx","1/1","Running","0","60m","10.1.2.3","n1","<none>","<none>"]})");
}

BOOST_AUTO_TEST_CASE(of_a_pod_tells_why_it_waits) {
  BOOST_TEST(pod_status(kOne, R"({"phase":"Pending"})") == "0/1 Pending 0");
  BOOST_TEST(pod_status(kOne, R"({"phase":"Running","containerStatuses":[{"name":"c",
      "restartCount":2,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
      "lastState":{"terminated":{"finishedAt":"2026-01-01T00:55:00Z"}}}]})") ==
             "0/1 CrashLoopBackOff 2 (5m ago)");
  BOOST_TEST(pod_status(kOne, R"({"phase":"Failed","containerStatuses":[{"name":"c",
      "state":{"terminated":{"exitCode":3}}}]})") == "0/1 ExitCode:3 0");
  BOOST_TEST(pod_status(kOne, R"({"phase":"Succeeded","containerStatuses":[{"name":"c",
      "state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]})") == "0/1 Completed 0");
  BOOST_TEST(pod_status(kOne, R"({"phase":"Failed","reason":"Evicted"})") == "0/1 Evicted 0");
}

BOOST_AUTO_TEST_CASE(of_a_pod_counts_init_containers) {
  BOOST_TEST(
      pod_status(R"({"containers":[{"name":"c"}],"initContainers":[{"name":"a"},{"name":"b"}]})",
                 R"({"phase":"Pending","initContainerStatuses":[
                     {"name":"a","state":{"terminated":{"exitCode":0}}},
                     {"name":"b","state":{"running":{}}}]})") == "0/1 Init:1/2 0");
}

BOOST_AUTO_TEST_CASE(of_a_pod_that_goes_says_so) {
  BOOST_TEST(cells("", "pods", R"({"metadata":{"name":"p","deletionTimestamp":
      "2026-01-01T00:00:00Z"},"status":{"phase":"Running"}})")
                 .find("Terminating") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_a_node) {
  BOOST_TEST(cells("", "nodes", R"({"metadata":{"name":"n","creationTimestamp":
      "2026-01-01T00:59:00Z","labels":{"node-role.kubernetes.io/control-plane":""}},
      "spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],
      "addresses":[{"type":"InternalIP","address":"10.0.0.9"}],
      "nodeInfo":{"kubeletVersion":"v1.33.0","osImage":"Debian","kernelVersion":"6.1",
      "containerRuntimeVersion":"containerd://1.6"}}})") ==
             R"({"cells":["n","Ready,SchedulingDisabled","control-plane","60s","v1.33.0",)"
             R"("10.0.0.9","<none>","Debian","6.1","containerd://1.6"]})");
}

BOOST_AUTO_TEST_CASE(of_a_service) {
  BOOST_TEST(cells("", "services", R"({"metadata":{"name":"s"},"spec":{"type":"NodePort",
      "clusterIP":"10.0.0.10","clusterIPs":["10.0.0.10"],"selector":{"b":"2","a":"1"},
      "ports":[{"port":80,"nodePort":30080,"protocol":"TCP"}]}})") ==
             R"({"cells":["s","NodePort","10.0.0.10","<none>","80:30080/TCP","<unknown>",)"
             R"("a=1,b=2"]})");
}

BOOST_AUTO_TEST_CASE(of_config_maps_and_secrets_counts_their_data) {
  BOOST_TEST(cells("", "configmaps", R"({"metadata":{"name":"c"},"data":{"a":"1"},
      "binaryData":{"b":"MQ=="}})") == R"({"cells":["c","2","<unknown>"]})");
  BOOST_TEST(cells("", "secrets", R"({"metadata":{"name":"s"},"type":"Opaque",
      "data":{"a":"MQ=="}})") == R"({"cells":["s","Opaque","1","<unknown>"]})");
}

BOOST_AUTO_TEST_CASE(of_an_event_counts_over_time) {
  BOOST_TEST(cells("", "events", R"({"metadata":{"name":"e"},"type":"Normal","reason":"Pulled",
      "message":" done\n","count":3,"firstTimestamp":"2026-01-01T00:50:00Z",
      "lastTimestamp":"2026-01-01T00:59:50Z","source":{"component":"kubelet","host":"n1"},
      "involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec"}})") ==
             R"x({"cells":["10s (x3 over 10m)","Normal","Pulled","pod/p","spec","kubelet, n1",)x"
             R"("done","10m",3,"e"]})");
}

BOOST_AUTO_TEST_CASE(of_deployments_and_bindings) {
  BOOST_TEST(cells("apps", "deployments", R"({"metadata":{"name":"d"},"spec":{"replicas":3,
      "selector":{"matchLabels":{"app":"d"}},"template":{"spec":{"containers":[
      {"name":"c","image":"i:1"}]}}},"status":{"readyReplicas":1,"updatedReplicas":2}})") ==
             R"({"cells":["d","1/3","2","0","<unknown>","c","i:1","app=d"]})");
  BOOST_TEST(cells("rbac.authorization.k8s.io", "rolebindings", R"({"metadata":{"name":"b"},
      "roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"Group","name":"g"},
      {"kind":"ServiceAccount","name":"s","namespace":"n"}]})") ==
             R"({"cells":["b","Role/r","<unknown>","","g","n/s"]})");
}

BOOST_AUTO_TEST_CASE(of_every_kind_has_a_cell_for_every_column) {
  for (const Resource* resource : catalog.resources()) {
    if (!resource->has_verb("get")) {
      continue;
    }
    const Object object({"x", "", "x"}, 7,
                        to_draft(*resource, json(R"({"metadata":{"name":"x"}})")));
    std::string row;
    append_table_row(row, *resource, object, IncludeObject::kMetadata, now);
    BOOST_TEST(json(row).at("cells").as_array().size() == resource->columns.size());
    BOOST_TEST(json(column_definitions_json(*resource)).as_array().size() ==
               resource->columns.size());
  }
}

BOOST_AUTO_TEST_CASE(may_carry_the_metadata_alone) {
  const Object object({"pods", "", "x"}, 7,
                      to_draft(pods(), json(R"({"metadata":{"name":"}{\"","labels":{"a":"b"}}})")));
  std::string text;
  append_partial_metadata(text, object);
  const Json partial = json(text);
  BOOST_TEST(text_at(partial, {"kind"}) == "PartialObjectMetadata");
  BOOST_TEST(text_at(partial, {"metadata", "name"}) == "}{\"");
  BOOST_TEST(text_at(partial, {"metadata", "resourceVersion"}) == "7");
  BOOST_TEST(find_path(partial, {"spec"}) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
