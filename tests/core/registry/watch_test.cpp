// What a watcher over HTTP may rely on.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Watching;
using Lines = std::vector<std::string>;

constexpr const char* kConfigMaps = "/api/v1/namespaces/default/configmaps";
constexpr const char* kTable = "application/json;as=Table;v=v1;g=meta.k8s.io";

struct TwoConfigMaps : Cluster {
  TwoConfigMaps() : TwoConfigMaps(bus::Limits{}) {}
  explicit TwoConfigMaps(bus::Limits limits) : Cluster(limits) {
    make_config_map("a", R"({"app":"web"})");
    make_config_map("b", R"({"app":"db"})");
  }

  Watching watch(const std::string& query, const std::string& accept = "") {
    return Cluster::watch(
        std::string(kConfigMaps) + "?watch=true" + (query.empty() ? "" : "&" + query),
        {{"Accept", accept}});
  }

  std::string now() const { return std::to_string(store->revision()); }
};

BOOST_FIXTURE_TEST_SUITE(a_watch, TwoConfigMaps)

BOOST_AUTO_TEST_CASE(without_a_revision_begins_with_what_is_there) {
  auto watching = watch("");
  make_config_map("c");

  BOOST_TEST(watching.taken() == (Lines{"ADDED a", "ADDED b", "ADDED c"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(from_a_revision_sees_every_later_change_in_order) {  // P-08, P-09, P-20
  auto watching = watch("resourceVersion=" + now());
  make_config_map("c");
  patch(std::string(kConfigMaps) + "/a", "merge", R"({"data":{"k":"w"}})");
  erase(std::string(kConfigMaps) + "/b");

  const auto frames = watching.frames();

  BOOST_REQUIRE(frames.size() == 3U);
  Revision last = 0;
  Lines lines;
  for (const auto& frame : frames) {
    const auto revision =
        std::stoull(std::string(text_at(frame, {"object", "metadata", "resourceVersion"})));
    BOOST_TEST(revision > last);
    last = revision;
    lines.push_back(std::string(text_at(frame, {"type"})) + " " +
                    std::string(text_at(frame, {"object", "metadata", "name"})));
  }
  BOOST_TEST(lines == (Lines{"ADDED c", "MODIFIED a", "DELETED b"}),
             boost::test_tools::per_element());
  BOOST_TEST(text_at(frames[2], {"object", "data", "k"}) == "v");
  BOOST_TEST(text_at(frames[2], {"object", "kind"}) == "ConfigMap");
  BOOST_TEST(last == store->revision());
}

BOOST_AUTO_TEST_CASE(resumes_after_the_last_event_seen) {  // P-11
  const auto start = now();
  make_config_map("c");
  const auto middle = now();
  make_config_map("d");

  BOOST_TEST(watch("resourceVersion=" + start).taken() == (Lines{"ADDED c", "ADDED d"}),
             boost::test_tools::per_element());
  BOOST_TEST(watch("resourceVersion=" + middle).taken() == (Lines{"ADDED d"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(from_a_future_revision_shows_nothing_old) {  // P-16
  auto watching = watch("resourceVersion=" + std::to_string(store->revision() + 2));
  make_config_map("c");
  make_config_map("d");
  make_config_map("e");

  BOOST_TEST(watching.taken() == (Lines{"ADDED e"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(sees_leaving_a_selector_as_DELETED_and_entering_as_ADDED) {  // P-19
  auto watching = watch("labelSelector=app%3Dweb&resourceVersion=" + now());
  patch(std::string(kConfigMaps) + "/a", "merge", R"({"metadata":{"labels":{"app":"db"}}})");
  const auto left_at = now();
  patch(std::string(kConfigMaps) + "/b", "merge", R"({"metadata":{"labels":{"app":"web"}}})");
  patch(std::string(kConfigMaps) + "/b", "merge", R"({"data":{"k":"w"}})");
  erase(std::string(kConfigMaps) + "/b");
  erase(std::string(kConfigMaps) + "/a");

  const auto frames = watching.frames();

  BOOST_REQUIRE(frames.size() == 4U);
  BOOST_TEST(text_at(frames[0], {"type"}) == "DELETED");
  BOOST_TEST(text_at(frames[0], {"object", "metadata", "labels", "app"}) == "web");
  BOOST_TEST(text_at(frames[0], {"object", "metadata", "resourceVersion"}) == left_at);
  BOOST_TEST(text_at(frames[1], {"type"}) == "ADDED");
  BOOST_TEST(text_at(frames[2], {"type"}) == "MODIFIED");
  BOOST_TEST(text_at(frames[3], {"type"}) == "DELETED");
}

BOOST_AUTO_TEST_CASE(keeps_to_its_namespace_and_its_one_object) {
  auto one = Cluster::watch("/api/v1/watch/namespaces/default/configmaps/a");
  auto named = watch("fieldSelector=metadata.name%3Db");
  make_config_map("a", "{}", "other");

  BOOST_TEST(one.taken() == (Lines{"ADDED a"}), boost::test_tools::per_element());
  BOOST_TEST(named.taken() == (Lines{"ADDED b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(wakes_its_reader_once_there_is_something) {
  auto watching = watch("resourceVersion=" + now());
  watching.taken();
  BOOST_TEST(watching.wakes == 0);

  make_config_map("c");

  BOOST_TEST(watching.wakes == 1);
}

BOOST_AUTO_TEST_CASE(stops_soon_after_its_budget) {
  auto watching = watch("");
  auto first = watching.frames(/*budget=*/1);

  BOOST_TEST(first.size() == 2U);
}

BOOST_AUTO_TEST_CASE(ends_at_its_deadline) {  // P-21
  auto watching = watch("timeoutSeconds=3&resourceVersion=" + now());
  watching.taken();
  BOOST_TEST(!watching.ended);

  advance(std::chrono::seconds(3));

  BOOST_TEST(watching.wakes == 1);
  BOOST_TEST(watching.taken().empty());
  BOOST_TEST(watching.ended);
}

BOOST_AUTO_TEST_CASE(ends_within_an_hour_if_nobody_says_when) {  // P-21
  auto watching = watch("");
  watching.taken();
  advance(std::chrono::minutes(30) - std::chrono::seconds(1));
  watching.taken();
  BOOST_TEST(!watching.ended);

  advance(std::chrono::minutes(30) + std::chrono::seconds(1));
  watching.taken();

  BOOST_TEST(watching.ended);
}

BOOST_AUTO_TEST_CASE(is_told_by_bookmarks_how_far_it_has_seen) {  // P-13
  auto watching = watch("allowWatchBookmarks=true&timeoutSeconds=90&resourceVersion=" + now());
  watching.taken();
  make_config_map("x", "{}", "other");

  advance(std::chrono::seconds(60));
  const auto first = watching.frames();
  advance(std::chrono::seconds(28));
  const auto second = watching.frames();

  BOOST_REQUIRE(first.size() == 1U);
  BOOST_TEST(text_at(first[0], {"type"}) == "BOOKMARK");
  BOOST_TEST(text_at(first[0], {"object", "kind"}) == "ConfigMap");
  BOOST_TEST(text_at(first[0], {"object", "metadata", "resourceVersion"}) == now());
  BOOST_TEST(second.size() == 1U);
}

BOOST_AUTO_TEST_CASE(has_no_bookmarks_unless_it_asks) {  // P-13
  auto watching = watch("resourceVersion=" + now());
  watching.taken();
  advance(std::chrono::minutes(10));

  BOOST_TEST(watching.taken().empty());
}

BOOST_AUTO_TEST_CASE(is_told_where_its_initial_events_end) {  // P-14
  auto watching =
      watch("sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");

  const auto frames = watching.frames();

  BOOST_REQUIRE(frames.size() == 3U);
  BOOST_TEST(text_at(frames[2], {"type"}) == "BOOKMARK");
  BOOST_TEST(text_at(frames[2],
                     {"object", "metadata", "annotations", "k8s.io/initial-events-end"}) == "true");
  BOOST_TEST(text_at(frames[2], {"object", "metadata", "resourceVersion"}) == now());
}

BOOST_AUTO_TEST_CASE(refuses_initial_events_without_a_match) {  // P-14
  BOOST_TEST(watch("sendInitialEvents=true").heard().status == 422);
  BOOST_TEST(watch("sendInitialEvents=true&resourceVersionMatch=Exact").heard().status == 422);
  BOOST_TEST(watch("resourceVersionMatch=NotOlderThan").heard().status == 422);
  BOOST_TEST(watch("sendInitialEvents=false&resourceVersionMatch=NotOlderThan").taken().empty());
}

BOOST_AUTO_TEST_CASE(as_tables_says_its_columns_once) {
  auto watching = watch("", kTable);

  const auto frames = watching.frames();

  BOOST_REQUIRE(frames.size() == 2U);
  BOOST_TEST(text_at(frames[0], {"object", "kind"}) == "Table");
  BOOST_TEST(array_at(frames[0], {"object", "columnDefinitions"}).size() >= 3U);
  BOOST_TEST(find_path(frames[1], {"object", "columnDefinitions"})->is_null());
  BOOST_TEST(array_at(frames[1], {"object", "rows"}).size() == 1U);
}

BOOST_AUTO_TEST_CASE(as_yaml_is_not_acceptable) {
  BOOST_TEST(watch("", "application/yaml").heard().status == 406);
}

BOOST_AUTO_TEST_CASE(leaves_no_timer_behind) {
  {
    auto watching = watch("");
    watching.taken();
    BOOST_TEST(timers.size() == 1U);
  }
  BOOST_TEST(timers.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

struct ShortMemory : TwoConfigMaps {
  ShortMemory() : TwoConfigMaps({.events_per_resource = 2}) {}
};

BOOST_FIXTURE_TEST_SUITE(a_watch_that_fell_behind, ShortMemory)

BOOST_AUTO_TEST_CASE(is_told_to_list_again) {  // P-15
  const auto old = now();
  auto slow = watch("resourceVersion=" + old);
  slow.taken();
  for (const auto* name : {"c", "d", "e", "f"}) {
    make_config_map(name);
  }

  const auto fell = slow.frames();
  auto late = watch("resourceVersion=" + old);
  const auto refused = late.frames();

  for (const auto* frames : {&fell, &refused}) {
    BOOST_REQUIRE(frames->size() == 1U);
    const auto& frame = frames->front();
    BOOST_TEST(text_at(frame, {"type"}) == "ERROR");
    BOOST_TEST(text_at(frame, {"object", "kind"}) == "Status");
    BOOST_TEST(text_at(frame, {"object", "reason"}) == "Expired");
    BOOST_TEST(integer_at(frame, {"object", "code"}).value() == 410);
    BOOST_TEST(text_at(frame, {"object", "message"}).starts_with("too old resource version: "));
  }
  BOOST_TEST(slow.ended);
  BOOST_TEST(watch("").taken().size() == 6U);
}

BOOST_AUTO_TEST_CASE(delays_and_harms_nobody_else) {  // P-22
  auto slow = watch("resourceVersion=" + now());
  auto quick = watch("resourceVersion=" + now());
  slow.taken();
  Lines seen;
  for (const auto* name : {"c", "d", "e", "f", "g"}) {
    make_config_map(name);
    for (const auto& line : quick.taken()) {
      seen.push_back(line);
    }
  }

  BOOST_TEST(seen == (Lines{"ADDED c", "ADDED d", "ADDED e", "ADDED f", "ADDED g"}),
             boost::test_tools::per_element());
  BOOST_TEST(!quick.ended);
  slow.taken();
  BOOST_TEST(slow.ended);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
