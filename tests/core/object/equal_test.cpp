// Equality of JSON values.

#include "core/object/equal.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

bool equal(std::string_view a, std::string_view b) {
  return is_equal(parse_json(a).value().value, parse_json(b).value().value);
}

BOOST_AUTO_TEST_SUITE(two_values)

BOOST_AUTO_TEST_CASE(are_equal_whatever_the_order_of_their_members) {
  BOOST_TEST(equal(R"({"a":[1,{"b":null}],"c":"x"})", R"({"c":"x","a":[1,{"b":null}]})"));
}

BOOST_AUTO_TEST_CASE(differ_by_one_member_item_or_kind) {
  for (const auto* other : {R"({"a":[1,2]})", R"({"a":[1],"b":1})", R"({"a":[2]})", R"({"b":[1]})",
                            R"({"a":1})", R"({"a":{}})", "[]", "null", R"({})"}) {
    BOOST_TEST(!equal(R"({"a":[1]})", other), other);
    BOOST_TEST(!equal(other, R"({"a":[1]})"), other);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
