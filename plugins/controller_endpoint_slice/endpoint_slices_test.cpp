// What the slices of a Service say about its pods.

#include "plugins/controller_endpoint_slice/endpoint_slices.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

using std::chrono::seconds;

const std::string kService = "/api/v1/namespaces/d/services/web";
const std::string kPods = "/api/v1/namespaces/d/pods/";

Json service_of(JsonObject more = {}) {
  JsonObject spec{
      {"clusterIP", "10.0.0.7"},
      {"ipFamilies", JsonArray{"IPv4"}},
      {"selector", {{"app", "web"}}},
      {"ports", JsonArray{JsonObject{
                    {"name", "www"}, {"port", 80}, {"protocol", "TCP"}, {"targetPort", 8080}}}}};
  for (const auto& [key, value] : more) {
    spec[key] = value;
  }
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"uid", "service-uid"}, {"labels", {{"tier", "front"}}}}},
          {"spec", std::move(spec)}};
}

Json pod_of(std::string_view ip, bool ready = true) {
  return {
      {"metadata", {{"labels", {{"app", "web"}}}}},
      {"spec", {{"nodeName", "n1"}}},
      {"status",
       {{"phase", "Running"},
        {"podIPs", JsonArray{JsonObject{{"ip", ip}}}},
        {"conditions", JsonArray{JsonObject{{"type", "Ready"},
                                            {"status", ready ? "True" : "False"},
                                            {"lastTransitionTime", "2026-01-01T00:00:09Z"}}}}}}};
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<EndpointSlices> plugin;

  Cluster() {
    host.put("/api/v1/nodes/n1",
             {{"metadata", {{"labels", {{"topology.kubernetes.io/zone", "z1"}}}}}});
  }
  void begin() {
    plugin = std::make_unique<EndpointSlices>(host.host(), clock);
    plugin->start();
    BOOST_REQUIRE(plugin->wait_synced({}));
  }
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
  std::vector<Json> slices() {
    std::vector<Json> all;
    const auto listed =
        sdk::Client(host.host())
            .get({.group = "discovery.k8s.io", .resource = "endpointslices", .ns = "d"})
            .value();
    for (const auto& slice : array_at(listed, {"items"})) {
      all.push_back(slice);
    }
    return all;
  }
  /// "IPv4:8080:10.1.0.1+ 10.1.0.2-; ": a slice's family, ports and endpoints, ready or not (and
  /// ~ where it is going). Sorted.
  std::string told() {
    std::multiset<std::string> texts;
    for (const auto& slice : slices()) {
      std::string text = std::string(text_at(slice, {"addressType"})) + ":";
      for (const auto& port : array_at(slice, {"ports"})) {
        text += std::to_string(integer_at(port, {"port"}).value());
      }
      std::set<std::string> endpoints;
      for (const auto& endpoint : array_at(slice, {"endpoints"})) {
        const auto is = [&](std::string_view name) {
          return find_path(endpoint, {"conditions", name})->as_bool();
        };
        endpoints.insert(std::string(text_at(array_at(endpoint, {"addresses"}).at(0), {})) +
                         (is("ready") ? "+" : "-") + (is("terminating") ? "~" : ""));
      }
      for (const auto& endpoint : endpoints) {
        text += " " + endpoint;
      }
      texts.insert(text + "; ");
    }
    std::string all;
    for (const auto& text : texts) {
      all += text;
    }
    return all;
  }
  void soon(const std::string& wanted) {
    (void)eventually([&] { return told() == wanted; });
    BOOST_TEST(told() == wanted);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_service, Cluster)

BOOST_AUTO_TEST_CASE(has_a_slice_that_lists_its_pods) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  host.put(kPods + "b", pod_of("10.1.0.2", false));
  begin();

  soon("IPv4:8080 10.1.0.1+ 10.1.0.2-; ");

  const Json slice = slices().at(0);
  BOOST_TEST(text_at(slice, {"metadata", "name"}).starts_with("web-"));
  BOOST_TEST(object_at(slice, {"metadata", "labels"}) ==
             (JsonObject{{"tier", "front"},
                         {kServiceName, "web"},
                         {kManagedBy, "endpointslice-controller.k8s.io"}}));
  BOOST_TEST(array_at(slice, {"metadata", "ownerReferences"}).at(0) ==
             Json({{"apiVersion", "v1"},
                   {"kind", "Service"},
                   {"name", "web"},
                   {"uid", "service-uid"},
                   {"controller", true},
                   {"blockOwnerDeletion", true}}));
  BOOST_TEST(array_at(slice, {"ports"}).at(0) ==
             Json({{"name", "www"}, {"protocol", "TCP"}, {"port", 8080}}));
}

BOOST_AUTO_TEST_CASE(tells_of_each_pod_where_it_is_and_what_it_is) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");

  const Json slice = slices().at(0);
  const Json& endpoint = array_at(slice, {"endpoints"}).at(0);
  BOOST_TEST(text_at(endpoint, {"nodeName"}) == "n1");
  BOOST_TEST(text_at(endpoint, {"zone"}) == "z1");
  BOOST_TEST(text_at(endpoint, {"targetRef", "name"}) == "a");
  BOOST_TEST(find_member(endpoint, "hints") == nullptr);
  BOOST_TEST(text_at(slice, {"metadata", "annotations", sdk::kTriggerTime}) ==
             "2026-01-01T00:00:09Z");
}

BOOST_AUTO_TEST_CASE(without_pods_has_one_empty_slice) {
  host.put(kService, service_of());
  begin();
  soon("IPv4:; ");
  const std::string name(text_at(slices().at(0), {"metadata", "name"}));

  host.put(kPods + "a", pod_of("10.1.0.1"));
  soon("IPv4:8080 10.1.0.1+; ");
  BOOST_TEST(text_at(slices().at(0), {"metadata", "name"}) == name);  // Written anew, not remade.

  host.remove(kPods + "a");
  soon("IPv4:; ");
  BOOST_TEST(text_at(slices().at(0), {"metadata", "name"}) == name);
}

BOOST_AUTO_TEST_CASE(lists_a_pod_that_goes_until_it_is_gone) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");

  Json going = pod_of("10.1.0.1");
  going.at("metadata").as_object()["deletionTimestamp"] = "t";
  host.put(kPods + "a", going);

  soon("IPv4:8080 10.1.0.1-~; ");
  const Json slice = slices().at(0);
  BOOST_TEST(find_path(array_at(slice, {"endpoints"}).at(0), {"conditions", "serving"})->as_bool());
}

BOOST_AUTO_TEST_CASE(of_two_families_has_slices_of_both) {
  host.put(kService, service_of({{"ipFamilies", JsonArray{"IPv4", "IPv6"}}}));
  Json pod = pod_of("10.1.0.1");
  pod.at("status").at("podIPs").as_array().push_back(JsonObject{{"ip", "fd00::1"}});
  host.put(kPods + "a", pod);
  begin();
  soon("IPv4:8080 10.1.0.1+; IPv6:8080 fd00::1+; ");

  host.put(kService, service_of());
  soon("IPv4:8080 10.1.0.1+; ");
}

BOOST_AUTO_TEST_CASE(of_a_named_port_has_a_slice_for_each_number) {
  host.put(
      kService,
      service_of({{"ports", JsonArray{JsonObject{
                                {"port", 80}, {"protocol", "TCP"}, {"targetPort", "http"}}}}}));
  for (const int number : {1, 2}) {
    Json pod = pod_of("10.1.0." + std::to_string(number));
    pod.at("spec").as_object()["containers"] = JsonArray{JsonObject{
        {"ports", JsonArray{JsonObject{{"name", "http"}, {"containerPort", 9000 + number}}}}}};
    host.put(kPods + std::to_string(number), pod);
  }
  begin();
  soon("IPv4:9001 10.1.0.1+; IPv4:9002 10.1.0.2+; ");
}

BOOST_AUTO_TEST_CASE(that_publishes_what_is_not_ready_and_is_headless_says_so) {
  host.put(kService, service_of({{"publishNotReadyAddresses", true}, {"clusterIP", "None"}}));
  host.put(kPods + "a", pod_of("10.1.0.1", false));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");
  const Json slice = slices().at(0);
  BOOST_TEST(object_at(slice, {"metadata", "labels"}).contains("service.kubernetes.io/headless"));
}

BOOST_AUTO_TEST_CASE(that_prefers_close_traffic_hints_each_endpoints_own_zone) {
  host.put(kService, service_of({{"trafficDistribution", "PreferClose"}}));
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");
  const Json slice = slices().at(0);
  BOOST_TEST(*find_path(array_at(slice, {"endpoints"}).at(0), {"hints", "forZones"}) ==
             Json(JsonArray{JsonObject{{"name", "z1"}}}));
}

BOOST_AUTO_TEST_CASE(learns_of_a_node_whose_zone_comes_late) {
  host.remove("/api/v1/nodes/n1");
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");

  host.put("/api/v1/nodes/n1",
           {{"metadata", {{"labels", {{"topology.kubernetes.io/zone", "z2"}}}}}});

  BOOST_TEST(eventually([this] {
    const Json slice = slices().at(0);
    return text_at(array_at(slice, {"endpoints"}).at(0), {"zone"}) == "z2";
  }));
}

BOOST_AUTO_TEST_CASE(of_many_pods_has_slices_of_a_hundred_and_few_writes) {
  host.put(kService, service_of());
  for (int i = 0; i < 250; ++i) {
    host.put(kPods + std::to_string(i), pod_of("10.1.0." + std::to_string(i)));
  }
  begin();
  const auto sizes = [this] {
    std::multiset<std::size_t> all;
    for (const auto& slice : slices()) {
      all.insert(array_at(slice, {"endpoints"}).size());
    }
    return all;
  };
  BOOST_TEST(eventually([&] { return sizes() == std::multiset<std::size_t>{50, 100, 100}; }));
  const auto before = host.requests("PUT").size();

  host.put(kPods + "7", pod_of("10.1.0.7", false));

  BOOST_TEST(eventually([this] { return told().find("10.1.0.7-") != std::string::npos; }));
  BOOST_TEST(host.requests("PUT").size() == before + 1);
}

BOOST_AUTO_TEST_CASE(without_a_selector_is_left_alone) {
  Json service = service_of();
  service.at("spec").as_object().erase("selector");
  host.put(kService, service);
  host.put("/api/v1/namespaces/d/services/other", service_of());
  begin();
  soon("IPv4:; ");  // The other's.
  BOOST_TEST(text_at(slices().at(0), {"metadata", "labels", kServiceName}) == "other");
}

BOOST_AUTO_TEST_CASE(gets_its_slice_back_when_somebody_spoils_it) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("IPv4:8080 10.1.0.1+; ");
  const std::string path = "/apis/discovery.k8s.io/v1/namespaces/d/endpointslices/" +
                           std::string(text_at(slices().at(0), {"metadata", "name"}));
  Json spoiled = host.get(path);
  spoiled.as_object()["endpoints"] = JsonArray();
  host.put(path, spoiled);
  soon("IPv4:8080 10.1.0.1+; ");
  host.remove(path);
  soon("IPv4:8080 10.1.0.1+; ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_endpoint_slice_controller, Cluster)

BOOST_AUTO_TEST_CASE(converges_though_events_are_lost_and_it_is_restarted) {
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  host.put(kService, service_of());
  begin();
  host.lose_events(5, seed);
  for (int i = 0; i < 50; ++i) {
    host.put(kPods + std::to_string(i), pod_of("10.1.0." + std::to_string(i), i % 2 == 0));
  }
  begin();  // Another one takes over in the middle.
  for (int i = 1; i < 50; ++i) {
    host.remove(kPods + std::to_string(i));
  }

  host.lose_events(0, 0);
  host.lose_log();  // What a resync does.

  soon("IPv4:8080 10.1.0.0+; ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_endpoint_slice
