// What a namespace is given, and how it is emptied. P-27.

#include "plugins/controller_namespace/namespaces.hpp"

#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_namespace {
namespace {

constexpr const char* kNs = "/api/v1/namespaces/ns1";

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::promise<void> made;
  std::unique_ptr<Namespaces> plugin;

  Cluster() {
    host.answer("/api/v1", parse_json(R"({"resources":[
      {"name":"pods","namespaced":true,"verbs":["delete","deletecollection","list"]},
      {"name":"pods/status","namespaced":true,"verbs":["get"]},
      {"name":"bindings","namespaced":true,"verbs":["create"]},
      {"name":"nodes","namespaced":false,"verbs":["delete","list"]}]})")
                               .value()
                               .value);
    host.answer("/apis", parse_json(R"({"groups":[{"name":"x.io",
      "preferredVersion":{"version":"v2"}}]})")
                             .value()
                             .value);
    host.answer(
        "/apis/x.io/v2",
        parse_json(
            R"({"resources":[{"name":"things","namespaced":true,"verbs":["delete","list"]}]})")
            .value()
            .value);
    plugin = std::make_unique<Namespaces>(host.host(), "CA", clock);
  }

  void make_namespace(std::string_view phase) {
    JsonObject metadata;
    if (phase == "Terminating") {
      metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    }
    host.put(kNs, JsonObject{{"metadata", metadata},
                             {"spec", {{"finalizers", JsonArray{"kubernetes"}}}},
                             {"status", {{"phase", phase}}}});
  }
  void put_pod(const std::string& name, int grace) {
    host.put(std::string(kNs) + "/pods/" + name,
             JsonObject{{"spec", {{"terminationGracePeriodSeconds", grace}}}});
  }
  /// What a list of the pods answers now.
  Json list_of_pods() {
    return JsonObject{{"items", JsonArray{host.get(std::string(kNs) + "/pods/a")}}};
  }
  std::string condition(std::size_t index, std::string_view field) {
    const Json ns = host.get(kNs);
    return std::string(text_at(array_at(ns, {"status", "conditions"}).at(index), {field}));
  }
  Json finalizers() { return host.get(kNs).at("spec").at("finalizers"); }
};

BOOST_FIXTURE_TEST_SUITE(a_new_namespace, Cluster)

BOOST_AUTO_TEST_CASE(gets_its_default_account_and_the_ca) {
  make_namespace("Active");

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(host.get(std::string(kNs) + "/serviceaccounts/default").is_object());
  const Json config = host.get(std::string(kNs) + "/configmaps/kube-root-ca.crt");
  BOOST_TEST(text_at(config, {"data", "ca.crt"}) == "CA");
}

BOOST_AUTO_TEST_CASE(that_somebody_furnished_first_is_fine) {
  make_namespace("Active");
  host.put(std::string(kNs) + "/serviceaccounts/default", JsonObject());
  host.put(std::string(kNs) + "/configmaps/kube-root-ca.crt", JsonObject());

  BOOST_TEST(plugin->reconcile("ns1").ok());
}

BOOST_AUTO_TEST_CASE(that_is_going_by_now_is_no_error) {
  make_namespace("Active");
  host.refuse("POST", std::string(kNs) + "/serviceaccounts", 403,
              "x is forbidden: unable to create new content in namespace ns1 because it is being "
              "terminated");

  BOOST_TEST(plugin->reconcile("ns1").ok());
}

BOOST_AUTO_TEST_CASE(whose_account_can_not_be_made_is_tried_again) {
  make_namespace("Active");
  host.refuse("POST", std::string(kNs) + "/serviceaccounts", 500, "no");

  BOOST_TEST(!plugin->reconcile("ns1").ok());
}

BOOST_AUTO_TEST_CASE(is_furnished_by_itself_once_the_plugin_runs) {
  plugin->start();
  BOOST_TEST(plugin->wait_synced({}));
  sdk::Informer accounts(host.host(), {.resource = "serviceaccounts"},
                         {.added = [this](const auto&) { made.set_value(); }});
  accounts.start();

  make_namespace("Active");

  BOOST_CHECK(made.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
}

BOOST_AUTO_TEST_CASE(has_a_changed_ca_set_right) {
  make_namespace("Active");
  host.put(std::string(kNs) + "/configmaps/kube-root-ca.crt",
           JsonObject{{"data", {{"ca.crt", "mine"}}}});
  // The plugin's own worker does it: a reconcile() beside it could lose the race to it.
  const auto look = [this](const sdk::ObjectHandle& config) {
    if (config.text("data", "ca.crt") == "CA") {
      made.set_value();
    }
  };
  sdk::Informer configs(
      host.host(), {.resource = "configmaps"},
      {.added = look, .modified = [look](const auto&, const auto& now) { look(now); }});
  configs.start();

  plugin->start();

  BOOST_CHECK(made.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_namespace_that_goes, Cluster)

BOOST_AUTO_TEST_CASE(is_emptied_of_every_kind_and_let_go) {
  make_namespace("Terminating");
  host.put(std::string(kNs) + "/pods/a", JsonObject());
  host.put("/apis/x.io/v2/namespaces/ns1/things/b", JsonObject());
  host.put("/apis/x.io/v2/namespaces/other/things/c", JsonObject());

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(host.get(std::string(kNs) + "/pods/a").is_null());
  BOOST_TEST(host.get("/apis/x.io/v2/namespaces/ns1/things/b").is_null());
  BOOST_TEST(host.get("/apis/x.io/v2/namespaces/other/things/c").is_object());
  BOOST_TEST(to_json(finalizers()) == "[]");
}

BOOST_AUTO_TEST_CASE(stays_and_says_why_while_something_can_not_be_deleted) {
  make_namespace("Terminating");
  host.put(std::string(kNs) + "/pods/a", JsonObject());
  host.refuse("DELETE", std::string(kNs) + "/pods", 500, "disk is full");

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(to_json(finalizers()) == R"(["kubernetes"])");
  const Json ns = host.get(kNs);
  const auto& condition = array_at(ns, {"status", "conditions"}).at(2);
  BOOST_TEST(text_at(condition, {"type"}) == "NamespaceDeletionContentFailure");
  BOOST_TEST(text_at(condition, {"status"}) == "True");
  BOOST_TEST(text_at(condition, {"message"}) ==
             "Failed to delete all resource types, 1 remaining: disk is full");
}

BOOST_AUTO_TEST_CASE(keeps_all_else_until_the_last_pod_is_gone) {
  make_namespace("Terminating");
  put_pod("a", 30);
  host.put("/apis/x.io/v2/namespaces/ns1/things/b", JsonObject());
  // The pods take their time.
  host.answer("/api/v1/namespaces/ns1/pods", list_of_pods());

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(host.get("/apis/x.io/v2/namespaces/ns1/things/b").is_object());
  BOOST_TEST(condition(3, "message") ==
             "Some resources are remaining: pods. has 1 resource instances");
  BOOST_TEST(condition(3, "reason") == "SomeResourcesRemain");
  BOOST_TEST(condition(2, "status") == "False");
}

BOOST_AUTO_TEST_CASE(says_what_stays_though_nothing_holds_it) {
  make_namespace("Terminating");
  put_pod("a", 30);
  host.answer("/api/v1/namespaces/ns1/pods", list_of_pods());
  clock.advance(std::chrono::seconds(31));

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(condition(2, "message") ==
             "Failed to delete all resource types, 1 remaining: unexpected items still remain in "
             "namespace: ns1 for gvr: /v1, Resource=pods");
}

BOOST_AUTO_TEST_CASE(says_which_finalizers_hold_what_remains) {
  make_namespace("Terminating");
  host.answer("/apis/x.io/v2/namespaces/ns1/things",
              parse_json(R"({"items":[{"metadata":{"name":"b","finalizers":["x.io/holds"]}},
                 {"metadata":{"name":"c","finalizers":["x.io/holds","x.io/too"]}}]})")
                  .value()
                  .value);

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(condition(3, "message") ==
             "Some resources are remaining: things.x.io has 2 resource instances");
  BOOST_TEST(condition(4, "message") ==
             "Some content in the namespace has finalizers remaining: x.io/holds in 2 resource "
             "instances, x.io/too in 1 resource instances");
  BOOST_TEST(to_json(finalizers()) == R"(["kubernetes"])");
}

BOOST_AUTO_TEST_CASE(tells_in_five_conditions_that_all_went_well) {
  make_namespace("Terminating");

  BOOST_TEST(plugin->reconcile("ns1").ok());

  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(condition(i, "status") == "False");
  }
  BOOST_TEST(condition(0, "reason") == "ResourcesDiscovered");
  BOOST_TEST(condition(1, "reason") == "ParsedGroupVersions");
}

BOOST_AUTO_TEST_CASE(stays_while_a_version_can_not_be_read) {
  make_namespace("Terminating");
  host.answer("/apis/x.io/v2",
              parse_json(R"({"groupVersion":"x.io/v2/v3","resources":[]})").value().value);

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(condition(1, "type") == "NamespaceDeletionGroupVersionParsingFailure");
  BOOST_TEST(condition(1, "message") == "unexpected GroupVersion string: x.io/v2/v3");
  BOOST_TEST(to_json(finalizers()) == R"(["kubernetes"])");
}

BOOST_AUTO_TEST_CASE(stays_while_a_group_can_not_be_discovered) {
  make_namespace("Terminating");
  host.refuse("GET", "/apis/x.io/v2", 503, "down");

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(to_json(finalizers()) == R"(["kubernetes"])");
  BOOST_TEST(condition(0, "message") ==
             "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of "
             "server APIs: x.io/v2: down");
}

BOOST_AUTO_TEST_CASE(keeps_finalizers_that_are_not_ours) {
  make_namespace("Terminating");
  Json ns = host.get(kNs);
  ns.as_object()["spec"].as_object()["finalizers"] = JsonArray{"kubernetes", "other.io/wait"};
  host.put(kNs, ns);

  BOOST_TEST(plugin->reconcile("ns1").ok());

  BOOST_TEST(to_json(finalizers()) == R"(["other.io/wait"])");
}

BOOST_AUTO_TEST_CASE(that_is_gone_already_is_fine) {
  BOOST_TEST(plugin->reconcile("never-was").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_namespace
