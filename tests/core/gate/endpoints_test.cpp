// What is served beside objects: discovery, OpenAPI, health, version, metrics.

#include "core/gate/endpoints.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;

constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

BOOST_FIXTURE_TEST_SUITE(discovery, Cluster)

BOOST_AUTO_TEST_CASE(lists_versions_groups_and_resources) {
  BOOST_TEST(get("/api").text({"kind"}) == "APIVersions");
  BOOST_TEST(get("/apis").text({"kind"}) == "APIGroupList");
  BOOST_TEST(get("/apis/apps").text({"kind"}) == "APIGroup");
  BOOST_TEST(get("/api/v1").text({"kind"}) == "APIResourceList");
  BOOST_TEST(get("/apis/apps/v1/").text({"groupVersion"}) == "apps/v1");
  BOOST_TEST(get("/apis/nothing").status == 404);
  BOOST_TEST(get("/apis/apps/v7").status == 404);
}

BOOST_AUTO_TEST_CASE(comes_aggregated_if_asked_and_is_not_sent_twice) {
  const auto all = get("/apis", {{"Accept", kAggregated}});
  const auto same = get("/apis", {{"Accept", kAggregated}, {"If-None-Match", all.header("ETag")}});

  BOOST_TEST(all.text({"kind"}) == "APIGroupDiscoveryList");
  BOOST_TEST(all.content_type ==
             "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
  BOOST_TEST(same.status == 304);
  BOOST_TEST(same.body.empty());
}

BOOST_AUTO_TEST_CASE(describes_types_in_every_form_kubectl_asks_for) {
  const auto v2 = get("/openapi/v2");
  const auto old = get("/openapi/v2",
                       {{"Accept", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}});
  const auto v3 = get("/openapi/v3");
  const auto core = get("/openapi/v3/api/v1?hash=x");

  BOOST_TEST(v2.text({"swagger"}) == "2.0");
  BOOST_TEST(old.content_type.ends_with("protobuf"));
  BOOST_TEST(!old.body.empty());
  BOOST_TEST(v3.body.find("\"apis/apps/v1\"") != std::string::npos);
  BOOST_TEST(core.text({"openapi"}).starts_with("3."));
  BOOST_TEST(get("/openapi/v3/apis/nothing/v1").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

struct Readiness {
  Readiness() : endpoints(parts()) {}

  gate::Endpoints::Parts parts() {
    return {.catalog = catalog,
            .ready_checks = {{"store", [this] { return fault; }}},
            .metrics = [] { return std::string("pintle_up 1\n"); },
            .version_json = R"({"gitVersion":"v1.33.2+pintle"})"};
  }

  test::Heard get(const std::string& target) {
    const auto info = gate::parse_request_info("GET", target);
    auto response = endpoints.get(info.value(), {});
    if (!response) {
      test::Heard nothing;
      nothing.status = 404;
      return nothing;
    }
    return Cluster::hear(std::move(*response));
  }

  api::Catalog catalog;
  std::string fault;
  gate::Endpoints endpoints;
};

BOOST_FIXTURE_TEST_SUITE(health, Readiness)

BOOST_AUTO_TEST_CASE(is_ok_in_a_word) {
  for (const auto* path : {"/healthz", "/livez", "/readyz", "/readyz/store", "/readyz/ping"}) {
    BOOST_TEST(get(path).status == 200, path);
    BOOST_TEST(get(path).body == "ok", path);
  }
  BOOST_TEST(get("/readyz/nothing").status == 404);
}

BOOST_AUTO_TEST_CASE(names_each_check_if_asked) {
  BOOST_TEST(get("/readyz?verbose").body == "[+]ping ok\n[+]store ok\nreadyz check passed\n");
}

BOOST_AUTO_TEST_CASE(tells_what_fails_but_lives_on) {
  fault = "the disk is full";

  BOOST_TEST(get("/readyz").status == 500);
  BOOST_TEST(get("/readyz").body.find("[-]store failed: the disk is full") != std::string::npos);
  BOOST_TEST(get("/readyz/store").status == 500);
  BOOST_TEST(get("/readyz?exclude=store").status == 200);
  BOOST_TEST(get("/livez").status == 200);
}

BOOST_AUTO_TEST_CASE(stands_beside_version_metrics_and_an_index) {
  BOOST_TEST(get("/version").text({"gitVersion"}) == "v1.33.2+pintle");
  BOOST_TEST(get("/metrics").body == "pintle_up 1\n");
  BOOST_TEST(get("/").body.starts_with(R"({"paths":["/api","/api/v1")"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
