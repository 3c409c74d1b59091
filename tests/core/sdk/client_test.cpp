// Requests of a plugin, and what it is told.

#include "core/sdk/client.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Cluster {
  test::FakeHost host;
  Client client{host.host()};
  const Path pods{.resource = "pods", .ns = "d"};
  const Path a{.resource = "pods", .ns = "d", .name = "a"};

  Cluster() { host.put(to_text(a), JsonObject{{"spec", {{"x", 1}}}}); }
};

BOOST_FIXTURE_TEST_SUITE(a_client, Cluster)

BOOST_AUTO_TEST_CASE(finds_one_object_without_a_request) {
  BOOST_TEST(client.find(a).name() == "a");
  BOOST_TEST(!client.find({.resource = "pods", .ns = "d", .name = "b"}));
  BOOST_TEST(host.requests().empty());
}

BOOST_AUTO_TEST_CASE(gets_creates_updates_patches_and_removes) {
  const Json pod = {{"metadata", {{"name", "b"}}}};
  const Path b{.resource = "pods", .ns = "d", .name = "b"};

  BOOST_TEST(client.create(pods, pod).ok());
  BOOST_TEST(client.patch(b, PatchKind::kMerge, JsonObject{{"y", 2}}).ok());
  const auto got = client.get(b);
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(integer_at(got.value(), {"y"}).value() == 2);
  BOOST_TEST(client.update(b, pod).ok());
  BOOST_TEST(array_at(client.get(pods).value(), {"items"}).size() == 2U);
  BOOST_TEST(client.remove(b).ok());
  BOOST_CHECK(client.get(b).error().code == Code::kNotFound);
}

BOOST_AUTO_TEST_CASE(sends_several_at_once_and_answers_in_their_order) {
  const auto answers = client.request_all(
      {{.method = "POST", .path = to_text(pods), .body = R"({"metadata":{"name":"b"}})"},
       {.method = "GET", .path = to_text(pods) + "/none", .body = ""},
       {.method = "DELETE", .path = to_text(a), .body = ""}});

  BOOST_REQUIRE(answers.size() == 3U);
  BOOST_TEST(answers[0].value().find("\"name\":\"b\"") != std::string::npos);
  BOOST_CHECK(answers[1].error().code == Code::kNotFound);
  BOOST_TEST(answers[2].ok());
  BOOST_TEST(client.request_all({}).empty());
}

BOOST_AUTO_TEST_CASE(is_told_what_the_server_said) {
  const auto refused = client.create(pods, JsonObject{{"metadata", {{"name", "a"}}}});

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kAlreadyExists);
  BOOST_TEST(refused.error().message == "pods \"a\" already exists");
}

BOOST_AUTO_TEST_CASE(binds_a_pod_by_its_uid) {
  BOOST_TEST(client.bind("d", "a", "n1", "u").ok());

  BOOST_TEST(text_at(host.get(to_text(a)), {"spec", "nodeName"}) == "n1");
  const auto request = host.requests().back();
  BOOST_TEST(request.path == "/api/v1/namespaces/d/pods/a/binding");
  BOOST_TEST(text_at(parse_json(request.body).value().value, {"metadata", "uid"}) == "u");
}

BOOST_AUTO_TEST_CASE(removes_with_options) {
  BOOST_TEST(client.remove(a, {{"gracePeriodSeconds", 0}}).ok());

  BOOST_TEST(host.requests().back().body ==
             R"({"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0})");
}

BOOST_AUTO_TEST_CASE(need_not_wait) {
  int answers = 0;
  client.create_async(pods, JsonObject{{"metadata", {{"name", "c"}}}},
                      [&](const Result<void>& result) { answers += result.ok() ? 1 : 100; });
  client.bind_async("d", "nobody", "n1", "",
                    [&](const Result<void>& result) { answers += result.ok() ? 100 : 1; });

  client.drain();

  BOOST_TEST(answers == 2);
}

BOOST_AUTO_TEST_CASE(survives_a_reply_that_throws) {
  client.create_async(pods, JsonObject{{"metadata", {{"name", "c"}}}},
                      [](const Result<void>&) { throw std::runtime_error("oops"); });

  client.drain();

  BOOST_REQUIRE(host.log_lines().size() == 1U);
  BOOST_TEST(host.log_lines()[0].find("oops") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
