// The plugins' say in a write: their order, their refusals, and that it is closed when in doubt.

#include "core/gate/plugin_admission.hpp"

#include <deque>

#include <boost/test/unit_test.hpp>

#include "core/sdk/admission.hpp"
#include "core/sdk/text.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

/// A plugin of C functions, as one written without our sdk.
struct Plugin {
  pintle_admission_table table{};
  std::string patch;
  pintle_status refusal{};
  std::string resources = "configmaps";
  int asked = 0;

  static pintle_status mutate(void* self, const pintle_admission_request*,
                              void (*patch)(void* context, pintle_text json_patch), void* context) {
    auto& plugin = *static_cast<Plugin*>(self);
    ++plugin.asked;
    if (!plugin.patch.empty()) {
      patch(context, sdk::to_c(std::string_view(plugin.patch)));
    }
    return {};
  }
  static pintle_status validate(void* self, const pintle_admission_request*) {
    auto& plugin = *static_cast<Plugin*>(self);
    ++plugin.asked;
    return plugin.refusal;
  }
};

struct Asked : test::Cluster {
  gate::PluginAdmission plugins{null_log()};
  std::deque<Plugin> made;

  Asked() {
    post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
    admission.on_mutate = [this](registry::Review& review) { return plugins.mutate(review); };
    admission.on_validate = [this](const registry::Review& review) {
      return plugins.validate(review);
    };
  }
  Plugin& add(Plugin plugin, int order = 0) {
    Plugin& kept = made.emplace_back(std::move(plugin));
    kept.table.size = sizeof(kept.table);
    kept.table.order = order;
    kept.table.mutate = &Plugin::mutate;
    kept.table.validate = &Plugin::validate;
    kept.table.resources = sdk::to_c(std::string_view(kept.resources));
    plugins.change("p", &kept.table, &kept, true);
    return kept;
  }
  static Plugin adds(const std::string& value) {
    return {.patch = R"([{"op":"add","path":"/data/k","value":")" + value + R"("}])"};
  }
  static Plugin refuses(std::uint32_t code, std::string_view text, std::string_view json = "") {
    return {.refusal = {code, sdk::to_c(text), sdk::to_c(json)}};
  }
};

BOOST_FIXTURE_TEST_SUITE(admission_plugins, Asked)

BOOST_AUTO_TEST_CASE(change_an_object_in_their_order) {  // T-M05
  add(adds("last"), 2);
  add(adds("first"), 1);

  BOOST_TEST(make_config_map("a").text({"data", "k"}) == "last");
}

BOOST_AUTO_TEST_CASE(refuse_in_kubernetes_words_and_nothing_is_made) {
  add(refuses(403, "not today"));

  const auto refused = make_config_map("a");

  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.reason() == "Forbidden");
  BOOST_TEST(refused.message() == "configmaps \"a\" is forbidden: not today");
  BOOST_TEST(refused.text({"details", "name"}) == "a");
  BOOST_TEST(get("/api/v1/namespaces/default/configmaps/a").status == 404);
}

BOOST_AUTO_TEST_CASE(refuse_with_causes) {
  add(refuses(403, "not today",
              R"({"kind":"Status","status":"Failure","message":"not today","reason":"Forbidden",
                  "details":{"causes":[{"reason":"NamespaceTerminating","message":"m",
                  "field":"metadata.namespace"}]},"code":403})"));

  const auto refused = make_config_map("a");

  BOOST_TEST(refused.message() == "configmaps \"a\" is forbidden: not today");
  const Json status = refused.json();
  const auto& causes = array_at(status, {"details", "causes"});
  BOOST_REQUIRE(causes.size() == 1U);
  BOOST_TEST(text_at(causes[0], {"reason"}) == "NamespaceTerminating");
}

BOOST_AUTO_TEST_CASE(may_say_that_something_is_not_there) {
  add(refuses(404, "namespaces \"x\" not found"));

  const auto refused = make_config_map("a");

  BOOST_TEST(refused.status == 404);
  BOOST_TEST(refused.message() == "namespaces \"x\" not found");
}

BOOST_AUTO_TEST_CASE(that_fail_fail_the_request) {  // T-M03
  add(refuses(500, "validate threw: oops"));

  BOOST_TEST(make_config_map("a").status == 500);
  BOOST_TEST(get("/api/v1/namespaces/default/configmaps/a").status == 404);
}

BOOST_AUTO_TEST_CASE(that_patch_nonsense_fail_the_request) {
  add({.patch = R"([{"op":"remove","path":"/not/there"}])"});

  const auto refused = make_config_map("a");

  BOOST_TEST(refused.status == 500);
  BOOST_TEST(refused.message().find("gave a patch that does not apply") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(are_asked_only_for_what_they_want) {
  Plugin& of_pods = add({.resources = "pods"});
  Plugin& of_all = add({.resources = ""});

  BOOST_TEST(make_config_map("a").status == 201);

  BOOST_TEST(of_pods.asked == 0);
  BOOST_TEST(of_all.asked == 2);
}

BOOST_AUTO_TEST_CASE(that_went_are_asked_no_more) {
  Plugin& plugin = add(refuses(403, "no"));

  plugins.change("p", &plugin.table, &plugin, false);

  BOOST_TEST(make_config_map("a").status == 201);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
