// What may be made where, as far as namespaces have a say. P-27.

#include "plugins/admission_namespace_lifecycle/lifecycle.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::admission_namespace_lifecycle {
namespace {

struct Cluster {
  test::FakeHost host;
  std::unique_ptr<Lifecycle> plugin;

  Cluster() {
    host.put("/api/v1/namespaces/here", JsonObject{{"status", {{"phase", "Active"}}}});
    host.put("/api/v1/namespaces/going", JsonObject{{"status", {{"phase", "Terminating"}}}});
    plugin = Lifecycle::make(host.host(), JsonObject()).value();
  }

  Result<void> ask(std::string_view operation, std::string_view ns) {
    sdk::JsonPatch patch;
    return plugin->mutate(
        {.operation = operation, .version = "v1", .resource = "pods", .ns = ns, .name = "a"},
        patch);
  }
  Result<void> remove_namespace(std::string_view name) {
    sdk::JsonPatch patch;
    return plugin->mutate(
        {.operation = "DELETE", .resource = "namespaces", .ns = name, .name = name}, patch);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_namespace, Cluster)

BOOST_AUTO_TEST_CASE(that_is_there_takes_new_objects) {
  BOOST_TEST(ask("CREATE", "here").ok());
}

BOOST_AUTO_TEST_CASE(that_is_not_there_is_not_found) {
  const auto refused = ask("CREATE", "nowhere");

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kNotFound);
  BOOST_TEST(refused.error().message == "namespaces \"nowhere\" not found");
}

BOOST_AUTO_TEST_CASE(that_is_going_takes_nothing_new_and_says_so) {
  const auto refused = ask("CREATE", "going");

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kForbidden);
  BOOST_TEST(refused.error().message ==
             "unable to create new content in namespace going because it is being terminated");
  BOOST_REQUIRE(refused.error().details != nullptr);
  BOOST_REQUIRE(refused.error().details->causes.size() == 1U);
  BOOST_TEST(refused.error().details->causes[0].reason == "NamespaceTerminating");
  BOOST_TEST(refused.error().details->causes[0].field == "metadata.namespace");
}

BOOST_AUTO_TEST_CASE(that_is_going_lets_its_objects_change_and_go) {
  BOOST_TEST(ask("UPDATE", "going").ok());
  BOOST_TEST(ask("DELETE", "going").ok());
  BOOST_TEST(ask("DELETE", "nowhere").ok());
}

BOOST_AUTO_TEST_CASE(that_the_cluster_lives_on_may_not_be_deleted) {
  for (const char* name : {"default", "kube-system", "kube-public"}) {
    const auto refused = remove_namespace(name);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST(refused.error().message == "this namespace may not be deleted");
  }
  BOOST_TEST(remove_namespace("here").ok());
}

BOOST_AUTO_TEST_CASE(is_no_matter_for_what_belongs_to_none) {
  BOOST_TEST(ask("CREATE", "").ok());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_misspelt_setting_is_refused) {
  test::FakeHost host;

  const auto made = Lifecycle::make(host.host(), JsonObject{{"stric", true}});

  BOOST_REQUIRE(!made.ok());
  BOOST_TEST(made.error().message == "setting stric is not known; known are: none");
}

}  // namespace
}  // namespace pintle::admission_namespace_lifecycle
