// Quantities: read exactly, shown canonically.

#include "core/object/quantity.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

std::string canonical(std::string_view text) {
  return parse_quantity(text).value().to_text();
}
std::int64_t millis(std::string_view text) {
  return parse_quantity(text).value().millis();
}
std::int64_t units(std::string_view text) {
  return parse_quantity(text).value().units();
}

BOOST_AUTO_TEST_SUITE(a_quantity)

BOOST_AUTO_TEST_CASE(is_shown_in_its_canonical_form) {
  const std::pair<const char*, const char*> kForms[] = {
      {"0", "0"},
      {"0.000", "0"},
      {"1000m", "1"},
      {"100m", "100m"},
      {"1.5", "1500m"},
      {"1500Mi", "1500Mi"},
      {"1024Mi", "1Gi"},
      {"1.5Gi", "1536Mi"},
      {"2000", "2k"},
      {"2e3", "2e3"},
      {"12E-1", "1200e-3"},
      {"0.5Ki", "512"},
      {"1Ei", "1Ei"},
      {"-100m", "-100m"},
      {"+5", "5"},
      {"100Ki", "100Ki"},
      {"0.1Gi", "107374182400m"},
      {"1E", "1E"},
      {"1e0", "1"},
      {"1M", "1M"},
      {"1234567", "1234567"},
      {".5", "500m"},
      {"5.", "5"},
  };
  for (const auto& [text, form] : kForms) {
    BOOST_TEST(canonical(text) == form, text << " is shown as " << canonical(text));
  }
}

BOOST_AUTO_TEST_CASE(is_rounded_up_below_a_billionth) {  // T-P08
  BOOST_TEST(canonical("0.1n") == "1n");
  BOOST_TEST(canonical("1.0000000001") == "1000000001n");
  BOOST_TEST(canonical("1e-9999") == "1e-9");
}

BOOST_AUTO_TEST_CASE(is_capped_to_what_fits) {  // T-P08
  BOOST_TEST(units("1e9999") == INT64_MAX);
  BOOST_TEST(units("9223372036854775808") == INT64_MAX);
  BOOST_TEST(units("8Ei") == INT64_MAX);
  BOOST_TEST(units(std::string(100'000, '9')) == INT64_MAX);
  BOOST_TEST(units("0." + std::string(100'000, '9')) == 1);
  BOOST_TEST(units("0e9999") == 0);
}

BOOST_AUTO_TEST_CASE(is_given_in_units_and_thousandths_rounded_away_from_zero) {
  BOOST_TEST(units("100m") == 1);
  BOOST_TEST(units("-1500m") == -2);
  BOOST_TEST(millis("0.0001") == 1);
  BOOST_TEST(millis("2") == 2000);
  BOOST_TEST(units("2Gi") == std::int64_t{2} << 30);
  BOOST_TEST(millis("1Ei") == INT64_MAX);
}

BOOST_AUTO_TEST_CASE(is_refused_where_it_is_none) {  // T-P08
  for (const auto* text : {"", " 1", "1 ", "a", "1.5.5Ki", "1KiB", "1e", "1e+", "e3", "Ki", ".",
                           "--1", "1k1", "0x10", "1,5", "1i", "1ki", "1K"}) {
    BOOST_TEST((parse_quantity(text).error().code == Code::kInvalid), text);
  }
}

BOOST_AUTO_TEST_CASE(adds_up_and_compares_across_formats) {
  auto sum = parse_quantity("1Gi").value();
  sum += parse_quantity("512Mi").value();

  BOOST_TEST(sum.to_text() == "1536Mi");
  BOOST_TEST((parse_quantity("1Ki").value() > parse_quantity("1k").value()));
  BOOST_TEST((parse_quantity("1024").value() == parse_quantity("1Ki").value()));
  sum -= sum;
  BOOST_TEST(sum.is_zero());
  BOOST_TEST(Quantity::of_millis(1500).to_text() == "1500m");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
