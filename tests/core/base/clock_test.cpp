// Times as objects carry them and ages as kubectl prints them.

#include "core/base/clock.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

using namespace std::chrono_literals;

std::string round_trip(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? to_rfc3339_micro(*time) : "not a time";
}

BOOST_AUTO_TEST_SUITE(a_time)

BOOST_AUTO_TEST_CASE(is_read_with_fraction_and_offset) {
  BOOST_TEST(round_trip("2026-11-23T19:07:00Z") == "2026-11-23T19:07:00.000000Z");
  BOOST_TEST(round_trip("2026-11-23T19:07:00.5+01:30") == "2026-11-23T17:37:00.500000Z");
  BOOST_TEST(round_trip("1969-12-31T23:59:59.999999Z") == "1969-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(keeps_microseconds_and_cuts_what_is_finer) {
  BOOST_TEST(round_trip("2026-11-23T19:07:00.1234567Z") == "2026-11-23T19:07:00.123456Z");
}

BOOST_AUTO_TEST_CASE(is_refused_where_it_is_none) {  // T-P08
  for (const auto* text :
       {"", "2026-11-23", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "10000-01-01T00:00:00Z",
        "2026-11-23T19:07:00+99:99", "2026-11-23T19:07:00Zx", "2026-11-23T19:07:00.Z"}) {
    BOOST_TEST(!parse_rfc3339(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(in_seconds_is_rounded_down) {
  BOOST_TEST(to_rfc3339(*parse_rfc3339("2026-11-23T19:07:00.9Z")) == "2026-11-23T19:07:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_http_date)

BOOST_AUTO_TEST_CASE(is_in_english_and_in_gmt) {
  BOOST_TEST(to_http_date(*parse_rfc3339("2026-11-23T20:07:00+01:00")) ==
             "Mon, 23 Nov 2026 19:07:00 GMT");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_go_duration)

BOOST_AUTO_TEST_CASE(is_printed_as_go_prints_it) {
  BOOST_TEST(to_go_duration(0ns) == "0s");
  BOOST_TEST(to_go_duration(1500us) == "1.5ms");
  BOOST_TEST(to_go_duration(30s) == "30s");
  BOOST_TEST(to_go_duration(1min + 30s + 500ms) == "1m30.5s");
  BOOST_TEST(to_go_duration(-1h) == "-1h0m0s");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_age)

BOOST_AUTO_TEST_CASE(is_told_as_kubectl_tells_it) {
  BOOST_TEST(to_human_duration(-2s) == "<invalid>");
  BOOST_TEST(to_human_duration(-1s) == "0s");
  BOOST_TEST(to_human_duration(119s) == "119s");
  BOOST_TEST(to_human_duration(190s) == "3m10s");
  BOOST_TEST(to_human_duration(179min) == "179m");
  BOOST_TEST(to_human_duration(7h + 59min) == "7h59m");
  BOOST_TEST(to_human_duration(26h) == "26h");
  BOOST_TEST(to_human_duration(24h * 4 + 3h) == "4d3h");
  BOOST_TEST(to_human_duration(24h * 400) == "400d");
  BOOST_TEST(to_human_duration(24h * (365 * 2 + 45)) == "2y45d");
  BOOST_TEST(to_human_duration(24h * 365 * 9) == "9y");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
