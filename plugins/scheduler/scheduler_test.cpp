// The scheduler in a host: what it binds, says and refuses.

#include "plugins/scheduler/scheduler.hpp"

#include <algorithm>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::scheduler {
namespace {

using namespace std::chrono_literals;

/// Waits for `holds`; false if it does not come to pass. The limit is for broken code only.
template <typename Holds>
bool comes_true(Holds holds) {
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) {
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

Json parsed(std::string_view json) {
  return parse_json(json).value().value;
}

struct ACluster {
  test::FakeHost fake;

  void put_node(const std::string& name, std::string_view cpu) {
    fake.put("/api/v1/nodes/" + name,
             parsed(concat({R"({"kind":"Node","apiVersion":"v1","metadata":{"name":")", name,
                            R"("},"status":{"allocatable":{"cpu":")", cpu,
                            R"(","memory":"4Gi","pods":"110"}}})"})));
  }
  void put_pod(const std::string& name, std::string_view scheduler = "default-scheduler",
               std::string_view node = "") {
    fake.put("/api/v1/namespaces/default/pods/" + name,
             parsed(concat({R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")", name,
                            R"(","namespace":"default","uid":"u-)", name,
                            R"("},"spec":{"schedulerName":")", scheduler, R"(","nodeName":")", node,
                            R"(","containers":[{"name":"c","image":"i","resources":)",
                            R"({"requests":{"cpu":"500m"}}}]},"status":{"phase":"Pending"}})"})));
  }
  std::string node_of(const std::string& pod) const {
    return std::string(
        text_at(fake.get("/api/v1/namespaces/default/pods/" + pod), {"spec", "nodeName"}));
  }
  /// An event about `pod` with this reason was created; `has` must stand in it.
  bool told(const std::string& pod, std::string_view reason, std::string_view has) const {
    return std::ranges::any_of(fake.requests(), [&](const test::FakeHost::Request& request) {
      return request.method == "POST" && request.path.ends_with("/events") &&
             request.body.find(concat({"\"reason\":\"", reason, "\""})) != std::string::npos &&
             request.body.find(concat({"\"name\":\"", pod, "\""})) != std::string::npos &&
             request.body.find(has) != std::string::npos;
    });
  }
  std::unique_ptr<Scheduler> start(std::string_view config = "{}") {
    return Scheduler::make(fake.host(), parsed(config)).value();
  }
};

BOOST_FIXTURE_TEST_SUITE(the_scheduler, ACluster)

BOOST_AUTO_TEST_CASE(places_a_pod_that_waited_for_it_and_says_so) {  // S2, S3, S4
  put_node("n1", "1");
  put_node("n2", "1");
  put_pod("there", "default-scheduler", "n1");
  put_pod("web");
  BOOST_TEST(node_of("web").empty());

  const auto scheduler = start();

  BOOST_TEST(comes_true([this] { return node_of("web") == "n2"; }));
  BOOST_TEST(comes_true([this] {
    return told("web", "Scheduled", "Successfully assigned default/web to n2") &&
           told("web", "Scheduled", R"("component":"default-scheduler")");
  }));
}

BOOST_AUTO_TEST_CASE(tells_a_pod_that_fits_nowhere_why_and_places_it_when_it_does) {
  put_node("n1", "100m");
  put_pod("web");
  const auto scheduler = start();

  BOOST_TEST(comes_true([this] { return told("web", "FailedScheduling", "Insufficient cpu"); }));
  BOOST_TEST(comes_true([this] {
    const Json pod = fake.get("/api/v1/namespaces/default/pods/web");
    const auto& conditions = array_at(pod, {"status", "conditions"});
    return !conditions.empty() && text_at(conditions[0], {"reason"}) == "Unschedulable";
  }));
  put_node("n2", "1");

  BOOST_TEST(comes_true([this] { return node_of("web") == "n2"; }));
}

BOOST_AUTO_TEST_CASE(leaves_the_pods_of_others_alone) {
  put_node("n1", "1");
  put_pod("theirs", "other");
  put_pod("ours");
  const auto scheduler = start();

  BOOST_TEST(comes_true([this] { return node_of("ours") == "n1"; }));
  BOOST_TEST(node_of("theirs").empty());
}

BOOST_AUTO_TEST_CASE(runs_the_policies_that_others_offer_while_they_do) {  // S6
  put_node("n1", "2");
  put_node("n2", "1");
  put_pod("mine", "mine");
  pintle_scheduling_policy_table table{};
  table.size = sizeof table;
  table.scheduler_name = {"mine", 4};
  table.with_default_filters = 1;
  table.score = [](void*, const pintle_pod_info*, const pintle_node_info* node) {
    return std::int64_t{std::string_view(node->name.data, node->name.size) == "n2" ? 100 : 0};
  };
  const auto scheduler = start();

  fake.offer("pintle.scheduling_policy/1", "scheduler_mine", &table, nullptr);
  BOOST_TEST(comes_true([this] { return node_of("mine") == "n2"; }));
  BOOST_TEST(comes_true([this] { return told("mine", "Scheduled", R"("component":"mine")"); }));

  fake.withdraw("pintle.scheduling_policy/1", &table, nullptr);
  put_pod("late", "mine");
  put_pod("ours");
  BOOST_TEST(comes_true([this] { return node_of("ours") == "n1"; }));
  BOOST_TEST(node_of("late").empty());
}

BOOST_AUTO_TEST_CASE(places_every_pod_once_even_where_the_log_is_lost) {
  put_node("n1", "1000");
  const auto scheduler = start();
  for (int i = 0; i < 100; ++i) {
    put_pod("p" + std::to_string(i));
    if (i == 50) {
      fake.lose_log();
    }
  }

  BOOST_TEST(comes_true([this] {
    for (int i = 0; i < 100; ++i) {
      if (node_of("p" + std::to_string(i)).empty()) {
        return false;
      }
    }
    return true;
  }));
  const auto posts = fake.requests("POST");
  const auto bindings = std::ranges::count_if(
      posts, [](const std::string& post) { return post.ends_with("/binding"); });
  BOOST_TEST(bindings == 100);
}

BOOST_AUTO_TEST_CASE(refuses_settings_it_does_not_know) {
  const auto made = Scheduler::make(fake.host(), parsed(R"({"scheduler_nmae":"x"})"));

  BOOST_TEST(!made.ok());
}

BOOST_AUTO_TEST_CASE(needs_a_cluster) {
  test::FakeHost alone(/*with_cluster=*/false);

  BOOST_TEST(!Scheduler::make(alone.host(), Json(JsonObject())).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::scheduler
