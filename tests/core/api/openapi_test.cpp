// OpenAPI: what kubectl's validation, explain and dry-run checks look for.

#include <set>

#include <boost/test/unit_test.hpp>

#include "core/api/discovery.hpp"
#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kPodPath = "/api/v1/namespaces/{namespace}/pods/{name}";

bool has_parameter(const Json& operation, std::string_view name) {
  for (const Json& parameter : array_at(operation, {"parameters"})) {
    if (text_at(parameter, {"name"}) == name) {
      return true;
    }
  }
  return false;
}

/// Every $ref of `value` that `known` does not hold, by name.
void find_dangling(const Json& value, const JsonObject& known, std::string_view prefix,
                   std::vector<std::string>& dangling) {
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      if (member.key() == "$ref" && member.value().is_string()) {
        const std::string_view target = member.value().get_string();
        if (!target.starts_with(prefix) || !known.contains(target.substr(prefix.size()))) {
          dangling.emplace_back(target);
        }
      }
      find_dangling(member.value(), known, prefix, dangling);
    }
  } else if (value.is_array()) {
    for (const Json& item : value.get_array()) {
      find_dangling(item, known, prefix, dangling);
    }
  }
}

BOOST_FIXTURE_TEST_SUITE(openapi, WithCatalog)

BOOST_AUTO_TEST_CASE(v2_says_that_a_pod_s_patch_takes_dry_run) {
  const Json document = json(openapi_v2_json(catalog));
  const Json* patch = find_path(document, {"paths", kPodPath, "patch"});
  BOOST_REQUIRE(patch != nullptr);
  BOOST_TEST(has_parameter(*patch, "dryRun"));
  BOOST_TEST(text_at(*patch, {"x-kubernetes-group-version-kind", "kind"}) == "Pod");
}

BOOST_AUTO_TEST_CASE(say_that_a_patch_may_be_applied_and_forced) {
  const Json v2 = json(openapi_v2_json(catalog));
  const Json v3 = json(openapi_v3_json(catalog, "api/v1").value());
  const Json* patch = find_path(v2, {"paths", kPodPath, "patch"});
  BOOST_REQUIRE(patch != nullptr);
  BOOST_TEST(has_parameter(*patch, "force"));
  BOOST_TEST(to_json(patch->at("consumes")).find("application/apply-patch+yaml") !=
             std::string::npos);
  BOOST_TEST(find_path(v3, {"paths", kPodPath, "patch", "requestBody", "content",
                            "application/apply-patch+yaml"}) != nullptr);
  BOOST_TEST(openapi_v2_protobuf(catalog).find("application/apply-patch+yaml") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(v2_defines_all_it_refers_to) {
  const Json document = json(openapi_v2_json(catalog));
  std::vector<std::string> dangling;
  find_dangling(document, object_at(document, {"definitions"}), "#/definitions/", dangling);
  BOOST_TEST(dangling == std::vector<std::string>(), boost::test_tools::per_element());
  const Json* pod = find_path(document, {"definitions", "io.k8s.api.core.v1.Pod"});
  BOOST_REQUIRE(pod != nullptr);
  BOOST_TEST(text_at(array_at(*pod, {"x-kubernetes-group-version-kind"})[0], {"kind"}) == "Pod");
}

BOOST_AUTO_TEST_CASE(v3_has_a_document_for_each_path_of_its_index) {
  const Json index = json(openapi_v3_index_json(catalog));
  for (const auto& entry : object_at(index, {"paths"})) {
    const auto document = openapi_v3_json(catalog, entry.key());
    BOOST_REQUIRE(document.ok());
    BOOST_TEST(text_at(entry.value(), {"serverRelativeURL"}).find("?hash=") !=
               std::string_view::npos);
    const Json parsed = json(document.value());
    std::vector<std::string> dangling;
    find_dangling(parsed, object_at(parsed, {"components", "schemas"}), "#/components/schemas/",
                  dangling);
    BOOST_TEST(dangling.empty(), entry.key());
  }
  BOOST_TEST(!openapi_v3_json(catalog, "apis/none/v1").ok());
}

BOOST_AUTO_TEST_CASE(v3_lets_kubectl_find_kinds_and_field_validation) {
  const Json document = json(openapi_v3_json(catalog, "api/v1").value());
  const Json* item = find_path(document, {"paths", kPodPath});
  BOOST_REQUIRE(item != nullptr);
  BOOST_TEST(has_parameter(*find_member(*item, "patch"), "fieldValidation"));
  BOOST_TEST(text_at(*item, {"get", "x-kubernetes-group-version-kind", "kind"}) == "Pod");
  const Json* containers = find_path(
      document,
      {"components", "schemas", "io.k8s.api.core.v1.PodSpec", "properties", "containers"});
  BOOST_REQUIRE(containers != nullptr);
  BOOST_TEST(text_at(*containers, {"x-kubernetes-patch-merge-key"}) == "name");
  BOOST_TEST(!text_at(*containers, {"description"}).empty());
}

BOOST_AUTO_TEST_CASE(names_operations_as_generated_clients_call_them) {
  const Json document = json(openapi_v2_json(catalog));
  const auto id = [&](std::string_view path, std::string_view method) {
    return text_at(document, {"paths", path, method, "operationId"});
  };
  BOOST_TEST(id("/api/v1/pods", "get") == "listCoreV1PodForAllNamespaces");
  BOOST_TEST(id("/api/v1/namespaces/{namespace}/pods", "post") == "createCoreV1NamespacedPod");
  BOOST_TEST(id("/api/v1/namespaces/{namespace}/pods", "delete") ==
             "deleteCoreV1CollectionNamespacedPod");
  BOOST_TEST(id(kPodPath, "put") == "replaceCoreV1NamespacedPod");
  BOOST_TEST(id(concat({kPodPath, "/status"}), "patch") == "patchCoreV1NamespacedPodStatus");
  BOOST_TEST(id(concat({kPodPath, "/exec"}), "post") == "connectCoreV1PostNamespacedPodExec");
  BOOST_TEST(id("/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}", "get") ==
             "readRbacAuthorizationV1ClusterRole");
}

BOOST_AUTO_TEST_CASE(names_no_two_operations_alike) {
  const Json document = json(openapi_v2_json(catalog));
  std::set<std::string> seen;
  for (const auto& path : object_at(document, {"paths"})) {
    for (const auto& operation : path.value().as_object()) {
      const auto id = text_at(operation.value(), {"operationId"});
      BOOST_TEST((id.empty() || seen.emplace(id).second), id);
    }
  }
  BOOST_TEST(seen.size() > 400U);
}

BOOST_AUTO_TEST_CASE(says_what_is_sent_and_what_comes_back) {
  const Json v2 = json(openapi_v2_json(catalog));
  const Json* post = find_path(v2, {"paths", "/api/v1/namespaces/{namespace}/pods", "post"});
  BOOST_REQUIRE(post != nullptr);
  BOOST_TEST(has_parameter(*post, "body"));
  BOOST_TEST(text_at(*post, {"responses", "201", "schema", "$ref"}) ==
             "#/definitions/io.k8s.api.core.v1.Pod");
  const Json v3 = json(openapi_v3_json(catalog, "api/v1").value());
  BOOST_TEST(text_at(v3, {"paths", "/api/v1/pods", "get", "responses", "200", "content",
                          "application/json", "schema", "$ref"}) ==
             "#/components/schemas/io.k8s.api.core.v1.PodList");
  BOOST_TEST(text_at(v3, {"paths", kPodPath, "patch", "requestBody", "content",
                          "application/apply-patch+yaml", "schema", "$ref"}) ==
             "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.Patch");
}

BOOST_AUTO_TEST_CASE(v3_in_protobuf_holds_the_same_paths_and_schemas) {
  const std::string document = openapi_v3_protobuf(catalog, "api/v1").value();
  BOOST_TEST(document.substr(0, 7) == std::string("\x0a\x05"
                                                  "3.0.0"));
  BOOST_TEST(document.find(kPodPath) != std::string::npos);
  BOOST_TEST(document.find("io.k8s.api.core.v1.PodSpec") != std::string::npos);
  BOOST_TEST(!openapi_v3_protobuf(catalog, "apis/none/v1").ok());
}

BOOST_AUTO_TEST_CASE(in_protobuf_begins_with_swagger_2_and_holds_the_same_paths) {
  const std::string document = openapi_v2_protobuf(catalog);
  BOOST_TEST(document.substr(0, 5) == std::string("\x0a\x03"
                                                  "2.0"));
  BOOST_TEST(document.find(kPodPath) != std::string::npos);
  BOOST_TEST(document.find("io.k8s.api.core.v1.PodSpec") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
