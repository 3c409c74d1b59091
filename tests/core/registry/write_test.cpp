// Create, update and delete, as a client meets them.

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";

BOOST_FIXTURE_TEST_SUITE(a_create, Cluster)

BOOST_AUTO_TEST_CASE(answers_with_what_the_server_filled_in) {
  const auto made = post(kConfigMaps, R"({"metadata":{"name":"a"},"data":{"k":"v"}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"kind"}) == "ConfigMap");
  BOOST_TEST(made.text({"apiVersion"}) == "v1");
  BOOST_TEST(made.text({"metadata", "namespace"}) == "default");
  BOOST_TEST(made.text({"metadata", "creationTimestamp"}) == "2026-11-23T19:00:00Z");
  BOOST_TEST(made.text({"metadata", "uid"}).size() == 36U);
  BOOST_TEST(!made.version().empty());
  BOOST_TEST(get(std::string(kConfigMaps) + "/a").body == made.body);
}

BOOST_AUTO_TEST_CASE(of_a_name_that_is_there_is_a_conflict) {  // P-06
  make_config_map("a");

  const auto again = make_config_map("a");

  BOOST_TEST(again.status == 409);
  BOOST_TEST(again.reason() == "AlreadyExists");
  BOOST_TEST(again.message() == "configmaps \"a\" already exists");
}

BOOST_AUTO_TEST_CASE(makes_a_name_from_generateName) {
  const auto one = post(kConfigMaps, R"({"metadata":{"generateName":"web-"}})");
  const auto two = post(kConfigMaps, R"({"metadata":{"generateName":"web-"}})");

  BOOST_TEST(one.status == 201);
  BOOST_TEST(one.text({"metadata", "name"}).size() == 9U);
  BOOST_TEST(one.text({"metadata", "name"}).starts_with("web-"));
  BOOST_TEST(one.text({"metadata", "name"}) != two.text({"metadata", "name"}));
}

BOOST_AUTO_TEST_CASE(with_dryRun_writes_nothing) {
  const auto tried = post(std::string(kConfigMaps) + "?dryRun=All", R"({"metadata":{"name":"a"}})");

  BOOST_TEST(tried.status == 201);
  BOOST_TEST(tried.version().empty());
  BOOST_TEST(get(std::string(kConfigMaps) + "/a").status == 404);
}

BOOST_AUTO_TEST_CASE(with_another_dryRun_is_invalid) {
  const auto tried = post(std::string(kConfigMaps) + "?dryRun=Some", "{}");

  BOOST_TEST(tried.status == 422);
}

BOOST_AUTO_TEST_CASE(warns_of_unknown_and_duplicate_fields) {  // P-24, T-P05
  const auto made = post(kConfigMaps, R"({"metadata":{"name":"a","name":"b"},"date":{"k":"v"}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"metadata", "name"}) == "b");
  BOOST_REQUIRE(made.warnings().size() == 2U);
  BOOST_TEST(made.warnings()[0] == R"(299 - "duplicate field \"metadata.name\"")");
  BOOST_TEST(made.warnings()[1] == R"(299 - "unknown field \"date\"")");
}

BOOST_AUTO_TEST_CASE(refuses_unknown_fields_if_strict) {  // P-24
  const auto refused = post(std::string(kConfigMaps) + "?fieldValidation=Strict",
                            R"({"metadata":{"name":"a"},"date":{"k":"v"}})");

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message() ==
             "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: "
             "unknown field \"date\"");
}

BOOST_AUTO_TEST_CASE(names_unknown_and_duplicate_fields_in_their_order) {  // P-24
  const auto refused = post(std::string(kConfigMaps) + "?fieldValidation=Strict",
                            R"({"dat":1,"metadata":{"name":"a","name":"b","nam":"c"},"data":{}})");

  BOOST_TEST(refused.message() ==
             "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: "
             "unknown field \"dat\", duplicate field \"metadata.name\", "
             "unknown field \"metadata.nam\"");
}

BOOST_AUTO_TEST_CASE(tells_of_duplicates_in_yaml_as_go_does) {  // P-24
  const auto refused =
      post(std::string(kConfigMaps) + "?fieldValidation=Strict",
           "metadata:\n  name: a\n  name: b\ndate: 1\n", {{"Content-Type", "application/yaml"}});

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message() ==
             "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: "
             "yaml: unmarshal errors:\n  line 3: key \"name\" already set in map, "
             "unknown field \"date\"");
}

BOOST_AUTO_TEST_CASE(drops_unknown_fields_silently_if_asked) {  // P-24
  const auto made = post(std::string(kConfigMaps) + "?fieldValidation=Ignore",
                         R"({"metadata":{"name":"a"},"date":{"k":"v"}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.warnings().empty());
  BOOST_TEST(made.body.find("date") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(takes_yaml) {
  const auto made = post(kConfigMaps, "kind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n",
                         {{"Content-Type", "application/yaml"}});

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"data", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(takes_no_other_media_type) {
  const auto refused = post(kConfigMaps, "x", {{"Content-Type", "text/plain"}});

  BOOST_TEST(refused.status == 415);
  BOOST_TEST(refused.reason() == "UnsupportedMediaType");
  BOOST_TEST(refused.message() ==
             "the body of the request was in an unknown format - accepted media types include: "
             "application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

BOOST_AUTO_TEST_CASE(refuses_bodies_that_are_no_object_of_the_kind) {
  for (const auto* body :
       {"", "{", "[]", "7", "null", R"({"kind":"Secret"})", R"({"metadata":"x"})",
        R"({"metadata":{"name":7}})", R"({"apiVersion":"v2","metadata":{"name":"a"}})"}) {
    const auto refused = post(kConfigMaps, body);
    BOOST_TEST(refused.status == 400, body << " gave " << refused.status << refused.body);
    BOOST_TEST(refused.reason() == "BadRequest", body);
  }
}

BOOST_AUTO_TEST_CASE(refuses_another_apiVersion_by_name) {
  const auto refused = post(kConfigMaps, R"({"apiVersion":"apps/v1","metadata":{"name":"a"}})");

  BOOST_TEST(refused.message() ==
             "the API version in the data (apps/v1) does not match the expected API version (v1)");
}

BOOST_AUTO_TEST_CASE(refuses_another_namespace_than_the_paths) {
  const auto refused = post(kConfigMaps, R"({"metadata":{"name":"a","namespace":"other"}})");

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message() ==
             "the namespace of the provided object does not match the namespace sent on the "
             "request");
}

BOOST_AUTO_TEST_CASE(names_every_wrong_part_of_the_metadata) {  // T-P11
  const auto refused = post(kConfigMaps, R"({"metadata":{"name":"A_b","labels":{"a/b/c":"d"},
    "annotations":{"k":")" + std::string(262'145, 'x') +
                                             R"("},
    "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":""}]}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.reason() == "Invalid");
  std::vector<std::string> fields;
  const auto json = refused.json();
  for (const auto& cause : array_at(json, {"details", "causes"})) {
    fields.emplace_back(text_at(cause, {"field"}));
  }
  const std::vector<std::string> wanted = {"metadata.name", "metadata.labels",
                                           "metadata.annotations",
                                           "metadata.ownerReferences[0].uid"};
  BOOST_TEST(fields == wanted, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_a_name_is_invalid) {
  const auto refused = post(kConfigMaps, R"({"metadata":{}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message() ==
             "ConfigMap \"\" is invalid: metadata.name: Required value: name or generateName is "
             "required");
}

BOOST_AUTO_TEST_CASE(is_shown_to_admission_and_may_be_refused) {
  admission.on_mutate = [](registry::Review& review) -> Result<void> {
    review.object->as_object()["data"] = {{"added", "by-plugin"}};
    return {};
  };
  const auto made = make_config_map("a");
  admission.on_validate = [](const registry::Review& review) -> Result<void> {
    return Error(Code::kForbidden, "no " + std::string(review.operation));
  };
  const auto refused = make_config_map("b");

  BOOST_TEST(made.text({"data", "added"}) == "by-plugin");
  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.message() == "no CREATE");
  BOOST_TEST(get(std::string(kConfigMaps) + "/b").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

struct OneConfigMap : Cluster {
  Heard made = make_config_map("a");
  const std::string path = std::string(kConfigMaps) + "/a";

  std::string body_of(const std::string& version, const std::string& value) {
    return R"({"metadata":{"name":"a","resourceVersion":")" + version + R"("},"data":{"k":")" +
           value + R"("}})";
  }
};

BOOST_FIXTURE_TEST_SUITE(an_update, OneConfigMap)

BOOST_AUTO_TEST_CASE(keeps_who_the_object_is) {
  const auto updated = put(path, body_of(made.version(), "w"));

  BOOST_TEST(updated.status == 200);
  BOOST_TEST(updated.text({"data", "k"}) == "w");
  BOOST_TEST(updated.text({"metadata", "uid"}) == made.text({"metadata", "uid"}));
  BOOST_TEST(updated.text({"metadata", "creationTimestamp"}) ==
             made.text({"metadata", "creationTimestamp"}));
  BOOST_TEST(std::stoull(updated.version()) > std::stoull(made.version()));
}

BOOST_AUTO_TEST_CASE(of_an_older_revision_is_a_conflict) {  // P-05
  put(path, body_of(made.version(), "w"));

  const auto late = put(path, body_of(made.version(), "x"));

  BOOST_TEST(late.status == 409);
  BOOST_TEST(late.reason() == "Conflict");
  BOOST_TEST(late.message() ==
             "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; "
             "please apply your changes to the latest version and try again");
}

BOOST_AUTO_TEST_CASE(wins_once_of_many_at_the_same_revision) {  // P-05
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 16; ++i) {
    writers.emplace_back([&, i] {
      // Shared: the committing thread may still be in set_value when this one has its answer.
      const auto status = std::make_shared<std::promise<int>>();
      gate.call(who,
                {.method = "PUT",
                 .target = path,
                 .headers = {},
                 .body = body_of(made.version(), std::to_string(i)),
                 .certificate = nullptr,
                 .remote_address = ""},
                [status](gate::Response response) { status->set_value(response.status); });
      const auto got = status->get_future().get();
      won += got == 200 ? 1 : 0;
      lost += got == 409 ? 1 : 0;
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }

  BOOST_TEST(won == 1);
  BOOST_TEST(lost == 15);
}

BOOST_AUTO_TEST_CASE(that_changes_nothing_writes_nothing) {  // P-07
  auto watching = watch(std::string(kConfigMaps) + "?watch=1&resourceVersion=" + made.version());

  const auto same = put(path, made.body);

  BOOST_TEST(same.status == 200);
  BOOST_TEST(same.version() == made.version());
  BOOST_TEST(watching.taken().empty());
}

BOOST_AUTO_TEST_CASE(without_a_revision_overwrites) {
  const auto updated = put(path, R"({"metadata":{"name":"a"},"data":{"k":"w"}})");

  BOOST_TEST(updated.status == 200);
}

BOOST_AUTO_TEST_CASE(of_another_uid_is_a_conflict) {
  const auto refused = put(path, R"({"metadata":{"name":"a","uid":"x"}})");

  BOOST_TEST(refused.status == 409);
}

BOOST_AUTO_TEST_CASE(of_another_name_than_the_paths_is_refused) {
  const auto refused = put(path, R"({"metadata":{"name":"b"}})");

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message() ==
             "the name of the object (b) does not match the name on the URL (a)");
}

BOOST_AUTO_TEST_CASE(of_what_is_not_there_is_not_found) {
  const auto missing = put(std::string(kConfigMaps) + "/b", R"({"metadata":{"name":"b"}})");

  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.message() == "configmaps \"b\" not found");
}

BOOST_AUTO_TEST_CASE(may_not_change_what_is_immutable) {
  const auto refused =
      put(path, R"({"metadata":{"name":"a","creationTimestamp":"2001-01-01T00:00:00Z"}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message() ==
             "ConfigMap \"a\" is invalid: metadata.creationTimestamp: Invalid value: "
             "\"2001-01-01T00:00:00Z\": field is immutable");
}

BOOST_AUTO_TEST_CASE(with_dryRun_writes_nothing) {
  const auto tried = put(path + "?dryRun=All", body_of(made.version(), "w"));

  BOOST_TEST(tried.status == 200);
  BOOST_TEST(tried.text({"data", "k"}) == "w");
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_delete, OneConfigMap)

BOOST_AUTO_TEST_CASE(answers_with_a_success_and_what_went) {
  const auto gone = erase(path);

  BOOST_TEST(gone.status == 200);
  BOOST_TEST(gone.text({"status"}) == "Success");
  BOOST_TEST(gone.text({"details", "kind"}) == "configmaps");
  BOOST_TEST(gone.text({"details", "uid"}) == made.text({"metadata", "uid"}));
  BOOST_TEST(get(path).status == 404);
  BOOST_TEST(erase(path).status == 404);
}

BOOST_AUTO_TEST_CASE(checks_its_preconditions) {  // P-06
  const auto uid = erase(path, R"({"preconditions":{"uid":"x"}})");
  const auto version = erase(path, R"({"preconditions":{"resourceVersion":"1000000"}})");
  const auto right = erase(path, R"({"kind":"DeleteOptions","apiVersion":"v1","preconditions":
    {"uid":")" + made.text({"metadata", "uid"}) +
                                     R"("}})");

  BOOST_TEST(uid.status == 409);
  BOOST_TEST(uid.message() ==
             "Operation cannot be fulfilled on configmaps \"a\": Precondition failed: UID in "
             "precondition: x, UID in object meta: " +
                 made.text({"metadata", "uid"}));
  BOOST_TEST(version.status == 409);
  BOOST_TEST(right.status == 200);
}

BOOST_AUTO_TEST_CASE(with_dryRun_deletes_nothing) {
  const auto tried = erase(path + "?dryRun=All");

  BOOST_TEST(tried.status == 200);
  BOOST_TEST(get(path).status == 200);
}

BOOST_AUTO_TEST_CASE(refuses_a_propagation_there_is_none_of) {
  BOOST_TEST(erase(path + "?propagationPolicy=Sideways").status == 422);
  BOOST_TEST(erase(path + "?propagationPolicy=Orphan&orphanDependents=true").status == 422);
  BOOST_TEST(erase(path, R"({"kind":"Pod"})").status == 400);
  BOOST_TEST(get(path).status == 200);
}

BOOST_AUTO_TEST_CASE(waits_for_the_last_finalizer) {  // P-26
  put(path, R"({"metadata":{"name":"a","finalizers":["x/one","x/two"]}})");

  const auto marked = erase(path);
  const auto twice = erase(path);
  const auto added = patch(path, "merge", R"({"metadata":{"finalizers":["x/one","x/three"]}})");
  const auto fewer = patch(path, "merge", R"({"metadata":{"finalizers":["x/one"]}})");
  const auto last = patch(path, "merge", R"({"metadata":{"finalizers":null}})");

  BOOST_TEST(marked.status == 200);
  BOOST_TEST(marked.text({"metadata", "deletionTimestamp"}) == "2026-11-23T19:00:00Z");
  BOOST_TEST(twice.version() == marked.version());
  BOOST_TEST(added.status == 422);
  BOOST_TEST(fewer.status == 200);
  BOOST_TEST(last.status == 200);
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(cannot_be_taken_back) {  // P-26
  put(path, R"({"metadata":{"name":"a","finalizers":["x/one"]}})");
  erase(path);

  const auto kept =
      patch(path, "merge", R"({"metadata":{"deletionTimestamp":null},"data":{"k":"w"}})");

  BOOST_TEST(kept.text({"metadata", "deletionTimestamp"}) == "2026-11-23T19:00:00Z");
}

BOOST_AUTO_TEST_CASE(of_a_collection_takes_what_is_selected) {
  make_config_map("b", R"({"app":"x"})");
  make_config_map("c", R"({"app":"x"})");

  const auto gone = erase(std::string(kConfigMaps) + "?labelSelector=app%3Dx");

  BOOST_TEST(gone.status == 200);
  BOOST_TEST(gone.names().size() == 2U);
  BOOST_TEST(get(kConfigMaps).names() == std::vector<std::string>{"a"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
