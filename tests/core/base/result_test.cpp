// A Result holds a value or the Error that took its place, and passes either on.

#include "core/base/result.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) {
    return Error{Code::kInvalid, "odd"};
  }
  return number / 2;
}

Result<int> quarter(int number) {
  PINTLE_TRY(const int once, half(number));
  PINTLE_TRY(const int twice, half(once));
  return twice;
}

Result<void> must_be_even(int number) {
  PINTLE_TRY_STATUS(half(number));
  return {};
}

BOOST_AUTO_TEST_SUITE(a_result)

BOOST_AUTO_TEST_CASE(gives_its_value) {
  BOOST_TEST(quarter(12).value() == 3);
}

BOOST_AUTO_TEST_CASE(passes_the_first_error_on) {
  const auto result = quarter(6);

  BOOST_TEST(!result.ok());
  BOOST_TEST(result.error().message == "odd");
}

BOOST_AUTO_TEST_CASE(without_a_value_passes_errors_on_too) {
  BOOST_TEST(must_be_even(2).ok());
  BOOST_TEST((must_be_even(1).error().code == Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(knows_the_reason_and_the_number_of_every_code) {
  BOOST_TEST(reason_of(Code::kExpired) == "Expired");
  BOOST_TEST(http_status_of(Code::kExpired) == 410);
  BOOST_TEST(reason_of(Code::kAlreadyExists) == "AlreadyExists");
  BOOST_TEST(http_status_of(Code::kAlreadyExists) == 409);
  BOOST_TEST(http_status_of(Code::kTimeout) == 504);
  BOOST_TEST(reason_of(Code::kCancelled).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
