// Reviews: questions about who may do what, answered and forgotten.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

constexpr const char* kReviews = "/apis/authorization.k8s.io/v1/";

struct JoeReads : Cluster {
  JoeReads() {
    authorizer.allows = [](const auth::Identity& asking, const auth::Attributes& what) {
      return asking.user == "admin" || (asking.user == "joe" && what.verb == "get");
    };
  }

  test::Heard review(const std::string& kind, const std::string& spec) {
    return post(kReviews + kind, R"({"spec":)" + spec + "}");
  }

  static bool allowed(const test::Heard& heard) {
    const auto json = heard.json();
    const auto* allowed = find_path(json, {"status", "allowed"});
    return allowed != nullptr && allowed->as_bool();
  }
};

BOOST_FIXTURE_TEST_SUITE(an_access_review, JoeReads)

BOOST_AUTO_TEST_CASE(tells_what_somebody_may) {
  const auto get_pods = review(
      "subjectaccessreviews",
      R"({"user":"joe","resourceAttributes":{"verb":"get","resource":"pods","namespace":"a"}})");
  const auto list_pods = review(
      "subjectaccessreviews",
      R"({"user":"joe","resourceAttributes":{"verb":"list","resource":"pods","namespace":"a"}})");

  BOOST_TEST(get_pods.status == 201);
  BOOST_TEST(get_pods.text({"kind"}) == "SubjectAccessReview");
  BOOST_TEST(allowed(get_pods));
  BOOST_TEST(!allowed(list_pods));
}

BOOST_AUTO_TEST_CASE(of_oneself_needs_no_name) {
  const auto mine =
      review("selfsubjectaccessreviews", R"({"nonResourceAttributes":{"verb":"x","path":"/y"}})");

  BOOST_TEST(mine.status == 201);
  BOOST_TEST(allowed(mine));
}

BOOST_AUTO_TEST_CASE(in_a_namespace_is_of_that_namespace) {
  const std::string path = "/apis/authorization.k8s.io/v1/namespaces/a/localsubjectaccessreviews";
  const auto asked_about = [](const std::string& ns) {
    return R"({"spec":{"user":"joe","resourceAttributes":{"verb":"get","namespace":")" + ns +
           R"("}}})";
  };
  const auto inside = post(path, asked_about("a"));
  const auto outside = post(path, asked_about("b"));

  BOOST_TEST(inside.status == 201);
  BOOST_TEST(outside.status == 400);
}

BOOST_AUTO_TEST_CASE(asks_one_thing_about_somebody) {
  BOOST_TEST(review("selfsubjectaccessreviews", "{}").status == 422);
  BOOST_TEST(
      review("selfsubjectaccessreviews", R"({"resourceAttributes":{},"nonResourceAttributes":{}})")
          .status == 422);
  BOOST_TEST(review("subjectaccessreviews", R"({"resourceAttributes":{"verb":"get"}})").status ==
             422);
}

BOOST_AUTO_TEST_CASE(is_not_kept) {
  BOOST_TEST(get(std::string(kReviews) + "selfsubjectaccessreviews").status == 405);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(other_reviews, JoeReads)

BOOST_AUTO_TEST_CASE(list_the_rules_one_has) {
  const auto rules = review("selfsubjectrulesreviews", R"({"namespace":"a"})");

  BOOST_TEST(rules.status == 201);
  const auto json = rules.json();
  BOOST_TEST(array_at(json, {"status", "resourceRules"}).size() == 1U);
  BOOST_TEST(array_at(json, {"status", "nonResourceRules"}).size() == 1U);
  BOOST_TEST(review("selfsubjectrulesreviews", "{}").status == 400);
}

BOOST_AUTO_TEST_CASE(say_who_one_is) {
  const auto self = post("/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}");

  BOOST_TEST(self.status == 201);
  BOOST_TEST(self.text({"status", "userInfo", "username"}) == "admin");
}

BOOST_AUTO_TEST_CASE(of_tokens_are_served_only_with_an_authenticator) {
  BOOST_TEST(
      post("/apis/authentication.k8s.io/v1/tokenreviews", R"({"spec":{"token":"t"}})").status ==
      404);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
