// Server-side apply and managedFields, as clients see them.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

struct Applied : Cluster {
  const std::string maps = "/api/v1/namespaces/default/configmaps";
  const std::string path = maps + "/a";

  Heard apply(const std::string& to, const std::string& body, const std::string& manager = "me",
              const std::string& more = "") {
    return ask("PATCH", to + "?fieldManager=" + manager + more, body,
               {{"Content-Type", "application/apply-patch+yaml"}});
  }
  static std::string config(const std::string& data, const std::string& more = "") {
    return R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a")" + more +
           R"(},"data":)" + data + "}";
  }
  /// "Apply me {...}; Update you/status {...}", without what lies in the sets where `fields` is
  /// not set.
  static std::string owners(const Heard& heard) {
    std::string text;
    const Json tree = heard.json();
    for (const auto& entry : array_at(tree, {"metadata", "managedFields"})) {
      const auto subresource = std::string(text_at(entry, {"subresource"}));
      text += (text.empty() ? "" : "; ") + std::string(text_at(entry, {"operation"})) + " " +
              std::string(text_at(entry, {"manager"})) + (subresource.empty() ? "" : "/") +
              subresource;
    }
    return text;
  }
  static std::string first_owner(const Heard& heard) {
    const Json tree = heard.json();
    const auto& all = array_at(tree, {"metadata", "managedFields"});
    return all.empty() ? "" : to_json(all[0]);
  }
};

BOOST_FIXTURE_TEST_SUITE(an_apply, Applied)

BOOST_AUTO_TEST_CASE(makes_what_is_not_there) {
  const auto made = apply(path, config(R"({"k":"v"})"));

  BOOST_TEST(made.status == 201);
  BOOST_TEST(first_owner(made) == R"({"manager":"me","operation":"Apply","apiVersion":"v1",)"
                                  R"("time":"2026-11-23T19:00:00Z","fieldsType":"FieldsV1",)"
                                  R"("fieldsV1":{"f:data":{"f:k":{}}}})");
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(reads_YAML) {
  const auto made = apply(path,
                          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
                          "  k: v\n");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"data", "k"}) == "v");
}

BOOST_AUTO_TEST_CASE(changes_what_is_there_and_writes_nothing_where_it_says_the_same) {  // P-07
  apply(path, config(R"({"k":"v"})"));
  const auto changed = apply(path, config(R"({"k":"w"})"));
  advance(std::chrono::seconds(5));
  const auto same = apply(path, config(R"({"k":"w"})"));

  BOOST_TEST(changed.status == 200);
  BOOST_TEST(changed.text({"data", "k"}) == "w");
  BOOST_TEST(same.status == 200);
  BOOST_TEST(same.body == changed.body);
}

BOOST_AUTO_TEST_CASE(of_anothers_field_is_a_conflict_that_names_the_manager) {  // P-25
  apply(path, config(R"({"k":"v"})"));
  const auto refused = apply(path, config(R"({"k":"w"})"), "you");
  const auto forced = apply(path, config(R"({"k":"w"})"), "you", "&force=true");

  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.reason() == "Conflict");
  BOOST_TEST(refused.message() == R"(Apply failed with 1 conflict: conflict with "me": .data.k)");
  BOOST_TEST(to_json(refused.json().at("details")) ==
             R"({"causes":[{"reason":"FieldManagerConflict",)"
             R"("message":"conflict with \"me\"","field":".data.k"}]})");
  BOOST_TEST(forced.status == 200);
  BOOST_TEST(owners(forced) == "Apply you");
}

BOOST_AUTO_TEST_CASE(needs_a_manager_and_only_an_apply_is_forced) {
  const auto nameless =
      ask("PATCH", path, config("{}"), {{"Content-Type", "application/apply-patch+yaml"}});
  const auto forced = patch(path + "?force=true", "merge", "{}");
  const auto controls = patch(path + "?fieldManager=a%0Ab", "merge", "{}");
  const auto long_name = post(maps + "?fieldManager=" + std::string(129, 'x'), config("{}"));

  BOOST_TEST(nameless.status == 422);
  BOOST_TEST(nameless.message() ==
             "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required "
             "for apply patch");
  BOOST_TEST(forced.message() ==
             "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for "
             "non-apply patch");
  BOOST_TEST(controls.message() ==
             "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"a\\nb\": "
             "invalid character U+000A (at position 1)");
  BOOST_TEST(long_name.message() ==
             "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more "
             "than 128 bytes");
}

BOOST_AUTO_TEST_CASE(that_creates_needs_the_verb_create) {  // T-Z16
  who.user = "joe";
  authorizer.allows = [](const auth::Identity&, const auth::Attributes& what) {
    return what.verb == "patch" || what.verb == "get";
  };
  const auto refused = apply(path, config(R"({"k":"v"})"));

  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.message() ==
             "configmaps \"a\" is forbidden: User \"joe\" cannot create resource \"configmaps\" in "
             "API group \"\" in the namespace \"default\"");
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(is_refused_where_it_is_of_something_else) {
  const auto kind = apply(path, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}})");
  const auto name = apply(maps + "/b", config("{}"));
  const auto no_name = apply(path, R"({"apiVersion":"v1","kind":"ConfigMap","data":{}})");
  const auto ns = apply(path, config("{}", R"(,"namespace":"other")"));
  const auto owned = apply(path, config("{}", R"(,"managedFields":[])"));
  const auto uid = apply(path, config("{}", R"(,"uid":"u")"));

  BOOST_TEST(kind.status == 400);
  BOOST_TEST(kind.message() == "invalid object type: /v1, Kind=Secret");
  BOOST_TEST(name.status == 400);
  BOOST_TEST(name.message() == "the name of the object (a) does not match the name on the URL (b)");
  BOOST_TEST(no_name.status == 400);
  BOOST_TEST(ns.status == 400);
  BOOST_TEST(owned.status == 400);
  BOOST_TEST(owned.message() == "metadata.managedFields must be nil");
  BOOST_TEST(uid.status == 409);
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused_with_its_path) {
  const auto unknown = apply(path, config(R"({"k":7},"date":{})"));
  const auto no_yaml = apply(path, "a: [");
  const auto list = apply(path, "- a");
  const auto twice = apply(path, config(R"({"k":"v","k":"w"})"), "me", "&fieldValidation=Strict");

  BOOST_TEST(unknown.status == 500);
  BOOST_TEST(unknown.reason() == "");
  BOOST_TEST(unknown.message() ==
             "failed to create typed patch object (/a; /v1, Kind=ConfigMap): errors:\n"
             "  .data.k: expected string, got &value.valueUnstructured{Value:7}\n"
             "  .date: field not declared in schema");
  BOOST_TEST(no_yaml.status == 400);
  BOOST_TEST(no_yaml.message().starts_with("error decoding YAML: "), no_yaml.message());
  BOOST_TEST(list.status == 400);
  BOOST_TEST(twice.status == 400);
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(of_a_revision_that_is_gone_is_a_conflict) {
  const auto made = apply(path, config(R"({"k":"v"})"));
  apply(path, config(R"({"k":"w"})"));
  const auto late =
      apply(path, config(R"({"k":"x"})", R"(,"resourceVersion":")" + made.version() + "\""));

  BOOST_TEST(late.status == 409);
  BOOST_TEST(late.message().find("the object has been modified") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(with_dryRun_writes_nothing) {
  const auto tried = apply(path, config(R"({"k":"v"})"), "me", "&dryRun=All");
  BOOST_TEST(tried.status == 201);
  BOOST_TEST(get(path).status == 404);

  const auto made = apply(path, config(R"({"k":"v"})"));
  BOOST_TEST(apply(path, config(R"({"k":"w"})"), "me", "&dryRun=All").text({"data", "k"}) == "w");
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(to_the_status_is_a_manager_of_its_own) {
  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string pod =
      R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c",
         "image":"i"}]},"status":{"phase":"Failed"}})";
  const auto made = apply(pods + "/p", pod);
  const auto set = apply(pods + "/p/status",
                         R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},
                            "spec":{"containers":[{"name":"c","image":"other"}]},
                            "status":{"phase":"Running"}})");
  const auto missing =
      apply(pods + "/q/status", R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"q"}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(made.text({"status", "phase"}) == "Pending");
  BOOST_TEST(set.status == 200);
  BOOST_TEST(owners(set) == "Apply me; Apply me/status");
  BOOST_TEST(set.text({"status", "phase"}) == "Running");
  BOOST_TEST(text_at(array_at(set.json(), {"spec", "containers"})[0], {"image"}) == "i");
  BOOST_TEST(missing.status == 404);
}

BOOST_AUTO_TEST_CASE(leaves_the_fields_of_others_and_removes_its_own) {
  apply(path, config(R"({"k":"v","l":"w"})"));
  patch(path + "?fieldManager=you", "merge", R"({"data":{"m":"x"}})");
  const auto less = apply(path, config(R"({"k":"v"})"));

  BOOST_TEST(to_json(less.json().at("data")) == R"({"k":"v","m":"x"})");
  BOOST_TEST(owners(less) == "Apply me; Update you");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(managedFields, Applied)

BOOST_AUTO_TEST_CASE(name_who_created) {
  const auto by_agent = post(maps, config(R"({"k":"v"})"),
                             {{"User-Agent", "kubectl/v1.33.2 (linux/amd64) kubernetes/x"}});
  const auto nameless = post(
      maps, R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"k":""}})");

  BOOST_TEST(first_owner(by_agent) ==
             R"({"manager":"kubectl","operation":"Update","apiVersion":"v1",)"
             R"("time":"2026-11-23T19:00:00Z","fieldsType":"FieldsV1",)"
             R"("fieldsV1":{"f:data":{"f:k":{},".":{}}}})");
  BOOST_TEST(owners(nameless) == "Update unknown");
}

BOOST_AUTO_TEST_CASE(follow_every_kind_of_write) {
  post(maps + "?fieldManager=poster", config(R"({"k":"v"})"));
  put(path + "?fieldManager=putter", config(R"({"k":"v","l":"1"})"));
  patch(path + "?fieldManager=merger", "merge", R"({"data":{"m":"1"}})");
  patch(path + "?fieldManager=jsoner", "json", R"([{"op":"add","path":"/data/n","value":"1"}])");
  patch(path + "?fieldManager=strategist", "strategic-merge", R"({"data":{"o":"1"}})");

  BOOST_TEST(owners(get(path)) ==
             "Update jsoner; Update merger; Update poster; Update putter; Update strategist");
}

BOOST_AUTO_TEST_CASE(are_not_what_admission_adds) {
  admission.on_mutate = [](registry::Review& review) -> Result<void> {
    review.object->at("data").as_object()["added"] = "1";
    return {};
  };
  const auto made = post(maps, config(R"({"k":"v"})"));

  BOOST_TEST(made.text({"data", "added"}) == "1");
  BOOST_TEST(first_owner(made).find("added") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(alone_make_no_change) {  // P-07
  const auto made = post(maps, config(R"({"k":"v"})"));
  advance(std::chrono::seconds(60));
  auto watching = watch(maps + "?watch=true&resourceVersion=" + made.version());
  const auto put_same = put(path, config(R"({"k":"v"})"));
  const auto put_whole = put(path, made.body);
  const auto patched = patch(path + "?fieldManager=you", "merge", R"({"data":{"k":"v"}})");

  BOOST_TEST(put_same.version() == made.version());
  BOOST_TEST(put_whole.version() == made.version());
  BOOST_TEST(patched.version() == made.version());
  BOOST_TEST(watching.taken().empty());
}

BOOST_AUTO_TEST_CASE(with_nothing_but_a_new_time_make_no_change) {
  const std::string pods = "/api/v1/namespaces/default/pods";
  const auto made = post(pods + "?fieldManager=m",
                         R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"c",
                            "image":"i"}]}})");
  admission.on_mutate = [](registry::Review& review) -> Result<void> {
    review.object->at("metadata").as_object().erase("labels");
    return {};
  };
  const auto labelled =
      patch(pods + "/p?fieldManager=m", "merge", R"({"metadata":{"labels":{"a":"b"}}})");
  advance(std::chrono::seconds(60));
  const auto again =
      patch(pods + "/p?fieldManager=m", "merge", R"({"metadata":{"labels":{"a":"b"}}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(again.version() == labelled.version());
}

BOOST_AUTO_TEST_CASE(are_reset_by_an_empty_entry) {
  post(maps, config(R"({"k":"v"})"));
  const auto reset = patch(path, "merge", R"({"metadata":{"managedFields":[{}]}})");
  const auto later = patch(path, "merge", R"({"data":{"k":"w"}})");
  const auto applied = apply(path, config(R"({"l":"w"})"));

  BOOST_TEST(reset.status == 200);
  BOOST_TEST(owners(reset) == "");
  BOOST_TEST(owners(later) == "");
  BOOST_TEST(owners(applied) == "Apply me; Update before-first-apply");
}

BOOST_AUTO_TEST_CASE(that_are_garbage_are_refused_or_passed_over) {  // T-P11
  const auto made = post(maps, config(R"({"k":"v"})"));
  const auto with = [&](const std::string& entry) {
    return patch(path, "merge", R"({"metadata":{"managedFields":[)" + entry + "]}}");
  };

  BOOST_TEST(with(R"({"manager":"x","operation":"Fly","apiVersion":"v1"})").body == made.body);
  BOOST_TEST(with("7").status / 100 == 4);
  BOOST_TEST(with(R"({"manager":")" + std::string(200, 'x') +
                  R"(","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1",
                     "fieldsV1":{"f:data":{}}})")
                 .status == 422);
  BOOST_TEST(get(path).body == made.body);
}

BOOST_AUTO_TEST_CASE(are_kept_by_a_migration_from_client_side_apply) {
  post(maps + "?fieldManager=kubectl-client-side-apply", config(R"({"k":"v"})"));
  const auto before = get(path);
  const Json tree = before.json();
  Json entry = array_at(tree, {"metadata", "managedFields"})[0];
  entry.as_object()["manager"] = "kubectl";
  entry.as_object()["operation"] = "Apply";
  const auto migrated =
      patch(path, "json",
            R"([{"op":"replace","path":"/metadata/managedFields","value":[)" + to_json(entry) +
                R"(]},{"op":"replace","path":"/metadata/resourceVersion","value":")" +
                before.version() + R"("}])");

  BOOST_TEST(migrated.status == 200);
  BOOST_TEST(owners(migrated) == "Apply kubectl");
  BOOST_TEST(apply(path, config(R"({"k":"w"})"), "kubectl").status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
