// Discovery: the documents kubectl reads to know what there is.

#include "core/api/discovery.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/api/api_fixture.hpp"

namespace pintle::api {
namespace {

const Json* find_named(const JsonArray& items, std::string_view key, std::string_view name) {
  for (const Json& item : items) {
    if (text_at(item, {key}) == name) {
      return &item;
    }
  }
  return nullptr;
}

BOOST_FIXTURE_TEST_SUITE(discovery, WithCatalog)

BOOST_AUTO_TEST_CASE(lists_the_groups_with_their_preferred_versions) {
  const Json list = json(api_group_list_json(catalog));
  const Json* group = find_named(array_at(list, {"groups"}), "name", "autoscaling");
  BOOST_REQUIRE(group != nullptr);
  BOOST_TEST(text_at(*group, {"preferredVersion", "groupVersion"}) == "autoscaling/v2");
  BOOST_TEST(to_json(group->at("versions")) ==
             R"([{"groupVersion":"autoscaling/v2","version":"v2"},)"
             R"({"groupVersion":"autoscaling/v1","version":"v1"}])");
  BOOST_TEST(find_named(array_at(list, {"groups"}), "name", "metrics.k8s.io") == nullptr);
}

BOOST_AUTO_TEST_CASE(tells_of_one_group_and_of_none) {
  BOOST_TEST(text_at(json(api_group_json(catalog, "apps").value()), {"name"}) == "apps");
  BOOST_TEST(!api_group_json(catalog, "nope").ok());
  BOOST_TEST(!api_group_json(catalog, "").ok());
  BOOST_TEST(
      text_at(array_at(json(api_versions_json("10.0.0.1:6443")), {"serverAddressByClientCIDRs"})[0],
              {"serverAddress"}) == "10.0.0.1:6443");
}

BOOST_AUTO_TEST_CASE(lists_resources_and_subresources) {
  const Json list = json(api_resource_list_json(catalog, "", "v1").value());
  const Json* pods = find_named(array_at(list, {"resources"}), "name", "pods");
  BOOST_REQUIRE(pods != nullptr);
  BOOST_TEST(text_at(*pods, {"kind"}) == "Pod");
  BOOST_TEST(to_json(*find_member(*pods, "shortNames")) == R"(["po"])");
  BOOST_TEST(array_at(*pods, {"verbs"}).size() == 8U);
  const Json* token = find_named(array_at(list, {"resources"}), "name", "serviceaccounts/token");
  BOOST_REQUIRE(token != nullptr);
  BOOST_TEST(text_at(*token, {"kind"}) == "TokenRequest");
  BOOST_TEST(text_at(*token, {"group"}) == "authentication.k8s.io");
  BOOST_TEST(find_named(array_at(list, {"resources"}), "name", "configmaps/status") == nullptr);
  BOOST_TEST(!api_resource_list_json(catalog, "apps", "v2").ok());
}

BOOST_AUTO_TEST_CASE(aggregates_all_groups_in_one_document) {
  const Json core = json(aggregated_discovery_json(catalog, true, "v2"));
  const Json rest = json(aggregated_discovery_json(catalog, false, "v2beta1"));
  BOOST_TEST(text_at(core, {"apiVersion"}) == "apidiscovery.k8s.io/v2");
  BOOST_TEST(array_at(core, {"items"}).size() == 1U);
  BOOST_TEST(text_at(rest, {"apiVersion"}) == "apidiscovery.k8s.io/v2beta1");
  const Json& version = array_at(array_at(core, {"items"})[0], {"versions"})[0];
  const Json* pods = find_named(array_at(version, {"resources"}), "resource", "pods");
  BOOST_REQUIRE(pods != nullptr);
  BOOST_TEST(text_at(*pods, {"scope"}) == "Namespaced");
  BOOST_TEST(text_at(*pods, {"responseKind", "kind"}) == "Pod");
  BOOST_TEST(!array_at(*pods, {"subresources"}).empty());
}

BOOST_AUTO_TEST_CASE(shows_reviews_as_create_only) {
  const Json list = json(api_resource_list_json(catalog, "authorization.k8s.io", "v1").value());
  for (const Json& resource : array_at(list, {"resources"})) {
    BOOST_TEST(to_json(*find_member(resource, "verbs")) == R"(["create"])");
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::api
