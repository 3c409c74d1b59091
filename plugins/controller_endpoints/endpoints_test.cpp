// What the Endpoints of a Service say about its pods.

#include "plugins/controller_endpoints/endpoints.hpp"

#include <chrono>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "plugins/controller_endpoints/subsets.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::controller_endpoints {
namespace {

using std::chrono::seconds;

const std::string kService = "/api/v1/namespaces/d/services/web";
const std::string kEndpoints = "/api/v1/namespaces/d/endpoints/web";
const std::string kPods = "/api/v1/namespaces/d/pods/";

Json service_of(JsonObject more = {}) {
  JsonObject spec{
      {"clusterIP", "10.0.0.7"},
      {"ipFamilies", JsonArray{"IPv4"}},
      {"selector", {{"app", "web"}}},
      {"ports", JsonArray{JsonObject{{"port", 80}, {"protocol", "TCP"}, {"targetPort", 8080}}}}};
  for (const auto& [key, value] : more) {
    spec[key] = value;
  }
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"labels", {{"tier", "front"}}}}},
          {"spec", std::move(spec)}};
}

Json pod_of(std::string_view ip, bool ready = true) {
  return {
      {"metadata", {{"labels", {{"app", "web"}}}}},
      {"spec",
       {{"nodeName", "n1"},
        {"containers",
         JsonArray{JsonObject{
             {"ports", JsonArray{JsonObject{{"name", "http"}, {"containerPort", 9090}}}}}}}}},
      {"status",
       {{"phase", "Running"},
        {"podIP", ip},
        {"podIPs", JsonArray{JsonObject{{"ip", ip}}}},
        {"conditions", JsonArray{JsonObject{{"type", "Ready"},
                                            {"status", ready ? "True" : "False"},
                                            {"lastTransitionTime", "2026-01-01T00:00:09Z"}}}}}}};
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<Endpoints> plugin;

  void begin() {
    plugin = std::make_unique<Endpoints>(host.host(), clock);
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
  /// "10.1.0.1,10.1.0.2/-:8080" : ready, not ready, ports; a subset each.
  std::string told() {
    const Json held = host.get(kEndpoints);
    std::string text = held.is_null() ? "none" : "";
    for (const auto& subset : array_at(held, {"subsets"})) {
      for (const auto* list : {"addresses", "notReadyAddresses"}) {
        for (const auto& address : array_at(subset, {list})) {
          text += std::string(text_at(address, {"ip"})) + " ";
        }
        text += std::string(list) == "addresses" ? "/ " : ": ";
      }
      for (const auto& port : array_at(subset, {"ports"})) {
        text += std::to_string(integer_at(port, {"port"}).value()) + " ";
      }
    }
    return text;
  }
  bool soon(const std::string& wanted) {
    const bool came = eventually([&] { return told() == wanted; });
    BOOST_TEST(told() == wanted);
    return came;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_service, Cluster)

BOOST_AUTO_TEST_CASE(has_its_ready_pods_and_those_that_are_not) {
  host.put(kService, service_of());
  host.put(kPods + "b", pod_of("10.1.0.2"));
  host.put(kPods + "a", pod_of("10.1.0.1"));
  host.put(kPods + "c", pod_of("10.1.0.3", false));
  host.put(kPods + "other",
           {{"metadata", {{"labels", {{"app", "x"}}}}}, {"status", {{"podIP", "10.1.0.4"}}}});
  begin();

  soon("10.1.0.1 10.1.0.2 / 10.1.0.3 : 8080 ");

  const Json held = host.get(kEndpoints);
  const Json& address = array_at(array_at(held, {"subsets"}).at(0), {"addresses"}).at(0);
  BOOST_TEST(text_at(address, {"nodeName"}) == "n1");
  BOOST_TEST(text_at(address, {"targetRef", "kind"}) == "Pod");
  BOOST_TEST(text_at(address, {"targetRef", "name"}) == "a");
  BOOST_TEST(object_at(held, {"metadata", "labels"}) ==
             (JsonObject{{"tier", "front"},
                         {"endpoints.kubernetes.io/managed-by", "endpoint-controller"}}));
  BOOST_TEST(text_at(held, {"metadata", "annotations", sdk::kTriggerTime}) ==
             "2026-01-01T00:00:09Z");
}

BOOST_AUTO_TEST_CASE(follows_its_pods) {
  host.put(kService, service_of());
  begin();
  soon("");
  host.put(kPods + "a", pod_of("10.1.0.1", false));
  soon("/ 10.1.0.1 : 8080 ");
  host.put(kPods + "a", pod_of("10.1.0.1"));
  soon("10.1.0.1 / : 8080 ");

  Json going = pod_of("10.1.0.1");
  going.at("metadata").as_object()["deletionTimestamp"] = "t";
  host.put(kPods + "a", going);
  soon("");
  host.put(kPods + "b", pod_of("10.1.0.2"));
  soon("10.1.0.2 / : 8080 ");
  Json ended = pod_of("10.1.0.2");
  ended.at("status").as_object()["phase"] = "Succeeded";
  host.put(kPods + "b", ended);
  soon("");
}

BOOST_AUTO_TEST_CASE(follows_a_changed_selector_and_a_pods_changed_labels) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("10.1.0.1 / : 8080 ");
  Json pod = pod_of("10.1.0.1");
  pod.at("metadata").at("labels").as_object()["app"] = "next";
  host.put(kPods + "a", pod);
  soon("");
  host.put(kService, service_of({{"selector", {{"app", "next"}}}}));
  soon("10.1.0.1 / : 8080 ");
}

BOOST_AUTO_TEST_CASE(groups_pods_by_the_ports_that_their_names_stand_for) {
  host.put(
      kService,
      service_of({{"ports", JsonArray{JsonObject{
                                {"port", 80}, {"protocol", "TCP"}, {"targetPort", "http"}}}}}));
  host.put(kPods + "a", pod_of("10.1.0.1"));
  Json other = pod_of("10.1.0.2");
  other.at("spec").at("containers").at(0).at("ports").at(0).as_object()["containerPort"] = 7070;
  host.put(kPods + "b", other);
  Json without = pod_of("10.1.0.3");
  without.at("spec").at("containers").at(0).as_object().erase("ports");
  host.put(kPods + "c", without);
  begin();

  soon("10.1.0.1 / : 9090 10.1.0.2 / : 7070 ");
}

BOOST_AUTO_TEST_CASE(that_publishes_what_is_not_ready_shows_it_as_ready) {
  host.put(kService, service_of({{"publishNotReadyAddresses", true}}));
  host.put(kPods + "a", pod_of("10.1.0.1", false));
  begin();
  soon("10.1.0.1 / : 8080 ");
}

BOOST_AUTO_TEST_CASE(that_is_headless_may_do_without_ports_and_says_what_it_is) {
  host.put(kService, service_of({{"clusterIP", "None"}, {"ports", JsonArray()}}));
  Json pod = pod_of("10.1.0.1");
  pod.at("spec").as_object()["hostname"] = "zero";
  pod.at("spec").as_object()["subdomain"] = "web";
  host.put(kPods + "a", pod);
  begin();

  soon("10.1.0.1 / : ");

  const Json held = host.get(kEndpoints);
  BOOST_TEST(object_at(held, {"metadata", "labels"}).contains("service.kubernetes.io/headless"));
  BOOST_TEST(text_at(array_at(array_at(held, {"subsets"}).at(0), {"addresses"}).at(0),
                     {"hostname"}) == "zero");
}

BOOST_AUTO_TEST_CASE(of_family_ipv6_has_addresses_of_that_family) {
  host.put(kService, service_of({{"ipFamilies", JsonArray{"IPv6"}}}));
  Json pod = pod_of("10.1.0.1");
  pod.at("status").as_object()["podIPs"] =
      JsonArray{JsonObject{{"ip", "10.1.0.1"}}, JsonObject{{"ip", "fd00::1"}}};
  host.put(kPods + "a", pod);
  begin();
  soon("fd00::1 / : 8080 ");
}

BOOST_AUTO_TEST_CASE(without_a_selector_is_left_alone) {
  Json service = service_of();
  service.at("spec").as_object().erase("selector");
  host.put(kService, service);
  host.put(kEndpoints, {{"subsets", JsonArray()}, {"mine", true}});
  host.put("/api/v1/namespaces/d/services/other", service_of());
  begin();

  BOOST_TEST(
      eventually([this] { return !host.get("/api/v1/namespaces/d/endpoints/other").is_null(); }));
  BOOST_TEST(find_member(host.get(kEndpoints), "mine") != nullptr);
}

BOOST_AUTO_TEST_CASE(takes_its_endpoints_with_it) {
  host.put(kService, service_of());
  begin();
  soon("");
  host.remove(kService);
  soon("none");
}

BOOST_AUTO_TEST_CASE(gets_its_endpoints_back_when_somebody_spoils_them) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("10.1.0.1 / : 8080 ");
  host.remove(kEndpoints);
  soon("10.1.0.1 / : 8080 ");
  host.put(kEndpoints, {{"subsets", JsonArray()}});
  soon("10.1.0.1 / : 8080 ");
}

BOOST_AUTO_TEST_CASE(settled_is_written_to_no_more) {
  host.put(kService, service_of());
  host.put(kPods + "a", pod_of("10.1.0.1"));
  begin();
  soon("10.1.0.1 / : 8080 ");
  const Json before = host.get(kEndpoints);

  (void)plugin->reconcile("d/web");

  BOOST_TEST(host.get(kEndpoints) == before);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_list_of_subsets, Cluster)

BOOST_AUTO_TEST_CASE(of_too_many_addresses_keeps_a_thousand_the_ready_ones_first) {
  const auto addresses = [](std::size_t count) {
    JsonArray list;
    for (std::size_t i = 0; i < count; ++i) {
      list.push_back(JsonObject{{"ip", std::to_string(i)}});
    }
    return list;
  };
  JsonArray few{JsonObject{{"addresses", addresses(1000)}}};
  BOOST_TEST(!truncate(few));

  JsonArray many{JsonObject{{"addresses", addresses(900)}, {"notReadyAddresses", addresses(100)}},
                 JsonObject{{"addresses", addresses(301)}, {"notReadyAddresses", addresses(9)}}};
  BOOST_TEST(truncate(many));
  const auto first = array_at(many.at(0), {"addresses"}).size();
  BOOST_TEST(first + array_at(many.at(1), {"addresses"}).size() == 1000U);
  BOOST_TEST(first == 749U);
  BOOST_TEST(array_at(many.at(0), {"notReadyAddresses"}).empty());

  JsonArray mixed{JsonObject{{"addresses", addresses(900)}, {"notReadyAddresses", addresses(300)}}};
  BOOST_TEST(truncate(mixed));
  BOOST_TEST(array_at(mixed.at(0), {"addresses"}).size() == 900U);
  BOOST_TEST(array_at(mixed.at(0), {"notReadyAddresses"}).size() == 100U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_endpoints_controller, Cluster)

BOOST_AUTO_TEST_CASE(removes_at_its_start_what_has_lost_its_service) {
  host.put(kEndpoints, {{"subsets", JsonArray()}});
  begin();
  soon("none");
}

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

  soon("10.1.0.0 / : 8080 ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_endpoints
