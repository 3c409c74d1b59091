// Get and list: pages, selectors, revisions, and the forms an answer comes in.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;
using Names = std::vector<std::string>;

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";
constexpr const char* kTable = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
constexpr const char* kPartial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

struct FiveConfigMaps : Cluster {
  FiveConfigMaps() {
    for (const auto* name : {"c", "a", "e", "b", "d"}) {
      make_config_map(name, name[0] < 'c' ? R"({"app":"web"})" : R"({"app":"db"})");
    }
    make_config_map("z", "{}", "other");
  }

  Heard list(const std::string& query, const std::string& accept = "") {
    return get(std::string(kConfigMaps) + (query.empty() ? "" : "?" + query), {{"Accept", accept}});
  }
};

BOOST_FIXTURE_TEST_SUITE(a_list, FiveConfigMaps)

BOOST_AUTO_TEST_CASE(is_ordered_and_of_one_namespace) {
  const auto listed = list("");

  BOOST_TEST(listed.status == 200);
  BOOST_TEST(listed.text({"kind"}) == "ConfigMapList");
  BOOST_TEST(listed.text({"apiVersion"}) == "v1");
  BOOST_TEST(listed.names() == (Names{"a", "b", "c", "d", "e"}), boost::test_tools::per_element());
  BOOST_TEST(listed.version() == std::to_string(store->revision()));
}

BOOST_AUTO_TEST_CASE(over_all_namespaces_goes_by_namespace_first) {
  const auto listed = get("/api/v1/configmaps");

  BOOST_TEST(listed.names() == (Names{"a", "b", "c", "d", "e", "z"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(shows_items_without_a_type_of_their_own) {
  const auto json = list("").json();

  BOOST_TEST(array_at(json, {"items"}).size() == 5U);
  BOOST_TEST(text_at(array_at(json, {"items"})[0], {"kind"}).empty());
}

BOOST_AUTO_TEST_CASE(of_nothing_has_no_items) {
  const auto empty = get("/api/v1/namespaces/none/configmaps");

  BOOST_TEST(empty.status == 200);
  BOOST_TEST(empty.body.find(R"("items":[])") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keeps_to_its_selectors) {
  BOOST_TEST(list("labelSelector=app%3Dweb").names() == (Names{"a", "b"}),
             boost::test_tools::per_element());
  BOOST_TEST(list("labelSelector=app+in+(web,db),app!%3Dweb").names() == (Names{"c", "d", "e"}),
             boost::test_tools::per_element());
  BOOST_TEST(list("fieldSelector=metadata.name%3Dc").names() == (Names{"c"}),
             boost::test_tools::per_element());
  BOOST_TEST(list("fieldSelector=metadata.name!%3Dc,metadata.namespace%3Ddefault").names().size() ==
             4U);
}

BOOST_AUTO_TEST_CASE(refuses_selectors_it_does_not_know) {
  const auto field = list("fieldSelector=data.k%3Dv");
  const auto pods = get("/api/v1/pods?fieldSelector=spec.foo%3Dv");
  const auto label = list("labelSelector=a%3D%3D%3Db");

  BOOST_TEST(field.status == 400);
  BOOST_TEST(field.message() ==
             "\"data.k\" is not a known field selector: only \"metadata.name\", "
             "\"metadata.namespace\"");
  BOOST_TEST(pods.status == 400);
  BOOST_TEST(pods.message() == "field label not supported: spec.foo");
  BOOST_TEST(label.status == 400);
}

BOOST_AUTO_TEST_CASE(in_pages_is_of_one_revision_whatever_is_written) {  // P-17
  const auto first = list("limit=2");
  make_config_map("aa");
  erase(std::string(kConfigMaps) + "/c");
  const auto second = list("limit=2&continue=" + first.text({"metadata", "continue"}));
  const auto third = list("limit=2&continue=" + second.text({"metadata", "continue"}));

  BOOST_TEST(first.names() == (Names{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(integer_at(first.json(), {"metadata", "remainingItemCount"}).value() == 3);
  BOOST_TEST(second.names() == (Names{"c", "d"}), boost::test_tools::per_element());
  BOOST_TEST(third.names() == (Names{"e"}), boost::test_tools::per_element());
  BOOST_TEST(third.text({"metadata", "continue"}).empty());
  BOOST_TEST(second.version() == first.version());
  BOOST_TEST(third.version() == first.version());
}

BOOST_AUTO_TEST_CASE(in_pages_counts_the_rest_only_without_selectors) {
  const auto page = list("limit=1&labelSelector=app%3Dweb");

  BOOST_TEST(page.names() == (Names{"a"}), boost::test_tools::per_element());
  BOOST_TEST(!page.text({"metadata", "continue"}).empty());
  BOOST_TEST(!integer_at(page.json(), {"metadata", "remainingItemCount"}).has_value());
  const auto rest =
      list("limit=1&labelSelector=app%3Dweb&continue=" + page.text({"metadata", "continue"}));
  BOOST_TEST(rest.names() == (Names{"b"}), boost::test_tools::per_element());
  BOOST_TEST(rest.text({"metadata", "continue"}).empty());
}

BOOST_AUTO_TEST_CASE(goes_on_inconsistently_once_its_snapshot_is_gone) {  // P-15
  const auto first = list("limit=2");
  make_config_map("bb");
  advance(std::chrono::minutes(6));

  const auto late = list("limit=2&continue=" + first.text({"metadata", "continue"}));
  const auto rest = list("limit=2&continue=" + late.text({"metadata", "continue"}));

  BOOST_TEST(late.status == 410);
  BOOST_TEST(late.reason() == "Expired");
  BOOST_TEST(rest.names() == (Names{"bb", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(takes_no_forged_token) {  // T-P09
  const Names forged = {
      "x",
      "!!!",
      "e30",                                                                      // {}
      "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi8uLi9zZWNyZXRzIn0",  // ../../secrets
      "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJvdGhlci9hIn0",          // other/a
      "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJkZWZhdWx0LyJ9",         // default/
  };
  for (const auto& token : forged) {
    const auto refused = list("continue=" + token);
    BOOST_TEST(refused.status == 400, token);
    BOOST_TEST(refused.names().empty(), token);
  }
}

BOOST_AUTO_TEST_CASE(of_a_future_revision_times_out_at_once) {  // P-16
  const auto refused = list("resourceVersion=1000000");

  BOOST_TEST(refused.status == 504);
  BOOST_TEST(refused.reason() == "Timeout");
  BOOST_TEST(refused.message() == "Timeout: Too large resource version: 1000000, current: " +
                                      std::to_string(store->revision()));
  const auto json = refused.json();
  BOOST_TEST(text_at(array_at(json, {"details", "causes"})[0], {"reason"}) ==
             "ResourceVersionTooLarge");
  BOOST_TEST(integer_at(json, {"details", "retryAfterSeconds"}).value() == 1);
  BOOST_TEST(refused.header("Retry-After") == "1");
}

BOOST_AUTO_TEST_CASE(serves_the_revisions_it_can) {  // P-16, P-18
  const auto now = std::to_string(store->revision());

  BOOST_TEST(list("resourceVersion=0").status == 200);
  BOOST_TEST(list("resourceVersion=1").names().size() == 5U);
  BOOST_TEST(list("resourceVersion=1&resourceVersionMatch=NotOlderThan").status == 200);
  BOOST_TEST(list("resourceVersion=" + now + "&resourceVersionMatch=Exact").status == 200);
  BOOST_TEST(list("resourceVersion=1&resourceVersionMatch=Exact").status == 410);
}

BOOST_AUTO_TEST_CASE(refuses_options_that_do_not_go_together) {  // P-16
  BOOST_TEST(list("resourceVersion=x").status == 400);
  BOOST_TEST(list("limit=x").status == 400);
  BOOST_TEST(list("resourceVersionMatch=Exact").status == 422);
  BOOST_TEST(list("resourceVersion=0&resourceVersionMatch=Exact").status == 422);
  BOOST_TEST(list("resourceVersion=1&resourceVersionMatch=Newest").status == 422);
  BOOST_TEST(list("sendInitialEvents=true").status == 422);
  const auto page = list("limit=2");
  BOOST_TEST(list("resourceVersion=1&continue=" + page.text({"metadata", "continue"})).status ==
             400);
}

BOOST_AUTO_TEST_CASE(as_a_table_has_columns_and_rows) {
  const auto table = list("", kTable);

  BOOST_TEST(table.text({"kind"}) == "Table");
  BOOST_TEST(table.text({"apiVersion"}) == "meta.k8s.io/v1");
  const auto json = table.json();
  BOOST_TEST(text_at(array_at(json, {"columnDefinitions"})[0], {"name"}) == "Name");
  BOOST_TEST(table.names().size() == 5U);
  const auto& row = array_at(json, {"rows"})[0];
  BOOST_TEST(text_at(row, {"object", "kind"}) == "PartialObjectMetadata");
}

BOOST_AUTO_TEST_CASE(as_a_table_shows_of_the_object_what_is_asked_for) {
  const auto none = list("includeObject=None", kTable);
  const auto whole = list("includeObject=Object", kTable);

  BOOST_TEST(none.body.find(R"("kind":"PartialObjectMetadata")") == std::string::npos);
  BOOST_TEST(whole.body.find(R"("kind":"ConfigMap")") != std::string::npos);
  BOOST_TEST(list("includeObject=Half", kTable).status == 422);
}

BOOST_AUTO_TEST_CASE(as_metadata_only_shows_nothing_else) {
  const auto listed = list("", kPartial);

  BOOST_TEST(listed.text({"kind"}) == "PartialObjectMetadataList");
  BOOST_TEST(listed.names().size() == 5U);
  BOOST_TEST(listed.body.find("\"data\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(comes_as_yaml_or_indented_if_asked) {
  const auto yaml = list("", "application/yaml");
  const auto pretty = list("pretty=true");

  BOOST_TEST(yaml.content_type == "application/yaml");
  BOOST_TEST(yaml.body.find("kind: ConfigMapList\n") != std::string::npos);
  BOOST_TEST(pretty.body.starts_with("{\n  \"kind\": \"ConfigMapList\",\n"));
  BOOST_TEST(to_json(pretty.json()) == to_json(list("").json()));
}

BOOST_AUTO_TEST_CASE(in_no_form_it_has_is_not_acceptable) {
  const auto refused = list("", "application/cbor");

  BOOST_TEST(refused.status == 406);
  BOOST_TEST(refused.reason() == "NotAcceptable");
  BOOST_TEST(list("", "application/cbor, application/json;q=0.5").status == 200);
  BOOST_TEST(list("", "application/json;as=Nothing;v=v1;g=meta.k8s.io").status == 406);
}

BOOST_AUTO_TEST_CASE(of_much_is_streamed_in_bounded_parts) {  // B6
  const std::string value(4000, 'x');
  for (int i = 0; i < 40; ++i) {
    post("/api/v1/namespaces/many/configmaps", R"({"metadata":{"name":"m)" + std::to_string(i) +
                                                   R"("},"data":{"k":")" + value + R"("}})");
  }
  auto listed = get("/api/v1/namespaces/many/configmaps?pretty=1");
  auto plain = get("/api/v1/namespaces/many/configmaps");

  BOOST_REQUIRE(listed.stream != nullptr);
  listed.body = drain(*listed.stream);
  BOOST_REQUIRE(plain.stream != nullptr);
  std::string part;
  BOOST_TEST((plain.stream->pull(part, 1000) == gate::Stream::State::kMore));
  part.clear();
  BOOST_TEST((plain.stream->pull(part, 1000) == gate::Stream::State::kMore));
  BOOST_TEST(part.size() < 6000U);
  BOOST_TEST(listed.names().size() == 40U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_get, FiveConfigMaps)

BOOST_AUTO_TEST_CASE(of_what_is_not_there_says_what_was_looked_for) {
  const auto missing = get(std::string(kConfigMaps) + "/none");

  BOOST_TEST(missing.status == 404);
  BOOST_TEST(missing.reason() == "NotFound");
  BOOST_TEST(missing.message() == "configmaps \"none\" not found");
  BOOST_TEST(missing.text({"details", "name"}) == "none");
  BOOST_TEST(missing.text({"details", "kind"}) == "configmaps");
}

BOOST_AUTO_TEST_CASE(of_a_future_revision_times_out_at_once) {  // P-16
  BOOST_TEST(get(std::string(kConfigMaps) + "/a?resourceVersion=1000000").status == 504);
  BOOST_TEST(get(std::string(kConfigMaps) + "/a?resourceVersion=1").status == 200);
}

BOOST_AUTO_TEST_CASE(as_a_table_has_one_row) {
  const auto table = get(std::string(kConfigMaps) + "/a", {{"Accept", kTable}});

  BOOST_TEST(table.text({"kind"}) == "Table");
  BOOST_TEST(table.names() == (Names{"a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
