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

BOOST_AUTO_TEST_CASE(is_aggregated_in_two_versions_and_in_protobuf) {
  const std::string type = "application/vnd.kubernetes.protobuf";
  const std::string form = ";g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

  BOOST_TEST(get("/apis", {{"Accept", "application/json" + form}}).text({"apiVersion"}) ==
             "apidiscovery.k8s.io/v2beta1");
  const auto packed = get("/apis", {{"Accept", type + form}});
  BOOST_TEST(packed.content_type == type + form);
  BOOST_TEST(packed.body.starts_with("k8s"));
  BOOST_TEST(packed.body.find("deployments") != std::string::npos);
  BOOST_TEST(get("/api/v1", {{"Accept", type}}).content_type == type);
}

BOOST_AUTO_TEST_CASE(in_no_form_it_has_is_not_acceptable) {  // T-H18
  for (const auto* path : {"/api", "/apis", "/apis/apps", "/apis/apps/v1"}) {
    BOOST_TEST(get(path, {{"Accept", "image/png"}}).reason() == "NotAcceptable", path);
  }
  // One group is not a list of all of them.
  BOOST_TEST(get("/apis/apps/v1", {{"Accept", kAggregated}}).text({"kind"}) == "APIResourceList");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(openapi, Cluster)

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
  BOOST_TEST(core.status == 301);
  BOOST_TEST(get("/openapi/v3/apis/nothing/v1").status == 404);
}

BOOST_AUTO_TEST_CASE(of_one_group_is_kept_for_ever_by_its_hash) {
  const auto index = get("/openapi/v3").json();
  const auto target = std::string(text_at(index, {"paths", "apis/apps/v1", "serverRelativeURL"}));

  const auto document = get(target);
  const auto moved = get("/openapi/v3/apis/apps/v1?hash=0");

  BOOST_TEST(document.text({"openapi"}) == "3.0.0");
  BOOST_TEST(document.header("Cache-Control") == "public, immutable");
  BOOST_TEST(document.header("Expires") == "Tue, 23 Nov 2027 19:00:00 GMT");
  BOOST_TEST(target.ends_with("?hash=" + document.header("ETag").substr(1, 16)));
  BOOST_TEST(moved.status == 301);
  BOOST_TEST(moved.header("Location") == target);
  BOOST_TEST(get("/openapi/v3/apis/apps/v1").header("Cache-Control") == "");
}

BOOST_AUTO_TEST_CASE(that_the_client_has_is_not_sent_twice) {
  for (const auto* path : {"/openapi/v2", "/openapi/v3", "/openapi/v3/api/v1"}) {
    const auto first = get(path);
    BOOST_TEST(first.header("Last-Modified") == "Mon, 23 Nov 2026 19:00:00 GMT", path);
    const auto etag = first.header("ETag");
    for (const auto& known : {etag, "\"x\", " + etag, "W/" + etag, std::string("*")}) {
      BOOST_TEST(get(path, {{"If-None-Match", known}}).status == 304, path << " " << known);
    }
    BOOST_TEST(get(path, {{"If-None-Match", "\"x\""}}).status == 200, path);
    BOOST_TEST(get(path, {{"If-Modified-Since", first.header("Last-Modified")}}).status == 304,
               path);
  }
}

BOOST_AUTO_TEST_CASE(is_given_in_protobuf_or_not_at_all) {
  const auto packed =
      get("/openapi/v3/api/v1",
          {{"Accept", "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"}});
  BOOST_TEST(packed.content_type == "application/com.github.proto-openapi.spec.v3.v1.0+protobuf");
  BOOST_TEST(packed.header("ETag") == get("/openapi/v3/api/v1").header("ETag"));
  BOOST_TEST(get("/openapi/v2", {{"Accept", "image/png"}}).status == 406);
  BOOST_TEST(get("/openapi/v3/api/v1", {{"Accept", "image/png"}}).status == 406);
}

BOOST_AUTO_TEST_SUITE_END()

struct Readiness {
  Readiness() : endpoints(parts()) {}

  gate::Endpoints::Parts parts() {
    return {.catalog = catalog,
            .ready_checks = {{"store", [this] { return fault; }}},
            .metrics = [] { return std::string("pintle_up 1\n"); },
            .version_json = R"({"gitVersion":"v1.33.2+pintle"})",
            .clock = clock};
  }

  test::Heard get(const std::string& target) {
    const auto info = gate::parse_request_info("GET", target);
    auto response = endpoints.get(info.value(), {});
    if (!response || !response->ok()) {
      test::Heard nothing;
      nothing.status = 404;
      return nothing;
    }
    return Cluster::hear(std::move(*response).value());
  }

  api::Catalog catalog;
  test::ManualClock clock;
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
