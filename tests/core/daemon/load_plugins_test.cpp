// What a server does at its start without a plugin it was to load. T-M03.

#include "core/daemon/load_plugins.hpp"

#include "tests/core/loader/plugin_folder.hpp"

namespace pintle::daemon {
namespace {

struct Start : loader::PluginFolder {
  loader::Loader plugins = make();

  Start() { install("good"); }
  Result<void> start(const std::vector<std::string>& names) {
    return load_plugins(plugins, names, null_log());
  }
};

BOOST_FIXTURE_TEST_SUITE(a_start, Start, *boost::unit_test::precondition(loader::AsRoot()))

BOOST_AUTO_TEST_CASE(fails_where_a_plugin_is_not_there) {
  const auto started = start({"good", "gone"});

  BOOST_REQUIRE(!started.ok());
  BOOST_TEST(started.error().message.find("gone.so: there is no such plugin file") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(goes_on_without_a_plugin_that_is_marked_as_optional) {
  BOOST_TEST(start({"gone?", "good?"}).ok());

  BOOST_REQUIRE(plugins.list().size() == 1U);
  BOOST_TEST(plugins.list()[0].state == "running");
}

BOOST_AUTO_TEST_CASE(fails_where_an_optional_plugin_is_there_but_bad) {
  write("bad", "no library");

  BOOST_TEST(!start({"bad?"}).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::daemon
