// Evictions: a pod goes where its disruption budget allows it, and else stays.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr const char* kBudgets = "/apis/policy/v1/namespaces/default/poddisruptionbudgets";

/// A running, ready pod on a node.
struct RunningPod : Cluster {
  RunningPod() { make_pod("p"); }

  const std::string path = std::string(kPods) + "/p";

  void make_pod(const std::string& name) {
    post(kPods, R"({"metadata":{"name":")" + name + R"(","labels":{"app":"web"}},"spec":{
      "nodeName":"n1","containers":[{"name":"c","image":"nginx"}]}})");
    report(name, "Running", "True");
  }
  void report(const std::string& name, const std::string& phase, const std::string& ready) {
    patch(std::string(kPods) + "/" + name + "/status", "merge",
          R"({"status":{"phase":")" + phase + R"(","conditions":[{"type":"Ready","status":")" +
              ready + R"("}]}})");
  }
  Heard evict(const std::string& options = "null", const std::string& query = "") {
    return post(path + "/eviction" + query,
                R"({"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"},
                  "deleteOptions":)" +
                    options + "}");
  }
  bool is_ending() { return !get(path).text({"metadata", "deletionTimestamp"}).empty(); }
};

/// The same under a budget that its controller has looked at.
struct GuardedPod : RunningPod {
  GuardedPod() { make_budget("b"); }

  void make_budget(const std::string& name, const std::string& more = "") {
    post(kBudgets, R"({"metadata":{"name":")" + name + R"("},"spec":{"minAvailable":2,)" + more +
                       R"("selector":{"matchLabels":{"app":"web"}}}})");
  }
  void allow(int disruptions, int healthy, int observed = 1) {
    patch(std::string(kBudgets) + "/b/status", "merge",
          R"({"status":{"observedGeneration":)" + std::to_string(observed) +
              R"(,"desiredHealthy":2,"expectedPods":3,"currentHealthy":)" +
              std::to_string(healthy) + R"(,"disruptionsAllowed":)" + std::to_string(disruptions) +
              "}}");
  }
  Heard budget() { return get(std::string(kBudgets) + "/b"); }
};

std::string cause_of(const Heard& refused) {
  const auto tree = refused.json();
  const auto& causes = array_at(tree, {"details", "causes"});
  return causes.empty() ? ""
                        : std::string(text_at(causes[0], {"reason"})) + ": " +
                              std::string(text_at(causes[0], {"message"}));
}

BOOST_FIXTURE_TEST_SUITE(an_eviction, RunningPod)

BOOST_AUTO_TEST_CASE(ends_a_pod_and_says_why) {
  const auto evicted = evict();

  BOOST_TEST(evicted.status == 201);
  BOOST_TEST(evicted.body ==
             R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})");
  BOOST_TEST(is_ending());
  const auto pod = get(path).json();
  const auto& conditions = array_at(pod, {"status", "conditions"});
  BOOST_REQUIRE(conditions.size() == 2U);
  BOOST_TEST(text_at(conditions[1], {"type"}) == "DisruptionTarget");
  BOOST_TEST(text_at(conditions[1], {"reason"}) == "EvictionByEvictionAPI");
  BOOST_TEST(text_at(conditions[1], {"message"}) == "Eviction API: evicting");
}

BOOST_AUTO_TEST_CASE(keeps_to_the_delete_options_it_brings) {
  evict(R"({"gracePeriodSeconds":7})");

  BOOST_TEST(
      integer_at(get(path).json(), {"metadata", "deletionGracePeriodSeconds"}).value_or(-1) == 7);
}

BOOST_AUTO_TEST_CASE(of_another_uid_or_version_is_refused) {
  const auto uid = evict(R"({"preconditions":{"uid":"x"}})");
  const auto version = evict(R"({"preconditions":{"resourceVersion":"1"}})");

  BOOST_TEST(uid.status == 409);
  BOOST_TEST(uid.message() ==
             "Operation cannot be fulfilled on Pod \"p\": the UID in the precondition (x) does not "
             "match the UID in record (" +
                 get(path).text({"metadata", "uid"}) +
                 "). The object might have been deleted and then recreated");
  BOOST_TEST(version.status == 409);
  BOOST_TEST(!is_ending());
}

BOOST_AUTO_TEST_CASE(at_the_version_it_names_is_done) {
  const auto evicted =
      evict(R"({"preconditions":{"resourceVersion":")" + get(path).version() + "\"}}");

  BOOST_TEST(evicted.status == 201);
  BOOST_TEST(is_ending());
}

BOOST_AUTO_TEST_CASE(under_another_name_than_its_paths_is_refused) {
  const auto refused = post(path + "/eviction", R"({"metadata":{"name":"q"}})");

  BOOST_TEST(refused.status == 400);
  BOOST_TEST(refused.message() == "name in URL does not match name in Eviction object");
}

BOOST_AUTO_TEST_CASE(of_an_old_version_is_understood) {
  const auto evicted = post(path + "/eviction",
                            R"({"apiVersion":"policy/v1beta1","kind":"Eviction",
                              "metadata":{"name":"p","namespace":"default"}})");

  BOOST_TEST(evicted.status == 201);
}

BOOST_AUTO_TEST_CASE(of_no_pod_is_not_found) {
  const auto refused = post(std::string(kPods) + "/q/eviction", R"({"metadata":{"name":"q"}})");

  BOOST_TEST(refused.message() == "pods \"q\" not found");
}

BOOST_AUTO_TEST_CASE(is_what_admission_is_asked_about) {
  std::vector<std::string> asked;
  admission.on_validate = [&](const registry::Review& review) -> Result<void> {
    asked.push_back(std::string(review.operation) + " " + std::string(review.subresource));
    return {};
  };

  evict();

  BOOST_TEST(asked == std::vector<std::string>{"CREATE eviction"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_disruption_budget, GuardedPod)

BOOST_AUTO_TEST_CASE(that_allows_none_keeps_the_pod) {
  allow(0, 2);

  const auto refused = evict();

  BOOST_TEST(refused.status == 429);
  BOOST_TEST(refused.reason() == "TooManyRequests");
  BOOST_TEST(refused.message() ==
             "Cannot evict pod as it would violate the pod's disruption budget.");
  BOOST_TEST(cause_of(refused) ==
             "DisruptionBudget: The disruption budget b needs 2 healthy pods and has 2 currently");
  BOOST_TEST(!is_ending());
}

BOOST_AUTO_TEST_CASE(that_nobody_has_looked_at_yet_keeps_the_pod) {
  BOOST_TEST(cause_of(evict()) ==
             "DisruptionBudget: The disruption budget b is still being processed by the server.");
  BOOST_TEST(!is_ending());
}

BOOST_AUTO_TEST_CASE(is_spent_by_an_eviction) {
  allow(1, 3);

  const auto evicted = evict();
  const auto after = budget().json();

  BOOST_TEST(evicted.status == 201);
  BOOST_TEST(is_ending());
  BOOST_TEST(integer_at(after, {"status", "disruptionsAllowed"}).value_or(-1) == 0);
  BOOST_TEST(text_at(after, {"status", "disruptedPods", "p"}) == "2026-11-23T19:00:00Z");
  const auto& conditions = array_at(after, {"status", "conditions"});
  BOOST_REQUIRE(conditions.size() == 1U);
  BOOST_TEST(text_at(conditions[0], {"type"}) == "DisruptionAllowed");
  BOOST_TEST(text_at(conditions[0], {"status"}) == "False");
  BOOST_TEST(text_at(conditions[0], {"reason"}) == "InsufficientPods");
}

BOOST_AUTO_TEST_CASE(is_not_spent_by_a_dry_run) {
  allow(1, 3);

  const auto by_query = evict("null", "?dryRun=All");
  const auto by_options = evict(R"({"dryRun":["All"]})");

  BOOST_TEST(by_query.status == 201);
  BOOST_TEST(by_options.status == 201);
  BOOST_TEST(!is_ending());
  BOOST_TEST(integer_at(budget().json(), {"status", "disruptionsAllowed"}).value_or(-1) == 1);
}

BOOST_AUTO_TEST_CASE(does_not_guard_pods_that_do_not_run) {
  allow(0, 2);
  report("p", "Pending", "False");

  BOOST_TEST(evict().status == 201);
}

BOOST_AUTO_TEST_CASE(lets_an_unready_pod_go_only_while_the_rest_is_healthy) {
  report("p", "Running", "False");
  allow(0, 1);
  const auto refused = evict();
  allow(0, 2);
  const auto evicted = evict();

  BOOST_TEST(refused.status == 429);
  BOOST_TEST(evicted.status == 201);
}

BOOST_AUTO_TEST_CASE(may_always_let_an_unready_pod_go) {
  patch(std::string(kBudgets) + "/b", "merge",
        R"({"spec":{"unhealthyPodEvictionPolicy":"AlwaysAllow"}})");
  report("p", "Running", "False");
  allow(0, 0, 2);

  BOOST_TEST(evict().status == 201);
}

BOOST_AUTO_TEST_CASE(of_two_is_one_too_many) {
  allow(1, 3);
  make_budget("c");

  const auto refused = evict();

  BOOST_TEST(refused.status == 500);
  BOOST_TEST(refused.message() ==
             "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
             "not support.");
  BOOST_TEST(!is_ending());
}

BOOST_AUTO_TEST_CASE(is_never_overspent_by_racing_evictions) {
  allow(1, 3);
  make_pod("q");
  const auto body = [](const std::string& name) {
    return R"({"metadata":{"name":")" + name + R"("}})";
  };
  std::vector<std::future<gate::Response>> answers;
  for (const std::string name : {"p", "q"}) {
    const auto promise = std::make_shared<std::promise<gate::Response>>();
    answers.push_back(promise->get_future());
    gate::Request request;
    request.method = "POST";
    request.target = std::string(kPods) + "/" + name + "/eviction";
    request.body = body(name);
    gate.call(who, std::move(request),
              [promise](gate::Response response) { promise->set_value(std::move(response)); });
  }

  std::vector<int> statuses;
  for (auto& answer : answers) {
    statuses.push_back(answer.get().status);
  }

  std::sort(statuses.begin(), statuses.end());
  BOOST_TEST(statuses == (std::vector<int>{201, 429}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
