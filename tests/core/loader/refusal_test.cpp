// Which files are refused as plugins, and in which words. T-S04.

#include <thread>

#include "tests/core/loader/plugin_folder.hpp"

namespace pintle::loader {
namespace {

struct Folder : PluginFolder {
  /// Loads `name` and gives the refusal; empty where it was taken.
  Error refusal(const std::string& name = "good") {
    Loader loader = make();
    const auto loaded = loader.load(name);
    return loaded.ok() ? Error() : loaded.error();
  }
  bool refuses(const std::string& name, Code code, std::string_view words) {
    const Error error = refusal(name);
    BOOST_TEST_INFO(error.message);
    return error.code == code && error.message.find(words) != std::string::npos &&
           error.message.find(path(name).string()) != std::string::npos;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_plugin_file, Folder, *boost::unit_test::precondition(AsRoot()))

BOOST_AUTO_TEST_CASE(that_is_not_there_is_not_found) {
  BOOST_TEST(refuses("good", Code::kNotFound, "there is no such plugin file"));
}

BOOST_AUTO_TEST_CASE(is_asked_for_by_a_plain_name) {
  for (const char* name : {"", "../good", "a/b", "/etc/good", "Good", "good.so", ".."}) {
    const Error error = refusal(name);
    BOOST_CHECK(error.code == Code::kInvalid);
    BOOST_TEST(error.message.find("is no plugin's name") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(of_another_owner_is_refused) {
  install("good");
  BOOST_REQUIRE(::chown(path("good").c_str(), 65534, 65534) == 0);

  BOOST_TEST(refuses("good", Code::kForbidden, "is owned by user 65534, not by root; `chown root"));
}

BOOST_AUTO_TEST_CASE(that_others_can_write_is_refused) {
  install("good");
  ::chmod(path("good").c_str(), 0666);

  BOOST_TEST(refuses("good", Code::kForbidden, "can be written by others; `chmod go-w"));
}

BOOST_AUTO_TEST_CASE(in_a_folder_that_others_can_write_is_refused) {
  install("good");
  ::chmod(directory.path().c_str(), 0777);

  const Error error = refusal();

  BOOST_CHECK(error.code == Code::kForbidden);
  BOOST_TEST(error.message.find(directory.path().string() + ": can be written by others") == 0U);
}

BOOST_AUTO_TEST_CASE(that_is_a_symbolic_link_is_refused) {
  install("good", "real");
  fs::create_symlink(path("real"), path("good"));

  BOOST_TEST(refuses("good", Code::kForbidden, "is a symbolic link"));
}

BOOST_AUTO_TEST_CASE(that_is_a_directory_or_a_pipe_is_refused) {
  fs::create_directory(path("folder"));
  BOOST_REQUIRE(::mkfifo(path("pipe").c_str(), 0644) == 0);

  BOOST_TEST(refuses("folder", Code::kForbidden, "is no regular file"));
  BOOST_TEST(refuses("pipe", Code::kForbidden, "is no regular file"));
}

BOOST_AUTO_TEST_CASE(that_is_text_is_refused) {
  write("good", "#!/bin/sh\necho hello\n");

  BOOST_TEST(refuses("good", Code::kInvalid, "is no shared library"));
}

BOOST_AUTO_TEST_CASE(that_was_cut_off_is_refused_wherever_it_ends) {
  std::ifstream in(fs::path(PINTLE_TEST_PLUGINS) / "good.so", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{64}, std::size_t{4096},
                                 whole.size() / 2, whole.size() - 1}) {
    write("good", whole.substr(0, size));
    BOOST_TEST(refuses("good", Code::kInvalid, ""), "cut at " << size);
  }
}

BOOST_AUTO_TEST_CASE(for_another_abi_is_refused_by_its_number) {
  install("wrong_abi");

  BOOST_TEST(refuses("good", Code::kInvalid, "is built for plugin ABI 99, this server has 1"));
}

BOOST_AUTO_TEST_CASE(without_the_symbol_is_refused) {
  install("no_symbol");

  BOOST_TEST(refuses("good", Code::kInvalid, "has no symbol pintle_plugin_v1"));
}

BOOST_AUTO_TEST_CASE(whose_constant_is_empty_is_refused) {
  install("empty");

  BOOST_TEST(refuses("good", Code::kInvalid, "is not filled in"));
}

BOOST_AUTO_TEST_CASE(that_needs_a_missing_library_names_it) {
  install("needs");

  BOOST_TEST(refuses("good", Code::kInvalid, "libtest_plugin_elsewhere.so"));
}

BOOST_AUTO_TEST_CASE(under_another_name_is_refused_with_its_own) {
  install("good", "other");

  BOOST_TEST(refuses("other", Code::kInvalid, "calls itself \"good\""));
}

BOOST_AUTO_TEST_CASE(whose_static_constructor_throws_harms_nobody_else) {
  install("throws_early", "good");
  BOOST_TEST(refuses("good", Code::kInvalid, "its static constructors end the process"));

  install("good", "good");
  Result<void> loaded = Error();
  std::jthread([&] { loaded = make().load("good"); }).join();
  BOOST_TEST(loaded.ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::loader
