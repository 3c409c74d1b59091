// What a ReplicaSet does about its pods, seen through the cluster alone.

#include "plugins/controller_replica_set/replica_sets.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_replica_set {
namespace {

using std::chrono::seconds;

const std::string kSet = "/apis/apps/v1/namespaces/d/replicasets/web";
const std::string kPods = "/api/v1/namespaces/d/pods";

Json set_of(int replicas, JsonObject more = {}) {
  JsonObject spec{
      {"replicas", replicas},
      {"selector", {{"matchLabels", {{"app", "web"}}}}},
      {"template",
       {{"metadata", {{"labels", {{"app", "web"}}}}},
        {"spec", {{"containers", JsonArray{JsonObject{{"name", "c"}, {"image", "i"}}}}}}}}};
  for (const auto& [key, value] : more) {
    spec[key] = value;
  }
  return {{"apiVersion", "apps/v1"},
          {"kind", "ReplicaSet"},
          {"metadata", {{"uid", "set-uid"}, {"generation", 1}}},
          {"spec", std::move(spec)}};
}

Json pod_labelled(std::string_view app) {
  return {{"metadata", {{"labels", {{"app", app}}}}}, {"status", {{"phase", "Running"}}}};
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<ReplicaSets> plugin;

  void begin() {
    plugin = std::make_unique<ReplicaSets>(host.host(), clock);
    plugin->start();
    BOOST_REQUIRE(plugin->wait_synced({}));
  }
  /// Whether `is_done` within half a minute; the plugin's clock goes on meanwhile.
  template <typename Done>
  bool eventually(Done is_done) {
    const auto begun = std::chrono::steady_clock::now();
    auto last = begun;
    while (!is_done()) {
      std::this_thread::yield();
      const auto now = std::chrono::steady_clock::now();
      if (now - begun > seconds(30)) {
        return false;
      }
      clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(now - last));
      last = now;
    }
    return true;
  }
  std::vector<Json> pods() {
    std::vector<Json> all;
    const auto listed = sdk::Client(host.host()).get({.resource = "pods", .ns = "d"}).value();
    for (const auto& pod : array_at(listed, {"items"})) {
      all.push_back(pod);
    }
    return all;
  }
  std::size_t owned() {
    std::size_t count = 0;
    for (const auto& pod : pods()) {
      const auto& owners = array_at(pod, {"metadata", "ownerReferences"});
      count += !owners.empty() && text_at(owners.at(0), {"uid"}) == "set-uid" ? 1U : 0U;
    }
    return count;
  }
  std::int64_t told(std::string_view field) {
    return integer_at(host.get(kSet), {"status", field}).value_or(0);
  }
  void mark_ready(const Json& pod, std::string_view since = "2026-01-01T00:00:00Z") {
    Json ready = pod;
    ready.as_object()["status"] = JsonObject{
        {"phase", "Running"},
        {"conditions", JsonArray{JsonObject{
                           {"type", "Ready"}, {"status", "True"}, {"lastTransitionTime", since}}}}};
    host.put(kPods + "/" + std::string(text_at(pod, {"metadata", "name"})), ready);
  }
  bool has_event(std::string_view reason, std::string_view message) {
    for (const auto& request : host.requests()) {
      if (request.method == "POST" && request.path == "/api/v1/namespaces/d/events" &&
          request.body.find(reason) != std::string::npos &&
          request.body.find(message) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_replica_set, Cluster)

BOOST_AUTO_TEST_CASE(makes_the_pods_it_asks_for_and_tells_so) {
  begin();
  host.put(kSet, set_of(3));

  BOOST_TEST(eventually([this] { return told("replicas") == 3; }));

  BOOST_TEST(owned() == 3U);
  BOOST_TEST(told("fullyLabeledReplicas") == 3);
  BOOST_TEST(told("observedGeneration") == 1);
  const auto pod = pods().front();
  const auto& owner = array_at(pod, {"metadata", "ownerReferences"}).at(0);
  BOOST_TEST(owner == Json({{"apiVersion", "apps/v1"},
                            {"kind", "ReplicaSet"},
                            {"name", "web"},
                            {"uid", "set-uid"},
                            {"controller", true},
                            {"blockOwnerDeletion", true}}));
  BOOST_TEST(text_at(pod, {"metadata", "labels", "app"}) == "web");
  BOOST_TEST(eventually([this] { return has_event("SuccessfulCreate", "Created pod: web-"); }));
}

BOOST_AUTO_TEST_CASE(makes_no_pod_twice_while_its_cache_lags) {
  begin();
  host.put(kSet, set_of(60));

  BOOST_TEST(eventually([this] { return told("replicas") == 60; }));

  BOOST_TEST(host.requests("POST").size() >= 60U);
  BOOST_TEST(owned() == 60U);
  BOOST_TEST(host.requests("DELETE").empty());
}

BOOST_AUTO_TEST_CASE(deletes_what_is_too_many_the_unready_first) {
  begin();
  host.put(kSet, set_of(3));
  BOOST_REQUIRE(eventually([this] { return told("replicas") == 3; }));
  const auto keeps = pods().at(1);
  mark_ready(keeps);

  Json set = host.get(kSet);
  set.at("spec").as_object()["replicas"] = 1;
  host.put(kSet, set);

  BOOST_TEST(eventually([this] { return told("replicas") == 1 && told("readyReplicas") == 1; }));
  BOOST_TEST(pods().size() == 1U);
  BOOST_TEST(text_at(pods().front(), {"metadata", "name"}) == text_at(keeps, {"metadata", "name"}));
  BOOST_TEST(eventually([this] { return has_event("SuccessfulDelete", "Deleted pod: web-"); }));
}

BOOST_AUTO_TEST_CASE(replaces_a_pod_that_has_ended_and_one_that_goes) {
  begin();
  host.put(kSet, set_of(2));
  BOOST_REQUIRE(eventually([this] { return told("replicas") == 2; }));

  Json ended = pods().at(0);
  Json going = pods().at(1);
  ended.as_object()["status"] = JsonObject{{"phase", "Failed"}};
  host.put(kPods + "/" + std::string(text_at(ended, {"metadata", "name"})), ended);
  going.at("metadata").as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  host.put(kPods + "/" + std::string(text_at(going, {"metadata", "name"})), going);

  BOOST_TEST(eventually([this] { return pods().size() == 4U && told("replicas") == 2; }));
}

BOOST_AUTO_TEST_CASE(adopts_an_orphan_it_selects_and_makes_one_less) {
  host.put(kPods + "/lone", pod_labelled("web"));
  host.put(kPods + "/stranger", pod_labelled("other"));
  begin();
  host.put(kSet, set_of(2));

  BOOST_TEST(eventually([this] { return told("replicas") == 2; }));

  BOOST_TEST(pods().size() == 3U);
  BOOST_TEST(owned() == 2U);
  BOOST_TEST(array_at(host.get(kPods + "/stranger"), {"metadata", "ownerReferences"}).empty());
}

BOOST_AUTO_TEST_CASE(lets_go_of_a_pod_it_no_longer_selects) {
  begin();
  host.put(kSet, set_of(1));
  BOOST_REQUIRE(eventually([this] { return told("replicas") == 1; }));

  Json pod = pods().front();
  pod.at("metadata").at("labels").as_object()["app"] = "debug";
  host.put(kPods + "/" + std::string(text_at(pod, {"metadata", "name"})), pod);

  BOOST_TEST(eventually([this] { return pods().size() == 2U && told("replicas") == 1; }));
  const auto patches = host.requests();
  BOOST_TEST(std::any_of(patches.begin(), patches.end(), [](const auto& request) {
    return request.method == "PATCH" &&
           request.body.find(R"({"$patch":"delete","uid":"set-uid"})") != std::string::npos;
  }));
}

BOOST_AUTO_TEST_CASE(counts_as_available_what_was_ready_for_long_enough) {
  begin();
  host.put(kSet, set_of(1, {{"minReadySeconds", 3600}}));
  BOOST_REQUIRE(eventually([this] { return told("replicas") == 1; }));

  mark_ready(pods().front(), to_rfc3339(clock.now()));
  BOOST_TEST(eventually([this] { return told("readyReplicas") == 1; }));
  BOOST_TEST(told("availableReplicas") == 0);

  clock.advance(seconds(3601));
  host.put(kSet, host.get(kSet));  // Its timer counts real time in this test.
  BOOST_TEST(eventually([this] { return told("availableReplicas") == 1; }));
}

BOOST_AUTO_TEST_CASE(tells_why_it_makes_no_pods_and_takes_it_back) {
  host.refuse("POST", kPods, 403, "exceeded quota", 1'000'000);
  begin();
  host.put(kSet, set_of(2));

  BOOST_TEST(eventually([this] {
    const Json set = host.get(kSet);
    const auto& conditions = array_at(set, {"status", "conditions"});
    return !conditions.empty() && text_at(conditions.at(0), {"type"}) == "ReplicaFailure" &&
           text_at(conditions.at(0), {"status"}) == "True" &&
           text_at(conditions.at(0), {"reason"}) == "FailedCreate" &&
           text_at(conditions.at(0), {"message"}) == "exceeded quota";
  }));
  host.refuse("POST", kPods, 403, "", 0);
  BOOST_TEST(eventually([this] { return told("replicas") == 2; }));
  BOOST_TEST(eventually([this] {
    return array_at(host.get(kSet), {"status", "conditions"}).empty();
  }));
  BOOST_TEST(eventually([this] { return has_event("FailedCreate", "Error creating: exceeded"); }));
}

BOOST_AUTO_TEST_CASE(that_selects_everything_makes_nothing) {
  const std::string other = "/apis/apps/v1/namespaces/d/replicasets/other";
  const auto others = [&] { return integer_at(host.get(other), {"status", "replicas"}); };
  begin();
  host.put(kSet, set_of(2, {{"selector", JsonObject()}}));
  host.put(other, set_of(1));
  BOOST_REQUIRE(eventually([&] { return others() == 1; }));
  Json more = host.get(other);
  more.at("spec").as_object()["replicas"] = 2;

  host.put(other, more);

  BOOST_TEST(eventually([&] { return others() == 2; }));
  BOOST_TEST(pods().size() == 2U);  // The other's; the first has had its turn long ago.
}

BOOST_AUTO_TEST_CASE(that_is_going_makes_nothing) {
  begin();
  Json set = set_of(2);
  set.at("metadata").as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  host.put(kSet, set);

  BOOST_TEST(eventually([this] { return told("observedGeneration") == 1; }));
  BOOST_TEST(pods().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_replication_controller, Cluster)

BOOST_AUTO_TEST_CASE(makes_its_pods_by_the_same_engine) {
  const std::string path = "/api/v1/namespaces/d/replicationcontrollers/old";
  Json controller = set_of(2);
  controller.as_object()["kind"] = "ReplicationController";
  controller.as_object()["apiVersion"] = "v1";
  controller.at("spec").as_object()["selector"] = JsonObject{{"app", "web"}};
  begin();
  host.put(path, controller);

  BOOST_TEST(eventually([&] {
    return integer_at(host.get(path), {"status", "replicas"}).value_or(0) == 2;
  }));
  const auto pod = pods().front();
  BOOST_TEST(text_at(array_at(pod, {"metadata", "ownerReferences"}).at(0), {"kind"}) ==
             "ReplicationController");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_replica_set_controller, Cluster)

BOOST_AUTO_TEST_CASE(converges_though_events_are_lost_and_it_is_restarted) {
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  host.lose_events(5, seed);
  begin();
  host.put(kSet, set_of(40));
  (void)eventually([this] { return owned() >= 10; });
  begin();  // Another one takes over in the middle.
  Json set = host.get(kSet);
  set.at("spec").as_object()["replicas"] = 20;
  host.put(kSet, set);

  host.lose_events(0, 0);
  host.lose_log();  // What a resync does.

  BOOST_TEST(eventually([this] { return owned() == 20 && told("replicas") == 20; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_replica_set
