// Durations as flags take them.

#include "core/daemon/duration.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::daemon {
namespace {

long long millis(std::string_view text) {
  const auto parsed = parse_duration(text);
  return parsed ? parsed->count() : -1;
}

BOOST_AUTO_TEST_SUITE(a_duration)

BOOST_AUTO_TEST_CASE(is_numbers_with_units) {
  BOOST_TEST(millis("1h0m0s") == 3'600'000);
  BOOST_TEST(millis("1h30m") == 5'400'000);
  BOOST_TEST(millis("90s") == 90'000);
  BOOST_TEST(millis("1.5h") == 5'400'000);
  BOOST_TEST(millis("250ms") == 250);
  BOOST_TEST(millis("0") == 0);
}

BOOST_AUTO_TEST_CASE(is_nothing_else) {
  for (const char* text :
       {"", "1", "h", "1d", "-1h", "1h30", "1h 30m", "999999999h", "nan", "1e3s"}) {
    BOOST_TEST(millis(text) == -1, text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::daemon
