// What a text from outside may do to us, and how exactly it comes back.

#include "core/object/json.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

Json parsed(std::string_view text) {
  return parse_json(text).value().value;
}

std::string round_trip(std::string_view text) {
  return to_json(parsed(text));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(a_json_text)

BOOST_AUTO_TEST_CASE(comes_back_with_its_keys_in_order) {
  BOOST_TEST(round_trip(R"( {"b":[1,true,null,"x"],"a":{}} )") ==
             R"({"b":[1,true,null,"x"],"a":{}})");
}

BOOST_AUTO_TEST_CASE(keeps_integers_exact) {  // T-P07
  for (const auto* number : {"9223372036854775807", "-9223372036854775808", "18446744073709551615",
                             "9007199254740993", "0"}) {
    BOOST_TEST(round_trip(number) == number);
  }
  BOOST_TEST(parsed("9223372036854775807").is_int64());
  BOOST_TEST(parsed("9223372036854775808").is_uint64());
  BOOST_TEST(parsed("18446744073709551616").is_double());
  BOOST_TEST(parsed("1.0").is_double());
}

BOOST_AUTO_TEST_CASE(keeps_doubles_to_the_last_digit_and_writes_them_as_go_does) {
  BOOST_TEST(round_trip("0.1") == "0.1");
  BOOST_TEST(round_trip("1.7976931348623157e308") == "1.7976931348623157e+308");
  BOOST_TEST(round_trip("5e-324") == "5e-324");
  BOOST_TEST(round_trip("123456789012345680.0") == "123456789012345680");
  BOOST_TEST(round_trip("1e21") == "1e+21");
  BOOST_TEST(round_trip("1E-7") == "1e-7");
  BOOST_TEST(round_trip("0.000001") == "0.000001");
  BOOST_TEST(round_trip("2.0") == "2");
}

BOOST_AUTO_TEST_CASE(with_numbers_nobody_can_hold_is_refused) {  // T-P07
  for (const auto* number : {"1e400", "-1e400", "NaN", "0x10", "1_000", "01", "+1", "1.", ".5"}) {
    BOOST_TEST((parse_json(number).error().code == Code::kBadRequest), number);
  }
  BOOST_TEST(round_trip("1e-400") == "0");
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused_with_its_place) {
  const auto result = parse_json("{\"a\":1,\n \"b\":x}");

  BOOST_TEST((result.error().code == Code::kBadRequest));
  BOOST_TEST(result.error().message.starts_with("invalid JSON at line 2 column 6"),
             result.error().message);
}

BOOST_AUTO_TEST_CASE(that_is_cut_off_or_followed_by_more_is_refused) {
  for (const auto* text : {"", " ", "{", "[1", "{\"a\":", "\"abc", "tru", "{} {}", "1 2", "[1,]"}) {
    BOOST_TEST(!parse_json(text).ok(), text);
  }
}

BOOST_AUTO_TEST_CASE(that_is_not_utf8_is_refused) {
  for (const auto* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf5\x80\x80\x80\"",
                           "{\"\xe2\x28\xa1\":1}", "\"\\ud800\""}) {
    BOOST_TEST(!parse_json(text).ok(), text);
  }
  BOOST_TEST(round_trip("\"\u00e9\u20ac\U0001f600\"") == "\"\u00e9\u20ac\U0001f600\"");
}

BOOST_AUTO_TEST_CASE(past_the_size_limit_is_refused_as_too_large) {  // T-H01
  const std::string exact = "\"" + std::string(3 * 1024 * 1024 - 2, 'a') + "\"";

  BOOST_TEST(parse_json(exact).ok());
  BOOST_TEST((parse_json(exact + " ").error().code == Code::kRequestEntityTooLarge));
}

BOOST_AUTO_TEST_CASE(past_the_depth_limit_is_refused) {  // T-P01
  const auto nested = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  BOOST_TEST(parse_json(nested(512)).ok());
  BOOST_TEST(!parse_json(nested(513)).ok());
  BOOST_TEST(!parse_json(repeated("[", 3'000'000)).ok());
  BOOST_TEST(!parse_json(repeated("{\"a\":", 600'000)).ok());
}

BOOST_AUTO_TEST_CASE(of_any_of_the_large_shapes_is_taken_or_refused_at_once) {  // T-P01
  for (const auto* element : {"[],", "{},", "\"\",", "0,", "1.5,", "true,", "null,", "{\"\":0},"}) {
    const std::string list =
        "[" + repeated(element, 3'000'000 / std::string(element).size()) + "0]";
    BOOST_TEST(parse_json(list).ok(), element);
  }
}

BOOST_AUTO_TEST_CASE(lives_in_the_arena_it_is_given) {
  JsonArena arena;
  const auto result = parse_json(R"({"a":["long enough to need room of its own"]})", &arena);

  BOOST_TEST((result.value().value.storage().get() == &arena));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_key_met_twice)

std::vector<std::string> duplicates_of(std::string_view text) {
  return parse_json(text).value().duplicates;
}

BOOST_AUTO_TEST_CASE(is_told_with_its_path) {
  const auto duplicates =
      duplicates_of(R"({"spec":{"containers":[{},{"name":"a","name":"b"}]},"x":1,"spec":{"x":1}})");

  BOOST_TEST(duplicates.size() == 2U);
  BOOST_TEST(duplicates.at(0) == "spec.containers[1].name");
  BOOST_TEST(duplicates.at(1) == "spec");
}

BOOST_AUTO_TEST_CASE(leaves_the_later_value) {
  BOOST_TEST(round_trip(R"({"a":1,"a":2})") == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(is_found_behind_escapes_and_among_many) {
  BOOST_TEST(duplicates_of(R"({"ab":1,"\u0061b":2})").size() == 1U);
  std::string many = "{";
  for (int i = 0; i < 100; ++i) {
    many += concat({"\"k", std::to_string(i), "\":0,"});
  }
  BOOST_TEST(duplicates_of(many + "\"k50\":1}").at(0) == "k50");
  BOOST_TEST(duplicates_of(many + "\"k\":1}").empty());
}

BOOST_AUTO_TEST_CASE(in_another_object_is_no_duplicate) {
  BOOST_TEST(duplicates_of(R"([{"a":{"a":1}},{"a":2}])").empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_string_written)

BOOST_AUTO_TEST_CASE(is_escaped_as_go_escapes_it) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\r\t\b\f\x01\0<>&\u2028", 16));

  BOOST_TEST(out == R"("a\"\\\n\r\t\b\f\u0001\u0000\u003c\u003e\u0026\u2028")");
}

BOOST_AUTO_TEST_CASE(that_is_not_utf8_becomes_utf8) {
  std::string out;
  append_json_string(out,
                     "a\xff"
                     "b");

  BOOST_TEST(out == R"("a\ufffdb")");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_path)

BOOST_AUTO_TEST_CASE(leads_to_what_is_there_and_nowhere_else) {
  const Json pod = parsed(R"({"spec":{"nodeName":"n1","grace":30,"list":[1]}})");

  BOOST_TEST(text_at(pod, {"spec", "nodeName"}) == "n1");
  BOOST_TEST(text_at(pod, {"spec", "grace"}) == "");
  BOOST_TEST(integer_at(pod, {"spec", "grace"}).value() == 30);
  BOOST_TEST(!integer_at(pod, {"spec", "nodeName"}).has_value());
  BOOST_TEST(array_at(pod, {"spec", "list"}).size() == 1U);
  BOOST_TEST(array_at(pod, {"spec", "nodeName"}).empty());
  BOOST_TEST(object_at(pod, {"status"}).empty());
  BOOST_TEST(find_path(pod, {"spec", "list", "x"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(is_made_where_it_is_missing) {
  Json pod = parsed(R"({"status":null})");
  ensure_object(pod.get_object(), "status").emplace("phase", "Running");
  ensure_object(pod.get_object(), "metadata");

  BOOST_TEST(to_json(pod) == R"({"status":{"phase":"Running"},"metadata":{}})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
