// Scale: the number of replicas of a workload, as autoscalers and `kubectl scale` see and set it.

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

/// A workload called web that wants two replicas of a pod labelled app=web.
std::string workload(const std::string& selector) {
  return R"({"metadata":{"name":"web"},"spec":{"replicas":2,"serviceName":"web","selector":)" +
         selector + R"(,"template":{"metadata":{"labels":{"app":"web"}},
           "spec":{"containers":[{"name":"c","image":"nginx"}]}}}})";
}

const std::string kByLabels = R"({"matchLabels":{"app":"web"},
  "matchExpressions":[{"key":"a","operator":"DoesNotExist"},
                      {"key":"tier","operator":"NotIn","values":["y","x"]}]})";

struct OneDeployment : Cluster {
  const std::string path = "/apis/apps/v1/namespaces/default/deployments/web";
  Heard made = post("/apis/apps/v1/namespaces/default/deployments", workload(kByLabels));

  Heard put_scale(const std::string& metadata, int replicas) {
    return put(path + "/scale", R"({"kind":"Scale","apiVersion":"autoscaling/v1","metadata":)" +
                                    metadata + R"(,"spec":{"replicas":)" +
                                    std::to_string(replicas) + "}}");
  }
};

std::int64_t number(const Heard& heard, std::initializer_list<std::string_view> keys) {
  return integer_at(heard.json(), keys).value_or(-1);
}

BOOST_FIXTURE_TEST_SUITE(a_scale, OneDeployment)

BOOST_AUTO_TEST_CASE(shows_what_its_workload_wants_and_has) {
  patch(path + "/status", "merge", R"({"status":{"replicas":1}})");

  const auto scale = get(path + "/scale");

  BOOST_TEST(scale.status == 200);
  BOOST_TEST(scale.text({"kind"}) == "Scale");
  BOOST_TEST(scale.text({"apiVersion"}) == "autoscaling/v1");
  BOOST_TEST(scale.text({"metadata", "uid"}) == made.text({"metadata", "uid"}));
  BOOST_TEST(scale.version() == get(path).version());
  BOOST_TEST(number(scale, {"spec", "replicas"}) == 2);
  BOOST_TEST(number(scale, {"status", "replicas"}) == 1);
  BOOST_TEST(scale.text({"status", "selector"}) == "!a,app=web,tier notin (x,y)");
}

BOOST_AUTO_TEST_CASE(has_an_owner_of_its_own) {
  const auto owner = [this] {
    const Json tree = get(path).json();
    const auto& all = array_at(tree, {"metadata", "managedFields"});
    std::string text;
    for (const auto& entry : all) {
      if (text_at(entry, {"subresource"}) == "scale") {
        text += concat({text_at(entry, {"operation"}), " ", text_at(entry, {"manager"}), " ",
                        text_at(entry, {"apiVersion"}), " ", to_json(entry.at("fieldsV1"))});
      }
    }
    return text;
  };
  const auto apply = [this](int replicas, const std::string& more) {
    return ask("PATCH", path + "/scale?fieldManager=b" + more,
               R"({"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"web"},
                  "spec":{"replicas":)" +
                   std::to_string(replicas) + "}}",
               {{"Content-Type", "application/apply-patch+yaml"}});
  };

  patch(path + "/scale?fieldManager=a", "merge", R"({"spec":{"replicas":5}})");
  BOOST_TEST(owner() == R"(Update a apps/v1 {"f:spec":{"f:replicas":{}}})");
  const auto refused = apply(6, "");
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.message() ==
             "Apply failed with 1 conflict: conflict with \"a\" with subresource \"scale\" using "
             "apps/v1: .spec.replicas");
  const auto forced = apply(6, "&force=true");
  BOOST_TEST(forced.text({"kind"}) == "Scale");
  BOOST_TEST(number(forced, {"spec", "replicas"}) == 6);
  BOOST_TEST(owner() == R"(Apply b apps/v1 {"f:spec":{"f:replicas":{}}})");
  BOOST_TEST(apply(-1, "&force=true").status == 422);
}

BOOST_AUTO_TEST_CASE(is_set_by_a_patch_and_leaves_the_rest_alone) {
  const auto scaled =
      patch(path + "/scale", "merge", R"({"metadata":{"labels":{"a":"b"}},"spec":{"replicas":5}})");
  const auto deployment = get(path);

  BOOST_TEST(scaled.text({"kind"}) == "Scale");
  BOOST_TEST(number(scaled, {"spec", "replicas"}) == 5);
  BOOST_TEST(number(deployment, {"spec", "replicas"}) == 5);
  BOOST_TEST(number(deployment, {"metadata", "generation"}) == 2);
  BOOST_TEST(object_at(deployment.json(), {"metadata", "labels"}).empty());
}

BOOST_AUTO_TEST_CASE(is_replaced_only_at_the_version_it_names) {
  const auto version = get(path + "/scale").version();

  const auto scaled = put_scale(R"({"name":"web","resourceVersion":")" + version + "\"}", 3);
  const auto late = put_scale(R"({"name":"web","resourceVersion":")" + version + "\"}", 4);

  BOOST_TEST(scaled.status == 200);
  BOOST_TEST(scaled.version() == get(path).version());
  BOOST_TEST(late.status == 409);
  BOOST_TEST(late.message() ==
             "Operation cannot be fulfilled on deployments.apps \"web\": the object has been "
             "modified; please apply your changes to the latest version and try again");
  BOOST_TEST(number(get(path), {"spec", "replicas"}) == 3);
}

BOOST_AUTO_TEST_CASE(of_another_uid_is_refused) {
  const auto refused = put_scale(R"({"name":"web","uid":"x"})", 3);

  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.message() ==
             "Operation cannot be fulfilled on deployments/scale.apps \"web\": Precondition "
             "failed: UID in precondition: x, UID in object meta: " +
                 made.text({"metadata", "uid"}));
}

BOOST_AUTO_TEST_CASE(below_zero_is_refused_as_a_scale) {
  const auto refused = patch(path + "/scale", "merge", R"({"spec":{"replicas":-1}})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.message() ==
             "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -1: must be "
             "greater than or equal to 0");
}

BOOST_AUTO_TEST_CASE(of_nothing_is_not_found) {
  const std::string gone = "/apis/apps/v1/namespaces/default/deployments/gone/scale";

  BOOST_TEST(get(gone).message() == "deployments/scale.apps \"gone\" not found");
  BOOST_TEST(patch(gone, "merge", R"({"spec":{"replicas":1}})").message() ==
             "deployments.apps \"gone\" not found");
}

BOOST_AUTO_TEST_CASE(is_not_written_by_a_dry_run) {
  const auto dry = patch(path + "/scale?dryRun=All", "merge", R"({"spec":{"replicas":9}})");

  BOOST_TEST(number(dry, {"spec", "replicas"}) == 9);
  BOOST_TEST(number(get(path), {"spec", "replicas"}) == 2);
}

BOOST_AUTO_TEST_CASE(is_what_admission_is_asked_about) {
  std::string kind;
  std::string subresource;
  int asked = 0;
  admission.on_validate = [&](const registry::Review& review) -> Result<void> {
    kind = text_at(*review.object, {"kind"});
    subresource = review.subresource;
    ++asked;
    return {};
  };

  patch(path + "/scale", "merge", R"({"spec":{"replicas":3}})");

  BOOST_TEST(kind == "Scale");
  BOOST_TEST(subresource == "scale");
  BOOST_TEST(asked == 1);
}

BOOST_AUTO_TEST_CASE(needs_a_right_of_its_own) {  // T-Z15
  authorizer.allows = [](const auth::Identity&, const auth::Attributes& what) {
    return what.subresource.empty();
  };

  BOOST_TEST(get(path).status == 200);
  BOOST_TEST(get(path + "/scale").status == 403);
  BOOST_TEST(patch(path + "/scale", "merge", R"({"spec":{"replicas":3}})").status == 403);
}

BOOST_AUTO_TEST_CASE(has_columns_of_its_own) {
  const auto table =
      get(path + "/scale", {{"Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"}});

  const auto tree = table.json();
  const auto& rows = array_at(tree, {"rows"});
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(to_json(*find_member(rows[0], "cells")).starts_with(R"(["web",2,0,)"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(every_workload_with_replicas, Cluster)

BOOST_AUTO_TEST_CASE(has_a_scale) {
  const std::vector<std::pair<std::string, std::string>> workloads = {
      {"/apis/apps/v1/namespaces/default/replicasets", kByLabels},
      {"/apis/apps/v1/namespaces/default/statefulsets", kByLabels},
      {"/api/v1/namespaces/default/replicationcontrollers", R"({"app":"web"})"}};
  for (const auto& [collection, selector] : workloads) {
    BOOST_TEST_CONTEXT(collection) {
      BOOST_TEST(post(collection, workload(selector)).status == 201);

      const auto scaled = patch(collection + "/web/scale", "merge", R"({"spec":{"replicas":4}})");

      BOOST_TEST(number(scaled, {"spec", "replicas"}) == 4);
      BOOST_TEST(number(get(collection + "/web"), {"spec", "replicas"}) == 4);
      BOOST_TEST(scaled.text({"status", "selector"}).find("app=web") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(lists_it_in_discovery) {
  const auto found = get("/apis/apps/v1");

  BOOST_TEST(found.body.find(R"({"name":"statefulsets/scale","singularName":"","namespaced":true,)"
                             R"("group":"autoscaling","version":"v1","kind":"Scale",)"
                             R"("verbs":["get","patch","update"]})") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
