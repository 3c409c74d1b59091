// How a plugin reads an object: in place, by path, without checks on the way.

#include "core/sdk/object.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/object_table.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Tree {
  Json json = parse_json(R"({"text":"t","number":7,"half":0.5,"huge":18446744073709551615,
      "yes":true,"nothing":null,"list":[1,"two",{"three":3}],"map":{"b":"1","a":"2"}})")
                  .value()
                  .value;
  Value value{&object_table(), to_value(&json)};
};

BOOST_FIXTURE_TEST_SUITE(a_view, Tree)

BOOST_AUTO_TEST_CASE(reads_every_kind_of_value) {
  BOOST_TEST(value.text("text") == "t");
  BOOST_TEST(value.integer("number") == 7);
  BOOST_TEST(value.number("half") == 0.5);
  BOOST_TEST(value.boolean("yes"));
  BOOST_TEST(value.at("nothing").is_null());
  BOOST_TEST(value.at("list").is_array());
  BOOST_TEST(value.at("map").is_object());
}

BOOST_AUTO_TEST_CASE(of_nothing_is_empty_however_far_one_goes) {
  const Value nothing = value.at("not", "there", "at", "all");

  BOOST_TEST(!nothing);
  BOOST_TEST(nothing.text() == "");
  BOOST_TEST(nothing.integer() == 0);
  BOOST_TEST(nothing.size() == 0U);
  BOOST_TEST(!value.has("text", "has", "no", "members"));
  BOOST_TEST(!Value().has("anything"));
}

BOOST_AUTO_TEST_CASE(of_another_kind_gives_nothing_of_this_one) {
  BOOST_TEST(value.text("number") == "");
  BOOST_TEST(value.integer("text") == 0);
  BOOST_TEST(value.integer("huge") == 0);
  BOOST_TEST(!value.boolean("text"));
}

BOOST_AUTO_TEST_CASE(goes_through_elements_in_order) {
  std::vector<std::uint32_t> kinds;
  for (const Value element : value.at("list")) {
    kinds.push_back(element.kind());
  }

  BOOST_TEST(kinds == (std::vector<std::uint32_t>{PINTLE_INTEGER, PINTLE_STRING, PINTLE_OBJECT}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(goes_through_members_with_their_keys) {
  std::string seen;
  for (const auto& [key, member] : value.at("map").members()) {
    seen += std::string(key) + "=" + std::string(member.text()) + " ";
  }

  BOOST_TEST(seen == "b=1 a=2 ");
  for (const auto& [key, member] : value.at("list").members()) {
    BOOST_ERROR("a list has no keys, not even " << key);
  }
}

BOOST_AUTO_TEST_CASE(copies_what_it_sees) {
  Json expected = json;
  expected.as_object()["huge"] = 18446744073709551615.0;  // Beyond int64: a number, as JSON has it.

  BOOST_TEST(to_json(value.to_json()) == to_json(expected));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_handle)

BOOST_AUTO_TEST_CASE(keeps_its_object_alive_as_long_as_any_copy_is) {
  const auto object = std::make_shared<const Object>(
      Key{"pods", "default", "a"}, 5,
      Draft{.head = R"({"metadata":{)", .tail = R"("name":"a","namespace":"default"}})"});
  const std::weak_ptr<const Object> watched = object;
  {
    ObjectHandle first = ObjectHandle::adopt(&object_table(), make_object(object));
    ObjectHandle second = first;
    first = ObjectHandle();
    BOOST_TEST(watched.use_count() == 2);
    BOOST_TEST(second.name() == "a");
    BOOST_TEST(second.revision() == 5U);
    BOOST_TEST(key_of(second) == "default/a");
    const ObjectHandle third = std::move(second);
    BOOST_TEST(third.ns() == "default");
  }

  BOOST_TEST(watched.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(on_nothing_gives_nothing) {
  const ObjectHandle none;

  BOOST_TEST(!none);
  BOOST_TEST(none.name() == "");
  BOOST_TEST(none.json() == "");
  BOOST_TEST(none.revision() == 0U);
}

BOOST_AUTO_TEST_CASE(has_a_key_that_splits_again) {
  BOOST_CHECK(
      (split_key("default/a") == std::pair<std::string_view, std::string_view>("default", "a")));
  BOOST_CHECK((split_key("n1") == std::pair<std::string_view, std::string_view>("", "n1")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
