// Which pods stand behind a Service, and at which ports and addresses.

#include "core/sdk/services.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/sdk/client.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Behind {
  test::FakeHost host;
  Client client{host.host()};
  Informer pods{host.host(), {.resource = "pods"}, {}, {.indexes = {label_keys_of}}};
  Informer services{host.host(), {.resource = "services"}, {}, {.indexes = {selector_keys_of}}};

  void put_pod(const std::string& name, Json object) {
    host.put("/api/v1/namespaces/d/pods/" + name, object);
  }
  void put_service(Json selector, std::string_view type = "ClusterIP") {
    host.put("/api/v1/namespaces/d/services/web",
             {{"spec", {{"type", type}, {"selector", std::move(selector)}}}});
  }
  ObjectHandle pod(const std::string& name) {
    return client.find({.resource = "pods", .ns = "d", .name = name});
  }
  ObjectHandle service() { return client.find({.resource = "services", .ns = "d", .name = "web"}); }
  void sync() {
    pods.start();
    services.start();
    BOOST_REQUIRE(pods.wait_synced({}) && services.wait_synced({}));
  }
  std::string behind() {
    std::string names;
    for (const auto& found : pods_behind(pods, 0, service())) {
      names += found.name();
    }
    return names;
  }
};

Json labelled(JsonObject labels) {
  return {{"metadata", {{"labels", std::move(labels)}}}};
}

BOOST_FIXTURE_TEST_SUITE(a_service, Behind)

BOOST_AUTO_TEST_CASE(has_the_pods_that_carry_all_its_labels) {
  put_service({{"app", "web"}, {"tier", "front"}});
  put_pod("a", labelled({{"app", "web"}, {"tier", "front"}, {"more", "x"}}));
  put_pod("b", labelled({{"app", "web"}}));
  put_pod("c", labelled({{"app", "web"}, {"tier", "back"}}));
  host.put("/api/v1/namespaces/other/pods/d", labelled({{"app", "web"}, {"tier", "front"}}));
  sync();

  BOOST_TEST(behind() == "a");
  BOOST_TEST(services_of(services, 0, pod("a")).size() == 1U);
  BOOST_TEST(services_of(services, 0, pod("b")).empty());
}

BOOST_AUTO_TEST_CASE(that_selects_nothing_has_no_pods) {
  put_service(JsonObject());
  BOOST_TEST(!selects_pods(service().root()));
  put_service({{"app", "web"}}, "ExternalName");
  BOOST_TEST(!selects_pods(service().root()));
  put_pod("a", labelled({{"app", "web"}}));
  sync();
  BOOST_TEST(services_of(services, 0, pod("a")).empty());
}

BOOST_AUTO_TEST_CASE(of_many_pods_gathers_changes_and_of_few_does_not) {
  put_service({{"app", "web"}});
  for (int i = 0; i < 120; ++i) {
    put_pod(std::to_string(i), labelled({{"app", i < 20 ? "few" : "web"}}));
  }
  sync();
  BOOST_TEST(gather_time(pods, 0, service()).count() == 0);
  for (int i = 0; i < 20; ++i) {
    put_pod(std::to_string(i), labelled({{"app", "web"}}));
  }
  while (pods.count_indexed(0, "d|app=web") < 120) {
    std::this_thread::yield();
  }
  BOOST_TEST(gather_time(pods, 0, service()).count() == 30);
  BOOST_TEST(gather_time(pods, 0, {}).count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_service_port, Behind)

BOOST_AUTO_TEST_CASE(is_found_at_a_pod_by_number_or_by_name_and_protocol) {
  const auto port = [](Json target, std::string_view protocol = "TCP") {
    return Json{{"port", 80}, {"protocol", protocol}, {"targetPort", std::move(target)}};
  };
  host.put("/api/v1/namespaces/d/services/web",
           {{"spec",
             {{"ports", JsonArray{port(8080), port("dns", "UDP"), port("dns"), port("side"),
                                  port("init"), Json{{"port", 81}}}}}}});
  const auto named = [](std::string_view name, int number, std::string_view protocol) {
    return JsonArray{JsonObject{{"name", name}, {"containerPort", number}, {"protocol", protocol}}};
  };
  put_pod("a", {{"spec",
                 {{"containers", JsonArray{JsonObject{{"ports", named("dns", 53, "UDP")}}}},
                  {"initContainers", JsonArray{JsonObject{{"ports", named("side", 7, "TCP")},
                                                          {"restartPolicy", "Always"}},
                                               JsonObject{{"ports", named("init", 8, "TCP")}}}}}}});
  const auto held = service();
  const auto at = [&](std::size_t i) {
    return find_port(pod("a").root(), held.at("spec", "ports").element(i));
  };

  BOOST_TEST(at(0).value() == 8080);
  BOOST_TEST(at(1).value() == 53);
  BOOST_TEST(!at(2));
  BOOST_TEST(at(3).value() == 7);
  BOOST_TEST(!at(4));
  BOOST_TEST(at(5).value() == 81);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
