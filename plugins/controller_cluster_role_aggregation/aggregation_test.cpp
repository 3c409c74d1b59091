// What a ClusterRole that gathers others holds.

#include "plugins/controller_cluster_role_aggregation/aggregation.hpp"

#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_cluster_role_aggregation {
namespace {

std::string path(const std::string& name) {
  return "/apis/rbac.authorization.k8s.io/v1/clusterroles/" + name;
}

struct Roles {
  test::ManualClock clock;
  test::FakeHost host;
  std::promise<void> gathered;
  std::unique_ptr<Aggregation> plugin = std::make_unique<Aggregation>(host.host(), clock);

  void put(const std::string& name, const std::string& label, std::vector<std::string> verbs) {
    JsonArray rules;
    for (const auto& verb : verbs) {
      rules.push_back(JsonObject{{"verbs", JsonArray{verb}}});
    }
    host.put(path(name),
             JsonObject{{"metadata", {{"labels", {{label, "true"}}}}}, {"rules", rules}});
  }
  void put_gathering(const std::string& name, std::vector<std::string> labels) {
    JsonArray selectors;
    for (const auto& label : labels) {
      selectors.push_back(JsonObject{{"matchLabels", {{label, "true"}}}});
    }
    host.put(path(name), JsonObject{{"aggregationRule", {{"clusterRoleSelectors", selectors}}}});
  }
  /// The verbs of the rules that the role gathers, in their order.
  std::string verbs_of(const std::string& name) {
    sdk::Informer roles(
        host.host(),
        {.group = "rbac.authorization.k8s.io", .version = "v1", .resource = "clusterroles"});
    roles.start();
    BOOST_TEST(roles.wait_synced({}));
    const auto rules = gathered_rules(roles.find("", name), roles.list());
    std::string verbs;
    for (const auto& rule : rules.value()) {
      verbs += std::string(array_at(rule, {"verbs"}).at(0).as_string()) + " ";
    }
    return verbs;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_role_that_gathers, Roles)

BOOST_AUTO_TEST_CASE(has_the_rules_of_those_its_selectors_match) {
  put("b", "to-x", {"list"});
  put("a", "to-x", {"get"});
  put("c", "to-y", {"watch"});
  put("d", "to-z", {"delete"});
  put_gathering("x", {"to-y", "to-x"});

  BOOST_TEST(verbs_of("x") == "watch get list ");
}

BOOST_AUTO_TEST_CASE(has_each_rule_once) {
  put("a", "to-x", {"get", "list"});
  put("b", "to-x", {"list", "watch"});
  put_gathering("x", {"to-x"});

  BOOST_TEST(verbs_of("x") == "get list watch ");
}

BOOST_AUTO_TEST_CASE(does_not_gather_itself) {
  host.put(path("x"), parse_json(R"({"metadata":{"labels":{"to-x":"true"}},
      "aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"to-x":"true"}}]},
      "rules":[{"verbs":["get"]}]})")
                          .value()
                          .value);

  BOOST_TEST(verbs_of("x") == "");
}

BOOST_AUTO_TEST_CASE(follows_every_change_by_itself_and_leaves_others_alone) {
  put("a", "to-x", {"get"});
  put("plain", "to-nobody", {"list"});
  put_gathering("x", {"to-x"});
  const auto look = [this](const sdk::ObjectHandle& role) {
    if (role.name() == "x" && role.at("rules").size() == 2) {
      gathered.set_value();
    }
  };
  sdk::Informer watching(
      host.host(),
      {.group = "rbac.authorization.k8s.io", .version = "v1", .resource = "clusterroles"},
      {.modified = [look](const auto&, const auto& now) { look(now); }});
  watching.start();
  plugin->start();

  put("b", "to-x", {"watch"});

  BOOST_CHECK(gathered.get_future().wait_for(std::chrono::seconds(30)) ==
              std::future_status::ready);
  for (const auto& request : host.requests("PUT")) {
    BOOST_TEST(request == "PUT " + path("x"));
  }
}

BOOST_AUTO_TEST_CASE(with_the_right_rules_is_not_written) {
  put("a", "to-x", {"get"});
  host.put(path("x"), parse_json(R"({"aggregationRule":{"clusterRoleSelectors":
      [{"matchLabels":{"to-x":"true"}}]},"rules":[{"verbs":["get"]}]})")
                          .value()
                          .value);
  plugin->start();
  BOOST_TEST(plugin->wait_synced({}));

  BOOST_TEST(plugin->reconcile("x").ok());

  BOOST_TEST(host.requests("PUT").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_cluster_role_aggregation
