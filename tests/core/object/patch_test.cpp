// JSON patch and merge patch: what they do, and what they may cost.

#include "core/object/patch.hpp"

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

Json parsed(std::string_view text) {
  return parse_json(text).value().value;
}

Result<std::string> patched(std::string_view target, std::string_view patch) {
  Json value = parsed(target);
  PINTLE_TRY_STATUS(apply_json_patch(value, parsed(patch)));
  return to_json(value);
}

Code refusal(std::string_view target, std::string_view patch) {
  const auto result = patched(target, patch);
  BOOST_REQUIRE_MESSAGE(!result.ok(), patch);
  return result.error().code;
}

std::string merged(std::string_view target, std::string_view patch) {
  Json value = parsed(target);
  apply_merge_patch(value, parsed(patch));
  return to_json(value);
}

BOOST_AUTO_TEST_SUITE(a_json_patch)

BOOST_AUTO_TEST_CASE(adds_removes_and_replaces) {
  BOOST_TEST(patched(R"({"a":[1,3]})", R"([{"op":"add","path":"/a/1","value":2}])").value() ==
             R"({"a":[1,2,3]})");
  BOOST_TEST(patched(R"({"a":[1]})", R"([{"op":"add","path":"/a/-","value":2}])").value() ==
             R"({"a":[1,2]})");
  BOOST_TEST(patched(R"({"a":1,"b":2})", R"([{"op":"remove","path":"/a"}])").value() ==
             R"({"b":2})");
  BOOST_TEST(patched(R"({"a":1})", R"([{"op":"replace","path":"/a","value":null}])").value() ==
             R"({"a":null})");
  BOOST_TEST(patched(R"({"a":1})", R"([{"op":"replace","path":"","value":7}])").value() == "7");
}

BOOST_AUTO_TEST_CASE(moves_copies_and_tests) {
  BOOST_TEST(patched(R"({"a":{"x":1}})", R"([{"op":"move","from":"/a/x","path":"/b"}])").value() ==
             R"({"a":{},"b":1})");
  BOOST_TEST(patched(R"({"a":[1]})", R"([{"op":"copy","from":"/a","path":"/a/0"}])").value() ==
             R"({"a":[[1],1]})");
  BOOST_TEST(patched(R"({"a":1})", R"([{"op":"test","path":"/a","value":1}])").ok());
  BOOST_TEST((refusal(R"({"a":1})", R"([{"op":"test","path":"/a","value":2}])") == Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(reads_escapes_in_paths) {
  BOOST_TEST(patched(R"({"a/b":1,"~":2})", R"([{"op":"remove","path":"/a~1b"},
                                               {"op":"remove","path":"/~0"}])")
                 .value() == "{}");
}

BOOST_AUTO_TEST_CASE(that_is_no_list_of_operations_is_a_bad_request) {  // T-P04
  for (const auto* patch : {"{}", "[1]", R"([{"op":7,"path":"/a"}])", R"([{"op":"add","path":{}}])",
                            R"([{"op":"move","path":"/a","from":[]}])"}) {
    BOOST_TEST((refusal("{}", patch) == Code::kBadRequest), patch);
  }
}

BOOST_AUTO_TEST_CASE(with_an_operation_that_is_none_is_unprocessable) {  // T-P04
  for (const auto* patch :
       {"[{}]", R"([{"op":"add"}])", R"([{"op":"add","path":"/a"}])",
        R"([{"op":"bogus","path":"/a"}])", R"([{"op":"add","path":"a","value":1}])",
        R"([{"op":"add","path":"/~2","value":1}])", R"([{"op":"move","path":"/a"}])"}) {
    BOOST_TEST((refusal("{}", patch) == Code::kInvalid), patch);
  }
}

BOOST_AUTO_TEST_CASE(that_does_not_apply_is_unprocessable) {  // T-P04
  for (const auto* path : {"/b/-1", "/b/9223372036854775808", "/b/01", "/b/3", "/x/y", "/a/x"}) {
    const std::string patch = concat({R"([{"op":"add","path":")", path, R"(","value":1}])"});
    BOOST_TEST((refusal(R"({"a":1,"b":[1]})", patch) == Code::kInvalid), path);
  }
  BOOST_TEST(
      (refusal(R"({"a":{}})", R"([{"op":"move","from":"/a","path":"/a/b"}])") == Code::kInvalid));
  BOOST_TEST((refusal(R"({"a":[1]})", R"([{"op":"remove","path":"/a/-"}])") == Code::kInvalid));
  BOOST_TEST((refusal("{}", R"([{"op":"replace","path":"/a","value":1}])") == Code::kInvalid));
}

BOOST_AUTO_TEST_CASE(says_no_more_than_Kubernetes_where_it_does_not_apply) {
  Json target = parsed("{}");
  const auto result = apply_json_patch(target, parsed(R"([{"op":"remove","path":"/a"}])"));

  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(result.error().message ==
             "the server rejected our request due to an error in our request");
  BOOST_REQUIRE(result.error().details != nullptr);
  BOOST_TEST(result.error().details->causes.empty());
}

BOOST_AUTO_TEST_CASE(of_too_many_operations_is_too_large) {  // T-P03
  std::string patch = "[";
  for (int i = 0; i < 10'001; ++i) {
    patch += concat({i == 0 ? "" : ",", R"({"op":"add","path":"/a","value":1})"});
  }
  BOOST_TEST((refusal("{}", patch + "]") == Code::kRequestEntityTooLarge));
}

BOOST_AUTO_TEST_CASE(that_doubles_by_copying_is_stopped) {  // T-P03
  std::string patch = R"([{"op":"add","path":"/a","value":["0123456789"]})";
  for (int i = 0; i < 40; ++i) {
    patch += R"(,{"op":"copy","from":"/a","path":"/a/-"})";
  }
  BOOST_TEST((refusal("{}", patch + "]") == Code::kRequestEntityTooLarge));
}

BOOST_AUTO_TEST_CASE(that_nests_ever_deeper_is_stopped) {  // T-P01, T-P03
  std::string patch = "[";
  std::string inner = "/a";
  for (int i = 0; i < 600; ++i) {
    patch += concat({i == 0 ? "" : ",", R"({"op":"add","path":")", inner, R"(","value":{}})"});
    inner += "/a";
  }
  BOOST_TEST((refusal("{}", patch + "]") == Code::kRequestEntityTooLarge));
}

BOOST_AUTO_TEST_CASE(that_moves_too_many_elements_is_stopped) {
  Json target = parsed("{\"a\":[0,0,0,0]}");
  const Json patch = parsed(R"([{"op":"add","path":"/a/0","value":1},
                                {"op":"remove","path":"/a/0"}])");

  BOOST_TEST((apply_json_patch(target, patch, {.max_moved_elements = 5}).error().code ==
              Code::kRequestEntityTooLarge));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_merge_patch)

BOOST_AUTO_TEST_CASE(merges_objects_and_replaces_the_rest) {
  BOOST_TEST(merged(R"({"a":{"b":1,"c":2},"d":[1,2]})", R"({"a":{"b":null,"e":3},"d":[3]})") ==
             R"({"a":{"c":2,"e":3},"d":[3]})");
  BOOST_TEST(merged(R"({"a":1})", R"({"a":{"b":{"c":null}}})") == R"({"a":{"b":{}}})");
  BOOST_TEST(merged("[1]", R"({"a":1})") == R"({"a":1})");
  BOOST_TEST(merged(R"({"a":1})", "[1]") == "[1]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
