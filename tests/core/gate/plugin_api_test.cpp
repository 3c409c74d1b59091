// Plugins over the API: what `pintle plugin` is told.

#include "core/gate/plugin_api.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

struct Api {
  test::TempDirectory directory;
  loader::Loader loader{{.plugin_dir = directory.path(), .settings = {}, .plugin_config = {}},
                        [](const std::string&) { return nullptr; },
                        {},
                        null_log()};

  test::Heard ask(const std::string& method, const std::string& name,
                  const std::string& body = "") {
    const std::string target =
        "/apis/pintle.dev/v1alpha1/plugins" + (name.empty() ? "" : "/" + name);
    const auto info = gate::parse_request_info(method, target).value();
    BOOST_TEST(gate::is_plugin_api(info));
    return test::Cluster::hear(gate::answer_plugin_api(loader, info,
                                                       {.method = method,
                                                        .target = target,
                                                        .headers = {},
                                                        .body = body,
                                                        .certificate = nullptr,
                                                        .remote_address = ""}));
  }
};

BOOST_FIXTURE_TEST_SUITE(the_plugin_api, Api)

BOOST_AUTO_TEST_CASE(lists_plugins) {
  const auto heard = ask("GET", "");

  BOOST_TEST(heard.status == 200);
  BOOST_TEST(heard.text({"kind"}) == "PluginList");
  BOOST_TEST(heard.text({"apiVersion"}) == "pintle.dev/v1alpha1");
}

BOOST_AUTO_TEST_CASE(does_not_know_what_is_not_loaded) {
  BOOST_TEST(ask("GET", "x").status == 404);
  BOOST_TEST(ask("DELETE", "x").status == 404);
  BOOST_TEST(ask("PUT", "x", "{}").status == 404);
}

BOOST_AUTO_TEST_CASE(refuses_to_load_what_is_not_there_and_says_which_file) {
  const auto heard = ask("POST", "", R"({"metadata":{"name":"x"}})");

  BOOST_TEST(heard.status == 404);
  BOOST_TEST(heard.message() ==
             (directory.path() / "x.so").string() + ": there is no such plugin file");
}

BOOST_AUTO_TEST_CASE(refuses_a_path_for_a_name) {
  BOOST_TEST(ask("POST", "", R"({"metadata":{"name":"../x"}})").status == 422);
}

BOOST_AUTO_TEST_CASE(refuses_bad_bodies) {
  BOOST_TEST(ask("POST", "", "").status == 400);
  BOOST_TEST(ask("POST", "", "[1]").status == 400);
  BOOST_TEST(ask("POST", "", "{").status == 400);
  BOOST_TEST(ask("POST", "", "{}").message() ==
             "Plugin.pintle.dev \"\" is invalid: "
             "metadata.name: Required value");
}

BOOST_AUTO_TEST_CASE(knows_no_other_method) {
  BOOST_TEST(ask("PATCH", "x", "{}").status == 405);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
