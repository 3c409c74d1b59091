// The plugins' say in a write: their order, their refusals, and that it is closed when in doubt.

#include "core/gate/plugin_admission.hpp"

#include <cstddef>
#include <deque>

#include <boost/test/unit_test.hpp>

#include "core/sdk/admission.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/object_table.hpp"
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
  std::string operations;
  std::string warning;
  std::uint32_t is_quick = 1;
  int asked = 0;
  std::string old_seen;  // What validate was shown as the old object.

  static pintle_status mutate(void* self, const pintle_admission_request*,
                              void (*patch)(void* context, pintle_text json_patch), void* context) {
    auto& plugin = *static_cast<Plugin*>(self);
    ++plugin.asked;
    if (!plugin.patch.empty()) {
      patch(context, sdk::to_c(std::string_view(plugin.patch)));
    }
    return {};
  }
  static pintle_status validate(void* self, const pintle_admission_request* request) {
    auto& plugin = *static_cast<Plugin*>(self);
    ++plugin.asked;
    plugin.old_seen = to_json(sdk::Value(&sdk::object_table(), request->old_object).to_json());
    if (!plugin.warning.empty()) {
      request->warn(request->host_context, sdk::to_c(std::string_view(plugin.warning)));
      request->annotate(request->host_context, sdk::to_c(std::string_view("x.dev/said")),
                        sdk::to_c(std::string_view(plugin.warning)));
    }
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
    kept.table.operations = sdk::to_c(std::string_view(kept.operations));
    kept.table.is_quick = kept.is_quick;
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

BOOST_AUTO_TEST_CASE(are_asked_only_about_operations_they_want) {
  Plugin& plugin = add({.resources = "", .operations = "UPDATE DELETE"});

  BOOST_TEST(make_config_map("a").status == 201);
  BOOST_TEST(plugin.asked == 0);

  BOOST_TEST(erase("/api/v1/namespaces/default/configmaps/a").status == 200);
  BOOST_TEST(plugin.asked == 2);
}

BOOST_AUTO_TEST_CASE(may_want_the_object_without_its_subresources_or_one_of_them) {
  Plugin& of_object = add({.resources = "namespaces/"});
  Plugin& of_status = add({.resources = "namespaces/status"});

  BOOST_TEST(
      patch("/api/v1/namespaces/default", "merge", R"({"metadata":{"labels":{"a":"b"}}})").status ==
      200);
  BOOST_TEST(of_object.asked == 2);
  BOOST_TEST(of_status.asked == 0);

  BOOST_TEST(patch("/api/v1/namespaces/default/status", "merge", R"({"status":{"phase":"Active"}})")
                 .status == 200);
  BOOST_TEST(of_object.asked == 2);
  BOOST_TEST(of_status.asked == 2);
}

BOOST_AUTO_TEST_CASE(of_an_older_sdk_are_asked_about_everything) {
  Plugin& plugin = add({.operations = "DELETE"});
  plugins.change("p", &plugin.table, &plugin, false);
  plugin.table.size = offsetof(pintle_admission_table, operations);
  plugins.change("p", &plugin.table, &plugin, true);

  BOOST_TEST(make_config_map("a").status == 201);

  BOOST_TEST(plugin.asked == 2);
}

BOOST_AUTO_TEST_CASE(may_warn_the_client_and_add_to_the_audit_line) {
  add({.warning = "mind the gap"});

  const auto answer = make_config_map("a");

  BOOST_TEST(answer.status == 201);
  BOOST_TEST(answer.header("Warning") == "299 - \"mind the gap\"");
  const auto& notes = audit.records.back().notes;
  BOOST_REQUIRE(notes.size() == 1U);
  BOOST_TEST(notes[0].first == "x.dev/said");
  BOOST_TEST(notes[0].second == "mind the gap");
}

BOOST_AUTO_TEST_CASE(never_change_the_old_object_by_changing_the_new) {  // T-M02
  BOOST_TEST(make_config_map("a").status == 201);
  Plugin& plugin = add(adds("changed"));

  const auto put_back = put("/api/v1/namespaces/default/configmaps/a",
                            R"({"metadata":{"name":"a"},"data":{"k":"asked"}})");

  BOOST_TEST(put_back.text({"data", "k"}) == "changed");
  BOOST_TEST(plugin.old_seen.find(R"("k":"v")") != std::string::npos);
  BOOST_TEST(plugin.old_seen.find("changed") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(judge_what_the_others_have_made_of_it) {  // T-M05
  // The judge comes first in the order, and still sees what a later one adds.
  Plugin& judge = add({}, 1);
  add(adds("privileged"), 2);
  BOOST_TEST(make_config_map("a").status == 201);

  put("/api/v1/namespaces/default/configmaps/a", R"({"metadata":{"name":"a"},"data":{"k":"x"}})");
  BOOST_TEST(judge.old_seen.find("privileged") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(that_went_are_asked_no_more) {
  Plugin& plugin = add(refuses(403, "no"));

  plugins.change("p", &plugin.table, &plugin, false);

  BOOST_TEST(make_config_map("a").status == 201);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
