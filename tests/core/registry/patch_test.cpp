// Patches of every type, applied to what is there.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

struct OneConfigMap : Cluster {
  const std::string path = "/api/v1/namespaces/default/configmaps/a";
  Heard made = make_config_map("a");
};

BOOST_FIXTURE_TEST_SUITE(a_patch, OneConfigMap)

BOOST_AUTO_TEST_CASE(merges) {
  const auto patched = patch(path, "merge", R"({"data":{"k":null,"l":"w"}})");

  BOOST_TEST(patched.status == 200);
  BOOST_TEST(to_json(patched.json().at("data")) == R"({"l":"w"})");
  BOOST_TEST(patched.text({"metadata", "uid"}) == made.text({"metadata", "uid"}));
}

BOOST_AUTO_TEST_CASE(applies_operations) {
  const auto patched = patch(path, "json", R"([{"op":"test","path":"/data/k","value":"v"},
    {"op":"replace","path":"/data/k","value":"w"}])");

  BOOST_TEST(patched.status == 200);
  BOOST_TEST(patched.text({"data", "k"}) == "w");
}

BOOST_AUTO_TEST_CASE(merges_strategically) {
  const auto patched = patch(path, "strategic-merge",
                             R"({"metadata":{"labels":{"app":"web"},"finalizers":["x/y"]}})");

  BOOST_TEST(patched.status == 200);
  BOOST_TEST(patched.text({"metadata", "labels", "app"}) == "web");
  BOOST_TEST(patched.text({"data", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(that_changes_nothing_writes_nothing) {  // P-07
  const auto same = patch(path, "merge", R"({"data":{"k":"v"}})");

  BOOST_TEST(same.status == 200);
  BOOST_TEST(same.version() == made.version());
}

BOOST_AUTO_TEST_CASE(of_a_revision_that_is_gone_is_a_conflict) {
  patch(path, "merge", R"({"data":{"k":"w"}})");

  const auto late =
      patch(path, "merge",
            R"({"metadata":{"resourceVersion":")" + made.version() + R"("},"data":{"k":"x"}})");

  BOOST_TEST(late.status == 409);
  BOOST_TEST(late.reason() == "Conflict");
}

BOOST_AUTO_TEST_CASE(warns_of_unknown_fields_or_refuses_them) {  // P-24
  const auto warned = patch(path, "merge", R"({"date":{"k":"v"}})");
  const auto refused = patch(path + "?fieldValidation=Strict", "merge", R"({"date":{"k":"v"}})");

  BOOST_TEST(warned.status == 200);
  BOOST_REQUIRE(warned.warnings().size() == 1U);
  BOOST_TEST(warned.warnings()[0] == R"(299 - "unknown field \"date\"")");
  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message().ends_with("strict decoding error: unknown field \"date\""),
             refused.message());
  BOOST_TEST(refused.message().starts_with(" \"\" is invalid: patch: Invalid value: \"{\\\"kind"),
             refused.message());
}

BOOST_AUTO_TEST_CASE(names_itself_where_it_is_strategic_and_strict) {  // P-24
  const auto refused = patch(path + "?fieldValidation=Strict", "strategic-merge",
                             R"({"data":{"l":"w","k":"v","k":"v"},"date":{"b":[1],"a":null}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message() ==
             " \"\" is invalid: patch: Invalid value: \"map[data:map[k:v l:w] date:map[a:<nil> "
             "b:[1]]]\": strict decoding error: duplicate field \"data.k\", unknown field "
             "\"date\"");
}

BOOST_AUTO_TEST_CASE(that_does_not_apply_says_what_Kubernetes_says) {
  const auto refused = patch(path, "json", R"([{"op":"test","path":"/data/k","value":"x"}])");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.reason() == "Invalid");
  BOOST_TEST(refused.message() == "the server rejected our request due to an error in our request");
  BOOST_TEST(to_json(refused.json().at("details")) == "{}");
}

BOOST_AUTO_TEST_CASE(of_too_many_operations_is_too_large) {  // T-P03
  std::string operations = R"([{"op":"test","path":"/data/k","value":"v"})";
  for (int i = 0; i < 10'000; ++i) {
    operations += R"(,{"op":"test","path":"/data/k","value":"v"})";
  }
  const auto refused = patch(path, "json", operations + "]");

  BOOST_TEST(refused.status == 413);
  BOOST_TEST(refused.message() ==
             "Request entity too large: The allowed maximum operations in a JSON patch is 10000, "
             "got 10001");
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused) {  // T-P04
  for (const auto* type : {"json", "merge", "strategic-merge"}) {
    for (const auto* body : {"", "{", "7", "\"x\"", R"([{"op":"fly"}])"}) {
      const auto refused = patch(path, type, body);
      BOOST_TEST((refused.status == 400 || refused.status == 422),
                 type << " " << body << " gave " << refused.status);
    }
  }
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(that_makes_nonsense_of_the_object_is_refused) {
  BOOST_TEST(patch(path, "merge", R"({"kind":"Secret"})").status == 422);
  BOOST_TEST(patch(path, "merge", R"({"apiVersion":"v2"})").status == 422);
  BOOST_TEST(patch(path, "merge", R"({"metadata":{"name":"b"}})").status == 400);
  BOOST_TEST(patch(path, "merge", R"({"metadata":{"labels":{"a b":"c"}}})").status == 422);
  BOOST_TEST(patch(path, "merge", R"({"data":7})").status == 422);
  BOOST_TEST(patch(path, "json", R"([{"op":"replace","path":"","value":7}])").status == 422);
  BOOST_TEST(patch(path, "json", R"([{"op":"test","path":"/data/k","value":"x"}])").status == 422);
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(of_another_media_type_is_not_supported) {
  const auto refused = ask("PATCH", path, "{}", {{"Content-Type", "application/json"}});

  BOOST_TEST(refused.status == 415);
  BOOST_TEST(refused.message() ==
             "the body of the request was in an unknown format - accepted media types include: "
             "application/json-patch+json, application/merge-patch+json, "
             "application/strategic-merge-patch+json, application/apply-patch+yaml");
}

BOOST_AUTO_TEST_CASE(of_what_is_not_there_is_not_found) {
  BOOST_TEST(patch(path + "b", "merge", "{}").status == 404);
}

BOOST_AUTO_TEST_CASE(with_dryRun_writes_nothing) {
  const auto tried = patch(path + "?dryRun=All", "merge", R"({"data":{"k":"w"}})");

  BOOST_TEST(tried.text({"data", "k"}) == "w");
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(loses_nothing_of_another_that_runs_at_the_same_time) {
  constexpr int kPatches = 50;
  const auto done = std::make_shared<std::vector<std::promise<int>>>(kPatches);
  for (int i = 0; i < kPatches; ++i) {
    gate.call(who,
              {.method = "PATCH",
               .target = path,
               .headers = {{"Content-Type", "application/merge-patch+json"}},
               .body = R"({"data":{"k)" + std::to_string(i) + R"(":"v"}})",
               .certificate = nullptr,
               .remote_address = ""},
              [done, i](gate::Response response) {
                (*done)[static_cast<std::size_t>(i)].set_value(response.status);
              });
  }
  for (auto& one : *done) {
    BOOST_TEST(one.get_future().get() == 200);
  }

  BOOST_TEST(object_at(get(path).json(), {"data"}).size() == 51U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
