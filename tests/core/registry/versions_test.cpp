// Versions: one stored object, spoken of in two ways.

#include <boost/test/unit_test.hpp>

#include "core/api/protobuf.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

const std::string kEvents = "/api/v1/namespaces/default/events";
const std::string kNewEvents = "/apis/events.k8s.io/v1/namespaces/default/events";
const std::string kV1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
const std::string kV2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";

constexpr std::string_view kOldEvent = R"({"metadata":{"name":"e"},
    "involvedObject":{"kind":"Pod","namespace":"default","name":"web"},"reason":"Pulled",
    "message":"pulled it","type":"Normal","count":2,"firstTimestamp":"2026-11-23T18:00:00Z",
    "source":{"component":"kubelet","host":"n1"}})";

constexpr std::string_view kNewEvent = R"({"metadata":{"name":"n"},
    "regarding":{"kind":"Pod","namespace":"default","name":"web"},"reason":"Bound",
    "note":"bound it","type":"Normal","action":"Binding","eventTime":"2026-11-23T18:00:00.5Z",
    "reportingController":"scheduler","reportingInstance":"s1"})";

constexpr std::string_view kScaler = R"({"metadata":{"name":"h","annotations":{"mine":"kept"}},
    "spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"minReplicas":2,"maxReplicas":9,
    "metrics":[
    {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue",
     "averageValue":"1Gi"}}},
    {"type":"Pods","pods":{"metric":{"name":"rps","selector":{"matchLabels":{"a":"b"}}},
     "target":{"type":"AverageValue","averageValue":"5"}}},
    {"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},
     "metric":{"name":"hits"},"target":{"type":"Value","value":"7"}}},
    {"type":"External","external":{"metric":{"name":"queue"},
     "target":{"type":"AverageValue","averageValue":"30"}}},
    {"type":"ContainerResource","containerResource":{"name":"cpu","container":"c",
     "target":{"type":"Utilization","averageUtilization":40}}},
    {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization",
     "averageUtilization":60}}}],
    "behavior":{"scaleDown":{"stabilizationWindowSeconds":60,"selectPolicy":"Min",
     "policies":[{"type":"Pods","value":1,"periodSeconds":15}]}}}})";

struct Versions : Cluster {
  Heard make_scaler() { return post(kV2, std::string(kScaler)); }
  static std::string annotation(const Heard& heard, std::string_view name) {
    return heard.text(
        {"metadata", "annotations", "autoscaling.alpha.kubernetes.io/" + std::string(name)});
  }
};

BOOST_FIXTURE_TEST_SUITE(an_event, Versions)

BOOST_AUTO_TEST_CASE(of_the_core_is_shown_by_events_k8s_io) {
  BOOST_REQUIRE(post(kEvents, std::string(kOldEvent)).status == 201);

  const auto shown = get(kNewEvents + "/e");

  BOOST_TEST(shown.status == 200);
  BOOST_TEST(shown.text({"apiVersion"}) == "events.k8s.io/v1");
  BOOST_TEST(shown.text({"regarding", "name"}) == "web");
  BOOST_TEST(shown.text({"note"}) == "pulled it");
  BOOST_TEST(shown.text({"deprecatedSource", "host"}) == "n1");
  BOOST_TEST(shown.text({"deprecatedFirstTimestamp"}) == "2026-11-23T18:00:00Z");
  BOOST_TEST(shown.json().at("deprecatedCount").as_int64() == 2);
  BOOST_TEST(find_member(shown.json(), "involvedObject") == nullptr);
}

BOOST_AUTO_TEST_CASE(of_events_k8s_io_is_shown_by_the_core) {
  const auto made = post(kNewEvents, std::string(kNewEvent));
  BOOST_REQUIRE(made.status == 201);
  BOOST_TEST(made.text({"apiVersion"}) == "events.k8s.io/v1");

  const auto shown = get(kEvents + "/n");

  BOOST_TEST(shown.text({"apiVersion"}) == "v1");
  BOOST_TEST(shown.text({"message"}) == "bound it");
  BOOST_TEST(shown.text({"reportingComponent"}) == "scheduler");
  BOOST_TEST(shown.text({"eventTime"}) == "2026-11-23T18:00:00.500000Z");
  BOOST_TEST(shown.version() == made.version());
}

BOOST_AUTO_TEST_CASE(of_events_k8s_io_must_say_more) {
  const auto refused = post(kNewEvents, R"({"metadata":{"name":"x"},"deprecatedCount":1,
      "series":{"count":1,"lastObservedTime":"2026-11-23T18:00:00Z"},
      "regarding":{"namespace":"default"}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message() ==
             "Event.events.k8s.io \"x\" is invalid: [series.count: Invalid value: \"\": should be "
             "at least 2, eventTime: Required value, type: Invalid value: \"\": has invalid "
             "value: , count: Invalid value: \"\": needs to be unset]");
  BOOST_TEST(refused.text({"details", "group"}) == "events.k8s.io");
}

BOOST_AUTO_TEST_CASE(of_events_k8s_io_changes_in_its_series_alone) {
  post(kNewEvents, std::string(kNewEvent));
  const auto path = kNewEvents + "/n";

  const auto counted =
      patch(path, "merge", R"({"series":{"count":2,"lastObservedTime":"2026-11-23T18:01:00Z"}})");
  const auto refused = patch(path, "merge", R"({"note":"else"})");

  BOOST_TEST(counted.status == 200);
  BOOST_TEST(counted.text({"series", "lastObservedTime"}) == "2026-11-23T18:01:00.000000Z");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message().find("message: Invalid value: \"else\": field is immutable") !=
             std::string::npos);
  BOOST_TEST(patch(kEvents + "/n", "merge", R"({"message":"else"})").status == 200);
}

BOOST_AUTO_TEST_CASE(with_a_time_must_name_its_reporter_in_both_versions) {
  const std::string body = R"({"metadata":{"name":"x"},"eventTime":"2026-11-23T18:00:00Z",
      "type":"Normal","reason":"r","action":"a","reportingInstance":"i")";
  const auto old = post(kEvents, body + R"(,"involvedObject":{"namespace":"default"}})");
  const auto now = post(kNewEvents, body + R"(,"regarding":{"namespace":"default"}})");

  BOOST_TEST(old.message().find("reportingComponent: Required value") != std::string::npos);
  BOOST_TEST(now.message().find("reportingController: Required value") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_is_not_there_is_missed_in_the_words_of_its_group) {
  BOOST_TEST(get(kNewEvents + "/none").message() == "events.events.k8s.io \"none\" not found");
  BOOST_TEST(get(kEvents + "/none").message() == "events \"none\" not found");
}

BOOST_AUTO_TEST_CASE(is_selected_by_the_names_of_the_version) {
  post(kEvents, std::string(kOldEvent));
  post(kNewEvents, std::string(kNewEvent));

  const auto chosen = get(kNewEvents + "?fieldSelector=regarding.name%3Dweb,reason%3DBound");
  BOOST_TEST(chosen.names() == std::vector<std::string>{"n"}, boost::test_tools::per_element());
  BOOST_TEST(get(kNewEvents + "?fieldSelector=reportingController%3Dscheduler").names().size() ==
             1U);
  BOOST_TEST(get(kNewEvents + "?fieldSelector=involvedObject.name%3Dweb").message() ==
             "field label not supported: involvedObject.name");
  BOOST_TEST(get(kEvents + "?fieldSelector=source%3Dscheduler").names().size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_watched_in_the_version_asked_for) {
  auto watching = watch(kNewEvents + "?watch=true&allowWatchBookmarks=true&timeoutSeconds=90");
  post(kEvents, std::string(kOldEvent));

  const auto frames = watching.frames();

  BOOST_REQUIRE(frames.size() == 1U);
  BOOST_TEST(text_at(frames[0], {"object", "apiVersion"}) == "events.k8s.io/v1");
  BOOST_TEST(text_at(frames[0], {"object", "note"}) == "pulled it");
}

BOOST_AUTO_TEST_CASE(is_listed_as_items_of_the_version_and_as_the_same_table) {
  post(kEvents, std::string(kOldEvent));
  const gate::Headers table = {{"Accept", "application/json;as=Table;g=meta.k8s.io;v=v1"}};

  const auto list = get(kNewEvents);
  BOOST_TEST(list.text({"apiVersion"}) == "events.k8s.io/v1");
  BOOST_TEST(text_at(array_at(list.json(), {"items"})[0], {"note"}) == "pulled it");
  BOOST_TEST(get(kNewEvents, table).body == get(kEvents, table).body);
  const auto whole = get(kNewEvents + "?includeObject=Object", table).json();
  BOOST_TEST(text_at(array_at(whole, {"rows"})[0], {"object", "note"}) == "pulled it");
}

BOOST_AUTO_TEST_CASE(is_deleted_through_either_version) {
  post(kEvents, std::string(kOldEvent));
  post(kNewEvents, std::string(kNewEvent));

  BOOST_TEST(erase(kNewEvents + "/e").text({"details", "group"}) == "events.k8s.io");
  BOOST_TEST(erase(kNewEvents).text({"apiVersion"}) == "events.k8s.io/v1");
  BOOST_TEST(get(kEvents).names().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(an_autoscaler, Versions)

BOOST_AUTO_TEST_CASE(of_v2_is_shown_by_v1_with_annotations) {
  BOOST_REQUIRE(make_scaler().status == 201);

  const auto shown = get(kV1 + "/h");

  BOOST_TEST(shown.text({"apiVersion"}) == "autoscaling/v1");
  BOOST_TEST(shown.json().at("spec").at("targetCPUUtilizationPercentage").as_int64() == 60);
  BOOST_TEST(shown.json().at("spec").as_object().if_contains("metrics") == nullptr);
  BOOST_TEST(annotation(shown, "metrics") ==
             R"([{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}},)"
             R"({"type":"Pods","pods":{"metricName":"rps","targetAverageValue":"5",)"
             R"("selector":{"matchLabels":{"a":"b"}}}},)"
             R"({"type":"Object","object":{"target":{"kind":"Ingress","name":"i"},)"
             R"("metricName":"hits","targetValue":"7"}},)"
             R"({"type":"External","external":{"metricName":"queue","targetAverageValue":"30"}},)"
             R"({"type":"ContainerResource","containerResource":{"name":"cpu",)"
             R"("targetAverageUtilization":40,"container":"c"}}])");
  BOOST_TEST(annotation(shown, "behavior") ==
             R"({"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[)"
             R"({"Type":"Pods","Value":4,"PeriodSeconds":15},)"
             R"({"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},)"
             R"("ScaleDown":{"StabilizationWindowSeconds":60,)"
             R"("SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":15}],)"
             R"("Tolerance":null}})");
}

BOOST_AUTO_TEST_CASE(loses_nothing_when_v1_writes_it_back) {  // P-23
  const auto made = make_scaler();
  const auto shown = get(kV1 + "/h");

  const auto put_back = put(kV1 + "/h", shown.body);

  BOOST_TEST(put_back.status == 200);
  BOOST_TEST(put_back.version() == made.version());  // P-07: nothing changed.
  BOOST_TEST(get(kV2 + "/h").body == made.body);
}

BOOST_AUTO_TEST_CASE(is_patched_in_the_fields_of_the_version) {
  make_scaler();

  const auto patched =
      patch(kV1 + "/h", "strategic-merge", R"({"spec":{"targetCPUUtilizationPercentage":75}})");

  BOOST_TEST(patched.status == 200);
  BOOST_TEST(patched.json().at("spec").at("targetCPUUtilizationPercentage").as_int64() == 75);
  const auto metrics = array_at(get(kV2 + "/h").json(), {"spec", "metrics"});
  BOOST_REQUIRE(metrics.size() == 6U);
  BOOST_TEST(integer_at(metrics[5], {"resource", "target", "averageUtilization"}).value() == 75);
  BOOST_TEST(get(kV2 + "/h").text({"metadata", "annotations", "mine"}) == "kept");
}

BOOST_AUTO_TEST_CASE(of_v1_without_a_target_has_the_default) {
  const auto made = post(kV1, R"({"metadata":{"name":"d"},"spec":{"maxReplicas":3,
      "scaleTargetRef":{"kind":"Deployment","name":"web"}}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.json().at("spec").at("targetCPUUtilizationPercentage").as_int64() == 80);
  BOOST_TEST(made.json().at("spec").at("minReplicas").as_int64() == 1);
}

BOOST_AUTO_TEST_CASE(with_annotations_that_are_no_metrics_does_without_them) {
  const auto made = post(kV1, R"({"metadata":{"name":"d","annotations":{
      "autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":7}]",
      "autoscaling.alpha.kubernetes.io/behavior":"{"}},"spec":{"maxReplicas":3,
      "targetCPUUtilizationPercentage":50,"scaleTargetRef":{"kind":"Deployment","name":"web"}}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.body.find("annotations") == std::string::npos);
  BOOST_TEST(array_at(get(kV2 + "/d").json(), {"spec", "metrics"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_no_annotation_that_a_client_of_v1_made_up) {
  const auto made = post(kV1, R"({"metadata":{"name":"d","annotations":{
      "autoscaling.alpha.kubernetes.io/conditions":"[]"}},"spec":{"maxReplicas":3,
      "targetCPUUtilizationPercentage":50,"scaleTargetRef":{"kind":"Deployment","name":"web"}}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(get(kV2 + "/d").body.find("alpha") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(shows_its_status_in_both_versions) {
  make_scaler();
  const auto status = R"({"status":{"desiredReplicas":4,"currentReplicas":3,
      "currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{
      "averageUtilization":55,"averageValue":"110m"}}}],
      "conditions":[{"type":"AbleToScale","status":"True"}]}})";
  BOOST_REQUIRE(patch(kV2 + "/h/status", "merge", status).status == 200);

  const auto shown = get(kV1 + "/h");

  BOOST_TEST(shown.json().at("status").at("currentCPUUtilizationPercentage").as_int64() == 55);
  BOOST_TEST(annotation(shown, "current-metrics") ==
             R"([{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":55,)"
             R"("currentAverageValue":"110m"}}])");
  const auto before = get(kV2 + "/h");
  BOOST_TEST(put(kV1 + "/h/status", shown.body).status == 200);
  BOOST_TEST(get(kV2 + "/h").body == before.body);
}

BOOST_AUTO_TEST_CASE(is_applied_in_the_version_asked_for) {
  const auto apply = [this](int percent) {
    return ask("PATCH", kV1 + "/h?fieldManager=me",
               R"({"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v1",
               "metadata":{"name":"h"},"spec":{"maxReplicas":3,"targetCPUUtilizationPercentage":)" +
                   std::to_string(percent) +
                   R"(,"scaleTargetRef":{"kind":"Deployment","name":"web"}}})",
               {{"Content-Type", "application/apply-patch+yaml"}});
  };

  BOOST_TEST(apply(50).status == 201);
  const auto again = apply(60);

  BOOST_TEST(again.status == 200);
  BOOST_TEST(again.text({"apiVersion"}) == "autoscaling/v1");
  BOOST_TEST(again.json().at("spec").at("targetCPUUtilizationPercentage").as_int64() == 60);
  BOOST_TEST(array_at(get(kV2 + "/h").json(), {"spec", "metrics"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_dry_run_in_the_version_asked_for) {
  const auto tried = post(kV1 + "?dryRun=All", R"({"metadata":{"name":"d"},"spec":{"maxReplicas":3,
      "scaleTargetRef":{"kind":"Deployment","name":"web"}}})");

  BOOST_TEST(tried.status == 201);
  BOOST_TEST(tried.text({"apiVersion"}) == "autoscaling/v1");
  BOOST_TEST(get(kV1 + "/d").status == 404);
}

BOOST_AUTO_TEST_CASE(is_decoded_by_the_fields_of_the_version) {
  const auto refused = post(kV1 + "?fieldValidation=Strict", R"({"metadata":{"name":"d"},
      "spec":{"maxReplicas":3,"metrics":[],"scaleTargetRef":{"kind":"D","name":"w"}}})");

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message().find("unknown field \"spec.metrics\"") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
