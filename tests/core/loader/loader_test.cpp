// How plugins come, serve, are replaced and go.

#include "tests/core/loader/plugin_folder.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

namespace pintle::loader {
namespace {

/// While one lives, what is allocated may stay: a plugin left behind keeps what is its own.
#if defined(__SANITIZE_ADDRESS__)
using LeaksOnPurpose = __lsan::ScopedDisabler;
#else
struct LeaksOnPurpose {
  ~LeaksOnPurpose() {}  // NOLINT: not trivial, so that nobody calls it unused.
};
#endif

/// Keeps what is said.
struct KeptLog final : Log {
  std::vector<std::string> lines;

  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel, std::string_view message, std::initializer_list<LogField>) override {
    lines.emplace_back(message);
  }
};

struct Folder : PluginFolder {
  /// "good +", "good -": what a watcher of "test.greeting/1" was told.
  std::vector<std::string> told;

  void watch(Loader& loader) {
    loader.on_provided("test.greeting/1",
                       [this](const std::string& plugin, const void* table, void*, bool added) {
                         BOOST_TEST(*static_cast<const int*>(table) == 7);
                         told.push_back(plugin + (added ? " +" : " -"));
                       });
  }
  static std::string version(const Loader& loader) {
    const auto states = loader.list();
    return states.size() == 1 ? states[0].version : "";
  }
};

BOOST_FIXTURE_TEST_SUITE(a_plugin, Folder, *boost::unit_test::precondition(AsRoot()))

BOOST_AUTO_TEST_CASE(is_loaded_and_listed_with_what_it_provides) {
  install("good");
  Loader loader = make();

  BOOST_TEST(loader.load("good").ok());

  const auto states = loader.list();
  BOOST_REQUIRE(states.size() == 1U);
  BOOST_TEST(states[0].name == "good");
  BOOST_TEST(states[0].version == "1");
  BOOST_TEST(states[0].state == "running");
  BOOST_TEST(states[0].file == path("good"));
  BOOST_REQUIRE(states[0].provides.size() == 1U);
  BOOST_TEST(states[0].provides[0] == "test.greeting/1");
}

BOOST_AUTO_TEST_CASE(is_loaded_once) {
  install("good");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());

  const auto again = loader.load("good");

  BOOST_REQUIRE(!again.ok());
  BOOST_CHECK(again.error().code == Code::kAlreadyExists);
}

BOOST_AUTO_TEST_CASE(may_come_again_after_it_went) {
  install("good");
  Loader loader = make();

  BOOST_TEST(loader.load("good").ok());
  BOOST_TEST(loader.unload("good").ok());
  BOOST_TEST(loader.list().empty());
  BOOST_TEST(loader.load("good").ok());
}

BOOST_AUTO_TEST_CASE(that_is_suspended_is_listed_so_until_it_is_replaced) {  // T-M03
  install("good");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());

  loader.suspend("good", "it slept");

  BOOST_TEST(loader.list().at(0).state == "suspended");
  BOOST_TEST(loader.list().at(0).message == "it slept");
  install("good_2");
  BOOST_TEST(loader.replace("good").ok());
  BOOST_TEST(loader.list().at(0).state == "running");
}

BOOST_AUTO_TEST_CASE(in_which_a_call_is_lost_is_left_behind_and_not_stopped) {  // T-M03
  install("good");
  KeptLog log;
  Loader loader = make(log);
  loader.on_provided("test.greeting/1",
                     [&loader](const std::string& plugin, const void*, void*, bool added) {
                       if (!added) {
                         loader.abandon(plugin);
                       }
                     });
  const LeaksOnPurpose allowed;
  BOOST_TEST(loader.load("good").ok());

  BOOST_TEST(loader.unload("good").ok());

  BOOST_TEST(log.lines.back() == "plugin left behind, because a call to it does not come back");
  BOOST_TEST(loader.list().empty());
  BOOST_TEST(loader.load("good").ok());
  BOOST_TEST(loader.unload("good").ok());
}

BOOST_AUTO_TEST_CASE(that_is_not_loaded_can_not_go) {
  Loader loader = make();

  BOOST_CHECK(loader.unload("good").error().code == Code::kNotFound);
  BOOST_CHECK(loader.replace("good").error().code == Code::kNotFound);
}

BOOST_AUTO_TEST_CASE(that_refuses_its_settings_says_why_and_stays_on_the_list_as_failed) {
  install("good");
  config["good"] = R"({"moood":"well"})";
  Loader loader = make();

  const auto refused = loader.load("good");

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             "plugin \"good\" refused to start: setting moood is not known; known are: mood");
  BOOST_REQUIRE(loader.list().size() == 1U);
  BOOST_TEST(loader.list()[0].state == "failed");
  BOOST_TEST(loader.list()[0].message == refused.error().message);
  BOOST_TEST(loader.unload("good").ok());
  BOOST_TEST(loader.list().empty());
}

BOOST_AUTO_TEST_CASE(that_throws_as_it_starts_is_refused_and_provides_nothing) {
  install("throws");
  Loader loader = make();
  watch(loader);

  const auto refused = loader.load("good");

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             "plugin \"good\" refused to start: start threw: out of sorts");
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_watcher_of_an_extension_point, Folder,
                         *boost::unit_test::precondition(AsRoot()))

BOOST_AUTO_TEST_CASE(hears_of_what_is_there_and_of_what_comes_and_goes) {
  install("good");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());

  watch(loader);
  BOOST_TEST(told == std::vector<std::string>{"good +"}, boost::test_tools::per_element());

  BOOST_TEST(loader.unload("good").ok());
  BOOST_TEST(loader.load("good").ok());
  BOOST_TEST(told == (std::vector<std::string>{"good +", "good -", "good +"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(is_told_that_it_goes_when_the_loader_does) {
  install("good");
  {
    Loader loader = make();
    watch(loader);
    BOOST_TEST(loader.load("good").ok());
  }

  BOOST_TEST(told == (std::vector<std::string>{"good +", "good -"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_replacement, Folder, *boost::unit_test::precondition(AsRoot()))

BOOST_AUTO_TEST_CASE(runs_instead_of_the_old_one) {
  install("good");
  Loader loader = make();
  watch(loader);
  BOOST_TEST(loader.load("good").ok());
  install("good_2");

  BOOST_TEST(loader.replace("good").ok());

  BOOST_TEST(version(loader) == "2");
  BOOST_TEST(told == (std::vector<std::string>{"good +", "good -", "good +"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(may_lie_under_another_name_in_the_directory) {
  install("good");
  install("good_2", "good-2");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());

  BOOST_TEST(loader.replace("good", "good-2.so").ok());

  BOOST_TEST(version(loader) == "2");
}

BOOST_AUTO_TEST_CASE(from_outside_the_directory_is_refused) {
  install("good");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());

  BOOST_CHECK(loader.replace("good", "/etc/good.so").error().code == Code::kForbidden);
  BOOST_CHECK(loader.replace("good", "../good.so").error().code == Code::kForbidden);

  BOOST_TEST(version(loader) == "1");
}

BOOST_AUTO_TEST_CASE(that_is_bad_leaves_the_old_one_running_untouched) {
  install("good");
  Loader loader = make();
  watch(loader);
  BOOST_TEST(loader.load("good").ok());
  install("wrong_abi");

  BOOST_TEST(!loader.replace("good").ok());

  BOOST_TEST(version(loader) == "1");
  BOOST_TEST(told == std::vector<std::string>{"good +"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(that_does_not_start_gives_way_to_the_old_one) {
  install("good");
  Loader loader = make();
  BOOST_TEST(loader.load("good").ok());
  install("throws");

  const auto refused = loader.replace("good");

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find("the old one runs again") != std::string::npos);
  BOOST_TEST(version(loader) == "1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::loader
