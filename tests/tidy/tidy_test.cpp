// The house rules, held against every source file; and against files that break them, so that a
// rule which notices nothing is noticed.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "tests/tidy/rules.hpp"

namespace pintle::tidy {
namespace {

namespace fs = std::filesystem;

Source read(const fs::path& file) {
  Source source{fs::relative(file, PINTLE_SOURCE_DIR).string(), {}};
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    source.lines.push_back(line);
  }
  return source;
}

std::vector<Source> read_tree() {
  std::vector<Source> sources;
  for (const char* top : {"core", "plugins", "tests", "certs"}) {
    const auto folder = fs::path(PINTLE_SOURCE_DIR) / top;
    if (!fs::exists(folder)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const auto extension = entry.path().extension();
      if (extension == ".hpp" || extension == ".cpp" || extension == ".h") {
        sources.push_back(read(entry.path()));
      }
    }
  }
  return sources;
}

struct SourceTree {
  const std::vector<Source> sources = read_tree();

  void hold(Faults (*rule)(const Source&)) const {
    BOOST_TEST_REQUIRE(sources.size() > 50U);
    for (const auto& source : sources) {
      for (const auto& fault : rule(source)) {
        BOOST_ERROR(fault);
      }
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(every_source_file, SourceTree)

BOOST_AUTO_TEST_CASE(includes_only_rooms_on_lower_floors) {
  hold(of_floors);
}

BOOST_AUTO_TEST_CASE(keeps_foreign_headers_in_their_homes) {
  hold(of_homes);
}

BOOST_AUTO_TEST_CASE(opens_with_a_sentence_about_itself) {
  hold(of_opening);
}

BOOST_AUTO_TEST_CASE(fits_two_to_a_screen) {
  hold(of_size);
}

BOOST_AUTO_TEST_CASE(has_its_folder_as_its_namespace) {
  hold(of_namespace);
}

BOOST_AUTO_TEST_CASE(includes_from_the_root) {
  hold(of_include_paths);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_rule)

BOOST_AUTO_TEST_CASE(notices_a_room_that_looks_up_or_sideways) {
  BOOST_TEST(!of_floors({"core/bus/a.cpp", {"#include \"core/gate/gate.hpp\""}}).empty());
  BOOST_TEST(!of_floors({"core/auth/a.cpp", {"#include \"core/store/store.hpp\""}}).empty());
  BOOST_TEST(!of_floors({"core/auth/a.cpp", {"#include \"core/bus/bus.hpp\""}}).empty());
  BOOST_TEST(!of_floors({"core/gate/a.cpp", {"#include \"plugins/kubelet/a.hpp\""}}).empty());
  BOOST_TEST(of_floors({"core/gate/a.cpp", {"#include \"core/bus/bus.hpp\""}}).empty());
}

BOOST_AUTO_TEST_CASE(notices_a_plugin_that_goes_behind_the_sdk) {
  BOOST_TEST(!of_floors({"plugins/x/a.cpp", {"#include \"core/store/store.hpp\""}}).empty());
  BOOST_TEST(!of_floors({"plugins/x/a.cpp", {"#include \"plugins/y/b.hpp\""}}).empty());
  BOOST_TEST(of_floors({"plugins/x/a.cpp", {"#include \"core/sdk/client.hpp\""}}).empty());
}

BOOST_AUTO_TEST_CASE(notices_a_foreign_header_away_from_home) {
  BOOST_TEST(!of_homes({"core/gate/a.cpp", {"#include <boost/json.hpp>"}}).empty());
  BOOST_TEST(!of_homes({"core/auth/a.cpp", {"#include <openssl/ssl.h>"}}).empty());
  BOOST_TEST(of_homes({"core/auth/a.cpp", {"#include <openssl/evp.h>"}}).empty());
}

BOOST_AUTO_TEST_CASE(notices_a_file_that_does_not_say_what_it_is_for) {
  BOOST_TEST(!of_opening({"core/gate/a.cpp", {"#pragma once"}}).empty());
  BOOST_TEST(!of_opening({"core/gate/a.cpp", {}}).empty());
}

BOOST_AUTO_TEST_CASE(notices_what_is_too_wide_or_too_long) {
  BOOST_TEST(!of_size({"core/gate/a.cpp", {std::string(101, 'x')}}).empty());
  BOOST_TEST(of_size({"core/gate/a.cpp", {std::string(99, 'x') + "\u00e9"}}).empty());
  BOOST_TEST(!of_size({"core/gate/a.cpp", std::vector<std::string>(501)}).empty());
}

BOOST_AUTO_TEST_CASE(notices_a_namespace_that_is_not_its_folder) {
  BOOST_TEST(!of_namespace({"core/gate/a.cpp", {"namespace pintle {"}}).empty());
  BOOST_TEST(of_namespace({"core/gate/a.cpp", {"namespace pintle::gate {"}}).empty());
}

BOOST_AUTO_TEST_CASE(notices_an_include_without_its_folder) {
  BOOST_TEST(!of_include_paths({"core/gate/a.cpp", {"#include \"gate.hpp\""}}).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::tidy
