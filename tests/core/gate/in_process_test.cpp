// The cluster as a plugin inside the server sees it: the same road, the same rights, no copies.

#include "core/gate/in_process.hpp"

#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using loader::Backend;

constexpr const char* kMaps = "/api/v1/namespaces/default/configmaps";

struct Inside : test::Cluster {
  std::unique_ptr<Backend> backend = gate::make_in_process_backend(
      {.gate = gate, .catalog = catalog, .authorizer = authorizer, .store = *store, .bus = bus},
      gate::identity_of_plugin("controller_namespace", ""));

  Inside() { post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})"); }

  std::pair<int, std::string> request(std::string_view method, std::string_view path,
                                      std::string_view body = "") {
    const auto promise = std::make_shared<std::promise<std::pair<int, std::string>>>();
    backend->request(method, path, "", body, [promise](int status, std::string_view text) {
      promise->set_value({status, std::string(text)});
    });
    return promise->get_future().get();
  }
  std::unique_ptr<Backend::Subscription> subscribe(std::string_view path) {
    return backend->subscribe(path).value();
  }
  /// "1 a": what next() gave, with the object's name; "" where there is nothing.
  static std::string next(Backend::Subscription& subscription) {
    Backend::Change change;
    const int came = subscription.next(0, change);
    if (came != 1) {
      return came == 0 ? "" : "woken";
    }
    return std::to_string(change.type) + (change.object ? " " + change.object->name() : "");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_plugin_inside_the_server, Inside)

BOOST_AUTO_TEST_CASE(writes_by_the_same_road_under_its_own_name) {
  const auto [status, body] = request("POST", kMaps, R"({"metadata":{"name":"a"}})");

  BOOST_TEST(status == 201);
  BOOST_TEST(get(std::string(kMaps) + "/a").status == 200);
  BOOST_TEST(audit.records.at(1).who.user ==
             "system:serviceaccount:kube-system:namespace-controller");
}

BOOST_AUTO_TEST_CASE(is_held_to_its_rights) {
  make_config_map("a");
  authorizer.allows = [](const auth::Identity&, const auth::Attributes&) { return false; };

  BOOST_TEST(request("GET", kMaps).first == 403);
  BOOST_TEST(!backend->get(std::string(kMaps) + "/a"));
  const auto refused = backend->subscribe(kMaps);
  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kForbidden);
}

BOOST_AUTO_TEST_CASE(must_be_allowed_to_list_and_to_watch) {
  authorizer.allows = [](const auth::Identity&, const auth::Attributes& what) {
    return what.verb == "list";
  };

  BOOST_TEST(!backend->subscribe(kMaps).ok());
}

BOOST_AUTO_TEST_CASE(gets_the_committed_object_itself) {
  make_config_map("a");

  const auto first = backend->get(std::string(kMaps) + "/a");

  BOOST_REQUIRE(first);
  BOOST_TEST(first.get() == backend->get(std::string(kMaps) + "/a").get());
  BOOST_TEST(!backend->get(std::string(kMaps) + "/b"));
  BOOST_TEST(!backend->get(kMaps));
  BOOST_TEST(!backend->get("/healthz"));
}

BOOST_AUTO_TEST_CASE(reads_a_whole_list) {
  make_config_map("a");
  make_config_map("b");

  const auto [status, body] = request("GET", kMaps);

  BOOST_TEST(status == 200);
  BOOST_TEST(array_at(parse_json(body).value().value, {"items"}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(can_not_list_what_is_not_served) {
  BOOST_CHECK(backend->subscribe("/api/v1/unicorns").error().code == Code::kNotFound);
  BOOST_CHECK(!backend->subscribe("/api/v1/configmaps?labelSelector=%21%21").ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_subscription, Inside)

BOOST_AUTO_TEST_CASE(gives_what_is_there_then_every_change) {
  make_config_map("a");
  const auto subscription = subscribe(kMaps);
  BOOST_TEST(next(*subscription) == "1 a");
  BOOST_TEST(next(*subscription) == "4");
  BOOST_TEST(next(*subscription) == "");

  make_config_map("b");
  patch(std::string(kMaps) + "/b", "merge", R"({"data":{"k":"w"}})");
  erase(std::string(kMaps) + "/b");

  BOOST_TEST(next(*subscription) == "1 b");
  BOOST_TEST(next(*subscription) == "2 b");
  BOOST_TEST(next(*subscription) == "3 b");
  BOOST_TEST(next(*subscription) == "");
}

BOOST_AUTO_TEST_CASE(rings_when_something_comes_after_there_was_nothing) {
  const auto subscription = subscribe(kMaps);
  const auto rings = std::make_shared<std::atomic<int>>(0);
  subscription->on_ready([rings] { ++*rings; });
  BOOST_TEST(next(*subscription) == "4");
  BOOST_TEST(next(*subscription) == "");
  BOOST_TEST(*rings == 0);

  make_config_map("a");

  BOOST_TEST(*rings == 1);
  BOOST_TEST(next(*subscription) == "1 a");
}

BOOST_AUTO_TEST_CASE(sees_objects_come_to_its_selector_and_leave_it) {
  const auto subscription = subscribe(std::string(kMaps) + "?labelSelector=app%3Dweb");
  BOOST_TEST(next(*subscription) == "4");

  make_config_map("a", R"({"app":"db"})");
  patch(std::string(kMaps) + "/a", "merge", R"({"metadata":{"labels":{"app":"web"}}})");
  patch(std::string(kMaps) + "/a", "merge", R"({"metadata":{"labels":{"app":"db"}}})");

  BOOST_TEST(next(*subscription) == "1 a");
  BOOST_TEST(next(*subscription) == "3 a");
  BOOST_TEST(next(*subscription) == "");
}

BOOST_AUTO_TEST_CASE(keeps_to_its_namespace) {
  post("/api/v1/namespaces", R"({"metadata":{"name":"other"}})");
  const auto subscription = subscribe(kMaps);
  BOOST_TEST(next(*subscription) == "4");

  make_config_map("a", "{}", "other");

  BOOST_TEST(next(*subscription) == "");
}

BOOST_AUTO_TEST_CASE(that_waits_is_woken_by_a_change_and_by_wake) {
  const auto subscription = subscribe(kMaps);
  BOOST_TEST(next(*subscription) == "4");
  BOOST_TEST(next(*subscription) == "");
  Backend::Change change;
  int came = 0;

  {
    const std::jthread waits([&] { came = subscription->next(30'000, change); });
    make_config_map("a");
  }
  BOOST_TEST(came == 1);
  {
    const std::jthread waits([&] { came = subscription->next(30'000, change); });
    subscription->wake();
  }
  BOOST_TEST(came == -1);
}

BOOST_AUTO_TEST_CASE(that_fell_behind_is_told_to_forget_and_listed_again) {
  test::Cluster small(bus::Limits{.events_per_resource = 2, .bytes_per_resource = 1 << 20});
  small.post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
  const auto inside = gate::make_in_process_backend({.gate = small.gate,
                                                     .catalog = small.catalog,
                                                     .authorizer = small.authorizer,
                                                     .store = *small.store,
                                                     .bus = small.bus},
                                                    small.who);
  const auto subscription = inside->subscribe(kMaps).value();
  BOOST_TEST(next(*subscription) == "4");
  for (const char* name : {"a", "b", "c", "d"}) {
    small.make_config_map(name);
  }

  std::string told;
  for (std::string line = next(*subscription); !line.empty(); line = next(*subscription)) {
    told += line + ", ";
  }

  BOOST_TEST(told == "5, 1 a, 1 b, 1 c, 1 d, 4, ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_plugin_acts_under_the_name_kubernetes_gives_its_part) {
  const auto user = [](const char* plugin) { return gate::identity_of_plugin(plugin, "n1").user; };

  BOOST_TEST(user("scheduler") == "system:kube-scheduler");
  BOOST_TEST(user("kubelet") == "system:node:n1");
  BOOST_TEST(user("controller_node_lifecycle") ==
             "system:serviceaccount:kube-system:node-controller");
  BOOST_TEST(user("controller_garbage_collector") ==
             "system:serviceaccount:kube-system:generic-garbage-collector");
  BOOST_TEST(user("controller_replica_set") ==
             "system:serviceaccount:kube-system:replicaset-controller");
  BOOST_TEST(user("admission_resource_quota") ==
             "system:serviceaccount:kube-system:resourcequota-controller");
  BOOST_TEST(user("admission_priority") == "system:serviceaccount:kube-system:admission");
  BOOST_TEST(user("my_own") == "system:serviceaccount:kube-system:plugin-my-own");
}

}  // namespace
}  // namespace pintle
