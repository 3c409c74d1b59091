// What becomes of a node that falls silent, and of the pods on it.

#include "plugins/controller_node_lifecycle/lifecycle.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_node_lifecycle {
namespace {

using std::chrono::seconds;

constexpr const char* kNode = "/api/v1/nodes/n1";
constexpr const char* kPod = "/api/v1/namespaces/default/pods/a";

Json node_that_is(std::string_view ready, std::string_view heartbeat = "t0") {
  return {{"status",
           {{"conditions", JsonArray{JsonObject{{"type", "Ready"},
                                                {"status", ready},
                                                {"reason", "KubeletReady"},
                                                {"lastHeartbeatTime", heartbeat}}}}}}};
}

Json pod_on_n1(JsonArray tolerations = {}) {
  return {{"spec", {{"nodeName", "n1"}, {"tolerations", std::move(tolerations)}}},
          {"status",
           {{"phase", "Running"},
            {"conditions", JsonArray{JsonObject{{"type", "Ready"}, {"status", "True"}}}}}}};
}

/// The plugin's caches follow the cluster on threads of their own: a test begins with what is
/// there, or waits until a change that it made shows.
struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<NodeLifecycle> plugin;

  void begin() {
    if (host.get("/api/v1/nodes/n2").is_null()) {
      host.put("/api/v1/nodes/n2", node_that_is("True"));
    }
    plugin = std::make_unique<NodeLifecycle>(host.host(), Periods(), clock);
    plugin->start();
    BOOST_REQUIRE(plugin->wait_synced({}));
  }
  /// Reconciles until `is_done`, or for half a minute.
  template <typename Done>
  bool eventually(Done is_done) {
    const auto end = std::chrono::steady_clock::now() + seconds(30);
    while (!is_done()) {
      if (std::chrono::steady_clock::now() > end) {
        return false;
      }
      (void)plugin->reconcile("n1");
      std::this_thread::yield();
    }
    return true;
  }
  std::string ready() { return std::string(condition_status(host.get(kNode), "Ready")); }
  bool has_taint(std::string_view key, std::string_view effect) {
    const Json node = host.get(kNode);
    for (const auto& taint : array_at(node, {"spec", "taints"})) {
      if (text_at(taint, {"key"}) == key && text_at(taint, {"effect"}) == effect) {
        return true;
      }
    }
    return false;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_node, Cluster)

BOOST_AUTO_TEST_CASE(that_was_heard_in_time_is_left_alone) {
  host.put(kNode, node_that_is("True"));
  begin();
  BOOST_TEST(plugin->reconcile("n1").ok());
  clock.advance(seconds(49));

  BOOST_TEST(plugin->reconcile("n1").ok());

  BOOST_TEST(ready() == "True");
}

BOOST_AUTO_TEST_CASE(that_falls_silent_is_unknown_and_tainted) {
  host.put(kNode, node_that_is("True"));
  host.put(kPod, pod_on_n1(JsonArray{JsonObject{{"operator", "Exists"}}}));
  begin();
  BOOST_TEST(plugin->reconcile("n1").ok());
  clock.advance(seconds(51));

  BOOST_TEST(eventually([this] { return has_taint(kUnreachable, "NoExecute"); }));

  BOOST_TEST(ready() == "Unknown");
  BOOST_TEST(has_taint(kUnreachable, "NoSchedule"));
  const Json pod = host.get(kPod);
  BOOST_TEST(text_at(array_at(pod, {"status", "conditions"}).at(0), {"status"}) == "False");
}

BOOST_AUTO_TEST_CASE(that_renews_its_lease_is_not_silent) {
  host.put(kNode, node_that_is("True"));
  begin();
  BOOST_TEST(plugin->reconcile("n1").ok());
  clock.advance(seconds(40));
  // The taint of a node that was silent once goes as soon as the plugin has seen this.
  Json node = node_that_is("True", "t1");
  node.as_object()["spec"] = JsonObject{
      {"taints", JsonArray{JsonObject{{"key", kUnreachable}, {"effect", "NoSchedule"}}}}};
  host.put(kNode, node);
  BOOST_TEST(eventually([this] { return !has_taint(kUnreachable, "NoSchedule"); }));
  clock.advance(seconds(40));

  (void)plugin->reconcile("n1");  // Its cache may lag behind its own write: a conflict.

  BOOST_TEST(ready() == "True");
}

BOOST_AUTO_TEST_CASE(that_is_ready_again_loses_its_taints) {
  Json node = node_that_is("True");
  node.as_object()["spec"] = JsonObject{
      {"taints", JsonArray{JsonObject{{"key", kUnreachable}, {"effect", "NoExecute"}},
                           JsonObject{{"key", kUnreachable}, {"effect", "NoSchedule"}}}}};
  host.put(kNode, node);
  begin();

  BOOST_TEST(eventually([this] { return !has_taint(kUnreachable, "NoSchedule"); }));

  BOOST_TEST(!has_taint(kUnreachable, "NoExecute"));
}

BOOST_AUTO_TEST_CASE(moves_no_pods_while_every_node_is_down) {
  host.put(kNode, node_that_is("False"));
  host.put("/api/v1/nodes/n2", node_that_is("False"));
  begin();

  BOOST_TEST(eventually([this] { return has_taint(kNotReady, "NoSchedule"); }));

  BOOST_TEST(!has_taint(kNotReady, "NoExecute"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_pod_on_a_tainted_node, Cluster)

void taint(Cluster& cluster) {
  Json node = node_that_is("True");
  node.as_object()["spec"] =
      JsonObject{{"taints", JsonArray{JsonObject{{"key", "drain"}, {"effect", "NoExecute"}}}}};
  cluster.host.put(kNode, node);
}

BOOST_AUTO_TEST_CASE(is_deleted_with_its_uid_named) {
  taint(*this);
  host.put(kPod, pod_on_n1());
  begin();

  BOOST_TEST(eventually([this] { return host.get(kPod).is_null(); }));

  const auto requests = host.requests();
  const auto deleted = std::find_if(requests.begin(), requests.end(),
                                    [](const auto& request) { return request.method == "DELETE"; });
  BOOST_REQUIRE(deleted != requests.end());
  BOOST_TEST(deleted->body.find("\"uid\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(stays_until_its_time_is_over) {
  taint(*this);
  host.put(kPod, pod_on_n1(JsonArray{JsonObject{
                     {"key", "drain"}, {"operator", "Exists"}, {"tolerationSeconds", 60}}}));
  begin();
  BOOST_TEST(plugin->reconcile("n1").ok());
  BOOST_TEST(host.get(kPod).is_object());
  clock.advance(seconds(61));
  host.put(kNode, host.get(kNode));

  BOOST_TEST(eventually([this] { return host.get(kPod).is_null(); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_node_lifecycle
