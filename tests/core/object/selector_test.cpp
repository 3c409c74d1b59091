// Which objects a selector means, and how it is refused.

#include "core/object/selector.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

const TextPairs kLabels = {{"app", "web"}, {"example.com/tier", "front"}, {"size", "5"}};

bool matches(std::string_view text) {
  const auto selector = parse_label_selector(text);
  BOOST_REQUIRE_MESSAGE(selector.ok(), text);
  return selector.value().matches(kLabels);
}

std::string refusal(std::string_view text) {
  const auto selector = parse_label_selector(text);
  BOOST_REQUIRE_MESSAGE(!selector.ok(), text);
  BOOST_TEST((selector.error().code == Code::kBadRequest));
  return selector.error().message;
}

BOOST_AUTO_TEST_SUITE(a_label_selector)

BOOST_AUTO_TEST_CASE(matches_what_it_says) {
  for (const auto* text :
       {"", "app", "app=web", "app==web", "app = web , size", "app!=db", "other!=x", "!other",
        "app in (db,web)", "app notin (db)", "other notin (db)", "size>4", "size<6",
        "example.com/tier=front", "in notin (x)", "!in"}) {
    BOOST_TEST(matches(text), text);
  }
}

BOOST_AUTO_TEST_CASE(matches_nothing_else) {
  for (const auto* text :
       {"other", "app=db", "app=", "app!=web", "!app", "app in (db)", "app in (,)",
        "app notin (web,db)", "size>5", "app>1", "other<3", "app,!size"}) {
    BOOST_TEST(!matches(text), text);
  }
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused_in_kubernetes_words) {
  const std::string prefix = "unable to parse requirement: ";

  BOOST_TEST(refusal("=a") == prefix + "found '=', expected: !, identifier, or 'end of string'");
  BOOST_TEST(refusal("a,") == prefix + "found '', expected: identifier after ','");
  BOOST_TEST(refusal("a b") == prefix + "found 'b', expected: in, notin, =, ==, !=, gt, lt");
  BOOST_TEST(refusal("a in b") == prefix + "found 'b', expected: '('");
  BOOST_TEST(refusal("a in (b") == prefix + "found '', expected: ',' or ')'");
  BOOST_TEST(refusal("a=b c") == prefix + "found 'c', expected: ',' or 'end of string'");
  BOOST_TEST(refusal("a==(") == prefix + "found '(', expected: identifier");
  BOOST_TEST(refusal("a in ()").find("values set can't be empty") != std::string::npos);
  BOOST_TEST(refusal("a>x").find("the value must be an integer") != std::string::npos);
  BOOST_TEST(refusal("-a").find("key: Invalid value: \"-a\": name part") != std::string::npos);
  BOOST_TEST(refusal("a=-b").find("values[0][a]: Invalid value: \"-b\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_a_megabyte_is_answered_at_once) {  // T-P09
  std::string many = "a notin (";
  for (int i = 0; i < 100'000; ++i) {
    many += "v" + std::to_string(i) + ",";
  }

  BOOST_TEST(matches(many + "x)"));
  BOOST_TEST(!parse_label_selector(std::string(1'000'000, '(')).ok());
  BOOST_TEST(!parse_label_selector(std::string(1'000'000, '!')).ok());
}

BOOST_AUTO_TEST_CASE(of_an_object_means_the_same) {
  const Json json = parse_json(R"({"matchLabels":{"app":"web"},"matchExpressions":[
      {"key":"size","operator":"Exists"},{"key":"x","operator":"NotIn","values":["b","a"]}]})")
                        .value()
                        .value;

  BOOST_TEST(label_selector_of(json).value().matches(kLabels));
  BOOST_TEST(!label_selector_of(json).value().matches({{"app", "web"}}));
  BOOST_TEST(label_selector_of(Json(JsonObject())).value().empty());
}

BOOST_AUTO_TEST_CASE(of_an_object_names_what_is_wrong) {
  const Json json =
      parse_json(R"({"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]})")
          .value()
          .value;

  BOOST_TEST(label_selector_of(json).error().message ==
             "\"Gt\" is not a valid label selector operator");
}

BOOST_AUTO_TEST_SUITE_END()

struct APod {
  Object pod{{"pods", "default", "nginx"},
             1,
             {"{", "\"a\":1}", 0, "u", {}, {{"status.phase", "Running"}}}};

  bool matches(std::string_view text) const {
    return parse_field_selector(text).value().matches(pod);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_field_selector, APod)

BOOST_AUTO_TEST_CASE(asks_for_name_namespace_and_lifted_fields) {
  BOOST_TEST(matches(""));
  BOOST_TEST(matches("metadata.name=nginx,metadata.namespace==default,status.phase!=Failed"));
  BOOST_TEST(!matches("metadata.name=web"));
  BOOST_TEST(matches("spec.nodeName="));
  BOOST_TEST(!matches("status.phase!=Running"));
}

BOOST_AUTO_TEST_CASE(takes_escapes_in_values) {
  const auto selector = parse_field_selector(R"(a=x\,y,b=\=\\)").value();

  BOOST_TEST(*selector.required("a") == "x,y");
  BOOST_TEST(*selector.required("b") == "=\\");
  BOOST_TEST(selector.required("c") == nullptr);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused) {
  BOOST_TEST(parse_field_selector("a=1,b").error().message ==
             "invalid selector: 'a=1,b'; can't understand 'b'");
  BOOST_TEST(!parse_field_selector(R"(a=\x)").ok());
  BOOST_TEST(!parse_field_selector("a=b=c").ok());
  BOOST_TEST(!parse_field_selector("a=\\").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
