// Who goes where, who waits, and what he is told. The engine is given events and a time by hand.

#include "plugins/scheduler/engine.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

namespace pintle::scheduler {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kGi = 1LL << 30;

struct PodOptions {
  std::string name = "web";
  std::int64_t cpu_millis = 100;
  std::int64_t priority = 0;
  std::string scheduler_name = "default-scheduler";
  std::string node_name{};
};

std::shared_ptr<Pod> a_pod(const PodOptions& options = {}) {
  auto pod = std::make_shared<Pod>();
  pod->uid = "uid-" + options.name;
  pod->ns = "default";
  pod->name = options.name;
  pod->scheduler_name = options.scheduler_name;
  pod->node_name = options.node_name;
  pod->priority = options.priority;
  pod->requests.cpu_millis = options.cpu_millis;
  pod->scored_cpu_millis = options.cpu_millis;
  pod->placement.container_count = 1;
  return pod;
}

/// The same with its placement changed.
template <typename Change>
PodPtr a_pod_with(const PodOptions& options, Change change) {
  auto pod = a_pod(options);
  change(*pod);
  pod->placement_key = key_of(pod->placement);
  return pod;
}

std::shared_ptr<Node> a_node(const std::string& name, std::int64_t cpu_millis = 1000) {
  auto node = std::make_shared<Node>();
  node->name = name;
  node->labels = {{"kubernetes.io/hostname", name}};
  node->allocatable.cpu_millis = cpu_millis;
  node->allocatable.memory_bytes = 4 * kGi;
  node->allocatable_pods = 110;
  return node;
}

struct AScheduler {
  Engine engine{"default-scheduler"};
  SteadyTime now{};

  void add(const PodPtr& pod) { engine.set_pod(pod, now); }

  /// The node the next pod goes to; "" if it goes nowhere; "nobody" if none is ready.
  std::string next_node() {
    const auto outcome = engine.step(now);
    return outcome ? outcome->node : "nobody";
  }
  std::string next_message() {
    const auto outcome = engine.step(now);
    return outcome ? outcome->message : "nobody";
  }
};

LabelRequirement in(std::string key, std::vector<std::string> values) {
  return {std::move(key), LabelRequirement::Operator::kIn, std::move(values)};
}

BOOST_FIXTURE_TEST_SUITE(a_pod_without_a_node, AScheduler)

BOOST_AUTO_TEST_CASE(goes_to_the_emptier_node) {  // S3
  engine.set_node(a_node("n1"));
  engine.set_node(a_node("n2"));
  add(a_pod({.name = "there", .cpu_millis = 500, .node_name = "n1"}));
  add(a_pod());

  BOOST_TEST(next_node() == "n2");
}

BOOST_AUTO_TEST_CASE(counts_at_once_where_it_was_sent) {
  engine.set_node(a_node("n1"));
  engine.set_node(a_node("n2"));
  add(a_pod({.name = "a"}));
  add(a_pod({.name = "b"}));

  const std::set<std::string> both = {next_node(), next_node()};
  BOOST_TEST(both.size() == 2U);
}

BOOST_AUTO_TEST_CASE(of_higher_priority_goes_first_and_then_the_one_that_came_first) {
  engine.set_node(a_node("n1"));
  add(a_pod({.name = "a"}));
  add(a_pod({.name = "b"}));
  add(a_pod({.name = "c", .priority = 7}));

  BOOST_TEST(engine.step(now)->pod->name == "c");
  BOOST_TEST(engine.step(now)->pod->name == "a");
  BOOST_TEST(engine.step(now)->pod->name == "b");
}

BOOST_AUTO_TEST_CASE(that_is_gated_terminating_finished_or_somebody_elses_is_left_alone) {
  engine.set_node(a_node("n1"));
  add(a_pod_with({.name = "a"}, [](Pod& pod) { pod.gated = true; }));
  add(a_pod_with({.name = "b"}, [](Pod& pod) { pod.terminating = true; }));
  add(a_pod_with({.name = "c"}, [](Pod& pod) { pod.finished = true; }));
  add(a_pod({.name = "d", .scheduler_name = "other"}));

  BOOST_TEST(next_node() == "nobody");
}

BOOST_AUTO_TEST_CASE(goes_where_its_selector_and_affinity_allow) {
  engine.set_node(a_node("n1"));
  engine.set_node(a_node("n2"));
  add(a_pod_with({.name = "a"}, [](Pod& pod) {
    pod.placement.node_selector = {{"kubernetes.io/hostname", "n2"}};
  }));
  add(a_pod_with({.name = "b"}, [](Pod& pod) {
    pod.placement.required = {{.labels = {}, .fields = {in("metadata.name", {"n1"})}}};
  }));
  add(a_pod_with({.name = "c"}, [](Pod& pod) { pod.placement.required = {NodeTerm{}}; }));

  BOOST_TEST(next_node() == "n2");
  BOOST_TEST(next_node() == "n1");
  BOOST_TEST(next_node() == "");
}

BOOST_AUTO_TEST_CASE(prefers_what_it_prefers) {
  auto tainted = a_node("n1");
  tainted->taints = {{"a", "", "PreferNoSchedule"}};
  engine.set_node(tainted);
  engine.set_node(a_node("n2"));
  engine.set_node(a_node("n3", 1100));
  add(a_pod_with({.name = "a"}, [](Pod& pod) {
    pod.placement.preferred = {{10, {{in("kubernetes.io/hostname", {"n2"})}, {}}}};
  }));

  BOOST_TEST(next_node() == "n2");
}

BOOST_AUTO_TEST_CASE(goes_where_its_images_are) {
  auto stocked = a_node("n2");
  stocked->image_bytes = {{"docker.io/library/nginx:latest", 900LL * 1024 * 1024}};
  engine.set_node(a_node("n1"));
  engine.set_node(stocked);
  add(a_pod_with({}, [](Pod& pod) { pod.placement.images = {"docker.io/library/nginx:latest"}; }));

  BOOST_TEST(next_node() == "n2");
}

BOOST_AUTO_TEST_CASE(needs_its_host_ports_free) {
  const auto with_port = [](Pod& pod) { pod.ports = {{"0.0.0.0", "TCP", 80}}; };
  engine.set_node(a_node("n1"));
  add(a_pod_with({.name = "a", .node_name = "n1"}, [](Pod& pod) {
    pod.ports = {{"10.0.0.1", "TCP", 80}};
  }));
  add(a_pod_with({.name = "b"}, with_port));
  add(a_pod_with({.name = "c"}, [](Pod& pod) { pod.ports = {{"0.0.0.0", "UDP", 80}}; }));

  BOOST_TEST(next_message().starts_with(
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."));
  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_pod_that_fits_nowhere, AScheduler)

BOOST_AUTO_TEST_CASE(is_told_why_in_kube_schedulers_words) {
  auto tainted = a_node("n2");
  tainted->taints = {{"k", "v", "NoSchedule"}};
  engine.set_node(a_node("n1", 50));
  engine.set_node(tainted);
  add(a_pod({.name = "there", .cpu_millis = 10, .node_name = "n1"}));
  add(a_pod({.cpu_millis = 45}));

  BOOST_TEST(next_message() ==
             "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {k: v}. "
             "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, "
             "1 Preemption is not helpful for scheduling.");
}

BOOST_AUTO_TEST_CASE(is_told_everything_a_node_lacks) {
  auto full = a_node("n1", 50);
  full->allocatable_pods = 0;
  full->unschedulable = false;
  engine.set_node(full);
  auto closed = a_node("n2");
  closed->unschedulable = true;
  engine.set_node(closed);
  add(a_pod_with({}, [](Pod& pod) {
    pod.requests.others = {{"example.com/gpu", 1}};
    pod.may_preempt = false;
  }));

  BOOST_TEST(next_message() ==
             "0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Too "
             "many pods, 1 node(s) were unschedulable. preemption: not eligible due to "
             "preemptionPolicy=Never.");
}

BOOST_AUTO_TEST_CASE(without_any_nodes_is_told_so) {
  add(a_pod());

  BOOST_TEST(next_message() == "no nodes available to schedule pods");
}

BOOST_AUTO_TEST_CASE(is_not_told_of_preemption_that_would_have_found_somebody) {
  engine.set_node(a_node("n1"));
  add(a_pod({.name = "low", .cpu_millis = 1000, .priority = -1, .node_name = "n1"}));
  add(a_pod());

  BOOST_TEST(next_message() == "0/1 nodes are available: 1 Insufficient cpu.");
}

BOOST_AUTO_TEST_CASE(waits_until_a_node_changes_so_that_it_fits) {
  engine.set_node(a_node("n1", 50));
  add(a_pod());
  BOOST_TEST(next_node() == "");
  now += 30s;
  BOOST_TEST(next_node() == "nobody");

  engine.set_node(a_node("n2", 60));
  BOOST_TEST(next_node() == "nobody");
  engine.set_node(a_node("n1", 200));

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_CASE(waits_until_a_pod_goes) {
  engine.set_node(a_node("n1"));
  add(a_pod({.name = "there", .cpu_millis = 1000, .node_name = "n1"}));
  add(a_pod());
  BOOST_TEST(next_node() == "");
  now += 1s;

  engine.remove_pod("uid-there");

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_CASE(is_tried_again_no_sooner_than_its_back_off) {
  engine.set_node(a_node("n1", 50));
  add(a_pod());
  next_node();
  engine.set_node(a_node("n1", 200));
  BOOST_TEST(next_node() == "nobody");
  BOOST_TEST((engine.next_due().value() == now + 1s));
  now += 1s;

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_CASE(is_tried_again_after_five_minutes_anyway) {
  engine.set_node(a_node("n1", 50));
  add(a_pod());
  next_node();
  now += 5min;

  BOOST_TEST(next_node() == "");
}

BOOST_AUTO_TEST_CASE(is_tried_again_when_it_asks_for_less_but_not_when_its_status_changes) {
  engine.set_node(a_node("n1", 50));
  add(a_pod());
  next_node();
  now += 1s;
  add(a_pod_with({}, [](Pod& pod) {
    pod.unscheduled_reason = "Unschedulable";
    pod.placement = {};
  }));
  add(a_pod());
  BOOST_TEST(next_node() != "n1");

  add(a_pod({.cpu_millis = 10}));
  now += 2s;

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_binding_that_fails, AScheduler)

BOOST_AUTO_TEST_CASE(frees_the_node_and_tries_the_pod_again_after_its_back_off) {
  engine.set_node(a_node("n1", 100));
  add(a_pod());
  BOOST_TEST(next_node() == "n1");

  engine.binding_failed("uid-web", now);

  BOOST_TEST(next_node() == "nobody");
  now += 1s;
  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_CASE(of_a_pod_that_was_bound_elsewhere_is_forgotten) {
  engine.set_node(a_node("n1", 100));
  engine.set_node(a_node("n2", 100));
  add(a_pod());
  const std::string first = next_node();
  const std::string other = first == "n1" ? "n2" : "n1";
  add(a_pod({.node_name = other}));
  engine.binding_failed("uid-web", now);
  add(a_pod({.name = "b"}));

  BOOST_TEST(next_node() == first);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_profile_of_ones_own, AScheduler)

BOOST_AUTO_TEST_CASE(places_the_pods_that_name_it_also_those_that_waited) {
  engine.set_node(a_node("n1"));
  engine.set_node(a_node("n2", 2000));
  add(a_pod({.name = "early", .scheduler_name = "mine"}));

  Policy policy;
  policy.with_default_scores = false;
  policy.score = [](const Pod&, const Row& row, const NodePods&) {
    return std::int64_t{row.node->name == "n1" ? 100 : 0};
  };
  BOOST_TEST(engine.add_profile("mine", policy, now));
  BOOST_TEST(!engine.add_profile("mine", policy, now));

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_CASE(may_refuse_nodes_and_is_quoted) {
  engine.set_node(a_node("n1"));
  Policy policy;
  policy.filter = [](const Pod&, const Row&, const NodePods&) { return std::string("too loud"); };
  engine.add_profile("mine", policy, now);
  add(a_pod({.scheduler_name = "mine"}));

  BOOST_TEST(next_message().starts_with("0/1 nodes are available: 1 too loud."));
}

BOOST_AUTO_TEST_CASE(that_goes_leaves_its_pods_waiting_for_it) {
  engine.set_node(a_node("n1"));
  engine.add_profile("mine", {}, now);
  add(a_pod({.scheduler_name = "mine"}));
  engine.remove_profile("mine");
  BOOST_TEST(next_node() == "nobody");

  engine.add_profile("mine", {}, now);

  BOOST_TEST(next_node() == "n1");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_cluster, AScheduler)

BOOST_AUTO_TEST_CASE(never_puts_more_on_a_node_than_it_offers) {
  for (int i = 0; i < 10; ++i) {
    engine.set_node(a_node("n" + std::to_string(i)));
  }
  for (int i = 0; i < 150; ++i) {
    add(a_pod({.name = "p" + std::to_string(i)}));
  }
  std::map<std::string, int> placed;
  while (const auto outcome = engine.step(now)) {
    ++placed[outcome->node];
  }

  BOOST_TEST(placed[""] == 50);
  BOOST_TEST(placed["n3"] == 10);
  BOOST_TEST(placed.size() == 11U);
}

BOOST_AUTO_TEST_CASE(forgets_nodes_that_go_and_counts_pods_of_nodes_that_come_later) {
  add(a_pod({.name = "there", .cpu_millis = 1000, .node_name = "n1"}));
  engine.set_node(a_node("n1"));
  engine.set_node(a_node("n2"));
  engine.set_node(a_node("n3"));
  engine.remove_node("n2");
  add(a_pod());

  BOOST_TEST(next_node() == "n3");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_back_off)

BOOST_AUTO_TEST_CASE(doubles_from_one_second_to_ten) {
  BOOST_TEST((wait_after(1) == 1s));
  BOOST_TEST((wait_after(2) == 2s));
  BOOST_TEST((wait_after(4) == 8s));
  BOOST_TEST((wait_after(5) == 10s));
  BOOST_TEST((wait_after(1'000'000) == 10s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_toleration)

BOOST_AUTO_TEST_CASE(tolerates_what_kubernetes_says_it_does) {
  const Taint taint{"k", "v", "NoSchedule"};

  BOOST_TEST((Toleration{"k", false, "v", "NoSchedule"}.tolerates(taint)));
  BOOST_TEST((Toleration{"k", true, "", ""}.tolerates(taint)));
  BOOST_TEST((Toleration{"", true, "", ""}.tolerates(taint)));
  BOOST_TEST(!(Toleration{"k", false, "w", ""}.tolerates(taint)));
  BOOST_TEST(!(Toleration{"k", true, "", "NoExecute"}.tolerates(taint)));
  BOOST_TEST(!(Toleration{"x", true, "", ""}.tolerates(taint)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::scheduler
