// What a quota lets in, and how it says no. T-M04, T-M09.

#include "plugins/admission_resource_quota/resource_quota.hpp"

#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "core/sdk/object_table.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::admission_resource_quota {
namespace {

constexpr std::string_view kNs = "/api/v1/namespaces/d/";

sdk::Value view(const Json& json) {
  return json.is_null() ? sdk::Value() : sdk::Value(&sdk::object_table(), sdk::to_value(&json));
}

Json parsed(std::string_view text) {
  return parse_json(text).value().value;
}

struct Limited {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<ResourceQuota> plugin;
  std::atomic<int> uids = 0;

  Limited() { restart(); }

  void restart() { plugin = std::make_unique<ResourceQuota>(host.host(), clock); }
  void limit(std::string_view spec, const std::string& name = "q") {
    host.put(concat({kNs, "resourcequotas/", name}), JsonObject{{"spec", parsed(spec)}});
    plugin->ledger().settle();
  }
  Json make(std::string_view text, const std::string& name) {
    Json object = parsed(text);
    auto& metadata = ensure_object(object.as_object(), "metadata");
    metadata["name"] = name;
    metadata["uid"] = "uid-of-" + name + std::to_string(++uids);
    return object;
  }
  /// The refusal, or "" where the object may come in.
  std::string ask(const std::string& resource, const Json& object, bool dry_run = false,
                  const Json& before = {}, std::string_view subresource = "") {
    const auto dot = resource.find('.');
    const std::string plural = resource.substr(0, dot);
    const std::string group = dot == std::string::npos ? "" : resource.substr(dot + 1);
    const auto said = plugin->validate({.operation = before.is_null() ? "CREATE" : "UPDATE",
                                        .group = group,
                                        .version = "v1",
                                        .resource = plural,
                                        .subresource = subresource,
                                        .ns = "d",
                                        .dry_run = dry_run,
                                        .object = view(object),
                                        .old_object = view(before)});
    return said.ok() ? "" : said.error().message;
  }
  /// Asks, and stores what may come in.
  std::string create(const std::string& resource, std::string_view text, const std::string& name) {
    const Json object = make(text, name);
    std::string said = ask(resource, object);
    if (said.empty()) {
      store(resource, name, object);
    }
    return said;
  }
  void store(const std::string& resource, const std::string& name, const Json& object) {
    host.put(concat({kNs, resource, "/", name}), object);
    plugin->ledger().settle();
  }
  void erase(const std::string& resource, const std::string& name) {
    host.remove(concat({kNs, resource, "/", name}));
    plugin->ledger().settle();
  }
};

std::string pod(const std::string& resources, const std::string& more = "") {
  return concat(
      {R"({"spec":{"containers":[{"name":"c","resources":{)", resources, "}}]", more, "}}"});
}

BOOST_FIXTURE_TEST_SUITE(a_quota, Limited)

BOOST_AUTO_TEST_CASE(refuses_what_is_more_than_it_has_left) {
  limit(R"({"hard":{"configmaps":"1"}})");

  BOOST_TEST(create("configmaps", "{}", "a") == "");

  BOOST_TEST(create("configmaps", "{}", "b") ==
             "exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: "
             "configmaps=1");
}

BOOST_AUTO_TEST_CASE(has_room_again_when_something_goes) {
  limit(R"({"hard":{"count/configmaps":"1"}})");
  create("configmaps", "{}", "a");

  erase("configmaps", "a");

  BOOST_TEST(create("configmaps", "{}", "b") == "");
}

BOOST_AUTO_TEST_CASE(gives_the_last_place_to_one_of_many) {  // T-M09
  limit(R"({"hard":{"configmaps":"5"}})");
  for (const char* name : {"a", "b", "c", "d"}) {
    create("configmaps", "{}", name);
  }

  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 16; ++i) {
      askers.emplace_back([this, i, &accepted] {
        if (ask("configmaps", make("{}", "x" + std::to_string(i))).empty()) {
          ++accepted;
        }
      });
    }
  }

  BOOST_TEST(accepted == 1);
}

BOOST_AUTO_TEST_CASE(keeps_the_place_of_what_was_admitted_until_it_has_come_or_failed) {
  limit(R"({"hard":{"configmaps":"1"}})");
  BOOST_TEST(ask("configmaps", make("{}", "a")) == "");
  BOOST_TEST(ask("configmaps", make("{}", "b")) != "");

  clock.advance(std::chrono::seconds(11));

  BOOST_TEST(ask("configmaps", make("{}", "b")) == "");
}

BOOST_AUTO_TEST_CASE(is_not_used_by_a_dry_run) {  // T-M04
  limit(R"({"hard":{"configmaps":"1"}})");

  BOOST_TEST(ask("configmaps", make("{}", "a"), /*dry_run=*/true) == "");
  BOOST_TEST(create("configmaps", "{}", "b") == "");

  BOOST_TEST(ask("configmaps", make("{}", "c"), /*dry_run=*/true) != "");
}

BOOST_AUTO_TEST_CASE(is_not_used_by_a_create_whose_name_is_taken) {
  limit(R"({"hard":{"configmaps":"2"}})");
  create("configmaps", "{}", "a");

  BOOST_TEST(ask("configmaps", make("{}", "a")) == "");

  BOOST_TEST(ask("configmaps", make("{}", "b")) == "");
}

BOOST_AUTO_TEST_CASE(counts_what_was_there_before_it) {
  store("configmaps", "a", make("{}", "a"));
  store("configmaps", "b", make("{}", "b"));

  limit(R"({"hard":{"configmaps":"2"}})");

  BOOST_TEST(ask("configmaps", make("{}", "c")) != "");
}

BOOST_AUTO_TEST_CASE(counts_from_the_first_request_after_a_restart) {
  limit(R"({"hard":{"configmaps":"1"}})");
  create("configmaps", "{}", "a");
  plugin = ResourceQuota::make(host.host(), JsonObject()).value();

  const auto said = ask("configmaps", make("{}", "b"));

  BOOST_TEST(said.starts_with("exceeded quota: q"));
  plugin->ledger().stop();
}

BOOST_AUTO_TEST_CASE(that_is_gone_limits_nothing) {
  limit(R"({"hard":{"configmaps":"0"}})");
  BOOST_TEST(ask("configmaps", make("{}", "a")) != "");

  erase("resourcequotas", "q");

  BOOST_TEST(ask("configmaps", make("{}", "a")) == "");
}

BOOST_AUTO_TEST_CASE(that_is_raised_leaves_more_at_once) {
  limit(R"({"hard":{"configmaps":"0"}})");
  BOOST_TEST(ask("configmaps", make("{}", "a")) != "");

  limit(R"({"hard":{"configmaps":"1"}})");

  BOOST_TEST(ask("configmaps", make("{}", "a")) == "");
}

BOOST_AUTO_TEST_CASE(counts_any_kind_by_its_name_and_group) {
  host.answer("/apis/apps", parsed(R"({"preferredVersion":{"version":"v1"}})"));
  limit(R"({"hard":{"count/deployments.apps":"0"}})");

  BOOST_TEST(ask("deployments.apps", make("{}", "a")) ==
             "exceeded quota: q, requested: count/deployments.apps=1, used: "
             "count/deployments.apps=0, limited: count/deployments.apps=0");
  BOOST_TEST(ask("replicasets.apps", make("{}", "a")) == "");
}

BOOST_AUTO_TEST_CASE(of_a_kind_there_is_none_of_still_limits_the_rest) {
  limit(R"({"hard":{"count/things.x.io":"1","configmaps":"0"}})");

  BOOST_TEST(ask("configmaps", make("{}", "a")) != "");
}

BOOST_AUTO_TEST_CASE(of_what_can_not_be_listed_holds_up_nobody) {
  host.refuse("WATCH", "/api/v1/namespaces/d/nonsense", 404, "there is no such list", 1000);
  limit(R"({"hard":{"count/nonsense":"1","configmaps":"0"}})");

  BOOST_TEST(ask("configmaps", make("{}", "a")).starts_with("exceeded quota: q"));
  BOOST_TEST(ask("secrets", make("{}", "a")) == "");
}

BOOST_AUTO_TEST_CASE(in_another_namespace_is_no_matter) {
  host.put("/api/v1/namespaces/other/resourcequotas/q",
           JsonObject{{"spec", parsed(R"({"hard":{"configmaps":"0"}})")}});
  plugin->ledger().settle();

  BOOST_TEST(ask("configmaps", make("{}", "a")) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_quota_of_pods, Limited)

BOOST_AUTO_TEST_CASE(adds_up_what_they_ask_for) {
  limit(R"({"hard":{"requests.cpu":"1","requests.memory":"1Gi"}})");
  const auto some = pod(R"("requests":{"cpu":"600m","memory":"100Mi"})");

  BOOST_TEST(create("pods", some, "a") == "");

  BOOST_TEST(create("pods", some, "b") ==
             "exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: "
             "requests.cpu=1");
}

BOOST_AUTO_TEST_CASE(wants_every_container_to_say_what_it_limits) {
  limit(R"({"hard":{"limits.cpu":"4","limits.memory":"1Gi","cpu":"4","pods":"9"}})");

  BOOST_TEST(create("pods", pod(R"("requests":{"cpu":"1"},"limits":{"memory":"1Mi"})"), "a") ==
             "failed quota: q: must specify limits.cpu for: c");
  BOOST_TEST(create("pods", pod(""), "b") ==
             "failed quota: q: must specify cpu for: c; limits.cpu for: c; limits.memory for: c");
}

BOOST_AUTO_TEST_CASE(forgets_those_that_have_ended_but_not_as_objects) {
  limit(R"({"hard":{"pods":"1"}})");
  limit(R"({"hard":{"count/pods":"2"}})", "objects");
  Json done = make(pod(""), "a");
  BOOST_TEST(ask("pods", done) == "");
  done.as_object()["status"] = JsonObject{{"phase", "Succeeded"}};
  store("pods", "a", done);

  BOOST_TEST(create("pods", pod(""), "b") == "");

  BOOST_TEST(create("pods", pod(""), "c") ==
             "exceeded quota: objects, requested: count/pods=1, used: count/pods=2, limited: "
             "count/pods=2");
}

BOOST_AUTO_TEST_CASE(forgets_those_that_should_be_gone) {
  limit(R"({"hard":{"pods":"1"}})");
  Json stuck = make(pod(""), "a");
  BOOST_TEST(ask("pods", stuck) == "");
  auto& metadata = stuck.as_object()["metadata"].as_object();
  metadata["deletionTimestamp"] = to_rfc3339(clock.now() + std::chrono::seconds(30));
  metadata["deletionGracePeriodSeconds"] = 30;
  store("pods", "a", stuck);
  BOOST_TEST(ask("pods", make(pod(""), "b")) != "");

  clock.advance(std::chrono::seconds(61));
  plugin->ledger().settle();

  BOOST_TEST(ask("pods", make(pod(""), "b")) == "");
}

BOOST_AUTO_TEST_CASE(with_scopes_counts_only_those_in_them) {
  limit(R"({"hard":{"pods":"0"},"scopes":["Terminating"]})", "terminating");
  BOOST_TEST(create("pods", pod(""), "a") == "");
  BOOST_TEST(create("pods", pod("", R"(,"activeDeadlineSeconds":5)"), "b") != "");

  limit(R"({"hard":{"pods":"0"},"scopes":["BestEffort","NotTerminating"]})", "terminating");
  BOOST_TEST(create("pods", pod(R"("limits":{"cpu":"1"})"), "c") == "");
  BOOST_TEST(create("pods", pod("", R"(,"activeDeadlineSeconds":5)"), "d") == "");
  BOOST_TEST(create("pods", pod(""), "e") != "");
}

BOOST_AUTO_TEST_CASE(of_a_priority_counts_only_those_of_it) {
  limit(R"({"hard":{"pods":"0"},"scopeSelector":{"matchExpressions":
      [{"scopeName":"PriorityClass","operator":"In","values":["high","higher"]}]}})");
  limit(R"({"hard":{"pods":"0"},"scopeSelector":{"matchExpressions":
      [{"scopeName":"PriorityClass","operator":"NotIn","values":["low","high"]}]}})",
        "others");

  BOOST_TEST(create("pods", pod("", R"(,"priorityClassName":"low")"), "a") == "");
  BOOST_TEST(create("pods", pod("", R"(,"priorityClassName":"high")"), "b")
                 .starts_with("exceeded quota: q,"));
  BOOST_TEST(create("pods", pod(""), "c").starts_with("exceeded quota: others,"));
}

BOOST_AUTO_TEST_CASE(is_asked_when_one_is_resized) {
  limit(R"({"hard":{"requests.cpu":"2"}})");
  const Json before = make(pod(R"("requests":{"cpu":"1"})"), "a");
  BOOST_TEST(ask("pods", before) == "");
  store("pods", "a", before);
  Json after = parsed(pod(R"("requests":{"cpu":"3"})"));
  after.as_object()["metadata"] = before.at("metadata");

  BOOST_TEST(ask("pods", after, false, before, "resize") ==
             "exceeded quota: q, requested: requests.cpu=2, used: requests.cpu=1, limited: "
             "requests.cpu=2");
  BOOST_TEST(ask("pods", after, false, before) == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_quota_of_services_and_storage, Limited)

BOOST_AUTO_TEST_CASE(counts_node_ports_and_balancers) {
  limit(R"({"hard":{"services.nodeports":"2","services.loadbalancers":"0"}})");

  BOOST_TEST(create("services", R"({"spec":{"type":"ClusterIP","ports":[{},{},{}]}})", "a") == "");
  BOOST_TEST(create("services", R"({"spec":{"type":"NodePort","ports":[{},{}]}})", "b") == "");
  BOOST_TEST(create("services", R"({"spec":{"type":"NodePort","ports":[{}]}})", "c") ==
             "exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=2, "
             "limited: services.nodeports=2");
  BOOST_TEST(create("services", R"({"spec":{"type":"LoadBalancer","ports":[{}],
             "allocateLoadBalancerNodePorts":false}})",
                    "d") ==
             "exceeded quota: q, requested: services.loadbalancers=1, used: "
             "services.loadbalancers=0, limited: services.loadbalancers=0");
}

BOOST_AUTO_TEST_CASE(counts_what_a_service_becomes) {
  limit(R"({"hard":{"services.nodeports":"1"}})");
  const Json before = make(R"({"spec":{"type":"ClusterIP","ports":[{},{}]}})", "a");
  store("services", "a", before);
  Json after = before;
  after.as_object()["spec"].as_object()["type"] = "NodePort";

  BOOST_TEST(ask("services", after, false, before) != "");
  BOOST_TEST(ask("services", before, false, after) == "");
}

BOOST_AUTO_TEST_CASE(counts_storage_by_class_too) {
  limit(R"({"hard":{"requests.storage":"10Gi",
      "gold.storageclass.storage.k8s.io/requests.storage":"2Gi",
      "gold.storageclass.storage.k8s.io/persistentvolumeclaims":"5"}})");
  const auto claim = [](const char* of_class, const char* size) {
    return concat({R"({"spec":{"storageClassName":")", of_class,
                   R"(","resources":{"requests":{"storage":")", size, R"("}}}})"});
  };

  BOOST_TEST(create("persistentvolumeclaims", claim("gold", "2Gi"), "a") == "");
  BOOST_TEST(create("persistentvolumeclaims", claim("gold", "1Gi"), "b") ==
             "exceeded quota: q, requested: gold.storageclass.storage.k8s.io/requests.storage=1Gi, "
             "used: gold.storageclass.storage.k8s.io/requests.storage=2Gi, limited: "
             "gold.storageclass.storage.k8s.io/requests.storage=2Gi");
  BOOST_TEST(create("persistentvolumeclaims", claim("lead", "8Gi"), "c") == "");
  BOOST_TEST(create("persistentvolumeclaims", claim("lead", "1Gi"), "d") != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_resource_quota
