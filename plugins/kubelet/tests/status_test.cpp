// Decisions and statuses: what a pod needs next, and how it is.

#include "plugins/kubelet/status.hpp"

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/container_spec.hpp"
#include "plugins/kubelet/pod_actions.hpp"
#include "plugins/kubelet/tests/support.hpp"

namespace pintle::kubelet {
namespace {

struct OnePod {
  PodPtr pod = test::pod_of("{containers: [{name: a, image: i}]}");
  PodView view;
  std::map<std::string, Waiting, std::less<>> waiting;
  Json previous = nullptr;
  bool is_started = true;
  bool is_ready = true;
  std::string must_die;

  void spec(std::string_view text) { pod = test::pod_of(text); }

  void sandbox(bool ready = true) {
    SandboxState state;
    state.id = "s1";
    state.ready = ready;
    view.sandboxes = {state};
    view.current = SandboxStatus{state, {"10.0.0.7"}};
  }

  ContainerStatus& run(const std::string& name, ContainerPhase phase, int exit_code = 0) {
    ContainerStatus status;
    status.state.id = name + std::to_string(view.runs[name].size());
    status.state.phase = phase;
    status.state.attempt = static_cast<std::uint32_t>(view.runs[name].size());
    if (const auto* container = find_container(pod->json(), name)) {
      status.state.annotations[kContainerHash] = hash_of_container(*container);
    }
    status.exit_code = exit_code;
    status.finished_at_ns = 1'000'000'000;
    view.sandbox_of[status.state.id] = "s1";
    auto& runs = view.runs[name];
    runs.insert(runs.begin(), status);
    return runs.front();
  }

  PodActions actions() {
    return decide(pod->json(), view,
                  {[this](const std::string&) { return is_started; },
                   [this](const std::string&) { return must_die; }});
  }

  Json status(bool terminated = false) {
    NodeFacts node;
    node.ip = "192.0.2.1";
    return make_status({*pod, view, node, waiting,
                        [this](const std::string&) { return is_started; },
                        [this](const std::string&) { return is_ready; },
                        [](const ContainerStatus&) { return std::string(); }, previous, WallTime{},
                        "2026-01-01T00:00:00Z", terminated, terminated, std::nullopt});
  }

  std::string phase() { return std::string(text_at(status(), {"phase"})); }

  std::string condition(std::string_view type) {
    const auto made = status();
    for (const auto& one : array_at(made, {"conditions"})) {
      if (text_at(one, {"type"}) == type) {
        return std::string(text_at(one, {"status"}));
      }
    }
    return "(none)";
  }
};

BOOST_FIXTURE_TEST_SUITE(a_decision, OnePod)

BOOST_AUTO_TEST_CASE(begins_with_a_sandbox) {
  BOOST_TEST(actions().wants_sandbox);
  BOOST_TEST(actions().starts.empty());
}

BOOST_AUTO_TEST_CASE(starts_what_has_not_run) {
  sandbox();

  const auto next = actions();

  BOOST_REQUIRE(next.starts.size() == 1U);
  BOOST_TEST(next.starts[0].attempt == 0U);
}

BOOST_AUTO_TEST_CASE(leaves_alone_what_runs) {
  sandbox();
  run("a", ContainerPhase::kRunning);

  BOOST_TEST(actions().starts.empty());
  BOOST_TEST(actions().kills.empty());
}

// K9
BOOST_AUTO_TEST_CASE(restarts_what_ended) {
  sandbox();
  run("a", ContainerPhase::kExited, 137);

  const auto next = actions();

  BOOST_REQUIRE(next.starts.size() == 1U);
  BOOST_TEST(next.starts[0].attempt == 1U);
}

BOOST_AUTO_TEST_CASE(keeps_to_the_restart_policy) {
  spec("{restartPolicy: OnFailure, containers: [{name: a, image: i}]}");
  sandbox();
  run("a", ContainerPhase::kExited, 0);

  BOOST_TEST(actions().is_finished);
  BOOST_TEST(should_restart("OnFailure", 1));
  BOOST_TEST(!should_restart("Never", 1));
}

BOOST_AUTO_TEST_CASE(runs_init_containers_one_after_the_other) {
  spec(
      "{initContainers: [{name: i1, image: i}, {name: i2, image: i}],"
      " containers: [{name: a, image: i}]}");
  sandbox();
  BOOST_TEST(actions().starts[0].name == "i1");

  run("i1", ContainerPhase::kRunning);
  BOOST_TEST(actions().starts.empty());

  view.runs["i1"].front().state.phase = ContainerPhase::kExited;
  BOOST_TEST(actions().starts[0].name == "i2");

  run("i2", ContainerPhase::kExited, 0);
  BOOST_TEST(actions().starts[0].name == "a");
}

BOOST_AUTO_TEST_CASE(lets_a_sidecar_start_before_the_others) {
  spec(
      "{initContainers: [{name: side, image: i, restartPolicy: Always}],"
      " containers: [{name: a, image: i}]}");
  sandbox();
  is_started = false;
  run("side", ContainerPhase::kRunning);
  BOOST_TEST(actions().starts.empty());

  is_started = true;
  BOOST_TEST(actions().starts[0].name == "a");
}

BOOST_AUTO_TEST_CASE(gives_up_when_an_init_container_failed_for_good) {
  spec(
      "{restartPolicy: Never, initContainers: [{name: i1, image: i}],"
      " containers: [{name: a, image: i}]}");
  sandbox();
  run("i1", ContainerPhase::kExited, 1);

  BOOST_TEST(actions().is_finished);
  BOOST_TEST(phase() == "Failed");
}

BOOST_AUTO_TEST_CASE(kills_what_a_probe_condemned) {
  sandbox();
  run("a", ContainerPhase::kRunning);
  must_die = "failed liveness probe";

  const auto next = actions();

  BOOST_REQUIRE(next.kills.size() == 1U);
  BOOST_TEST(next.kills[0].why == "Container a failed liveness probe, will be restarted");
}

BOOST_AUTO_TEST_CASE(kills_what_is_defined_anew) {
  sandbox();
  run("a", ContainerPhase::kRunning);
  pod = test::pod_of("{containers: [{name: a, image: other}]}");

  BOOST_TEST(actions().kills.size() == 1U);
}

BOOST_AUTO_TEST_CASE(begins_anew_when_the_sandbox_is_lost) {
  sandbox(false);
  run("a", ContainerPhase::kRunning);

  const auto next = actions();

  BOOST_TEST(next.wants_sandbox);
  BOOST_TEST(next.sandbox_attempt == 1U);
  BOOST_TEST(next.kills.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_status, OnePod)

// P6
BOOST_AUTO_TEST_CASE(of_a_running_pod_says_so) {
  sandbox();
  run("a", ContainerPhase::kRunning);

  BOOST_TEST(phase() == "Running");
  BOOST_TEST(condition("Ready") == "True");
  BOOST_TEST(condition("PodReadyToStartContainers") == "True");
  BOOST_TEST(text_at(status(), {"podIP"}) == "10.0.0.7");
  BOOST_TEST(text_at(status(), {"hostIP"}) == "192.0.2.1");
  BOOST_TEST(text_at(status(), {"qosClass"}) == "BestEffort");
}

BOOST_AUTO_TEST_CASE(is_pending_before_the_first_start) {
  const auto made = status();

  BOOST_TEST(text_at(made, {"phase"}) == "Pending");
  BOOST_TEST(text_at(array_at(made, {"containerStatuses"})[0], {"state", "waiting", "reason"}) ==
             "ContainerCreating");
}

BOOST_AUTO_TEST_CASE(is_not_ready_until_the_probe_says_so) {
  sandbox();
  run("a", ContainerPhase::kRunning);
  is_ready = false;

  BOOST_TEST(phase() == "Running");
  BOOST_TEST(condition("Ready") == "False");
  BOOST_TEST(condition("ContainersReady") == "False");
}

BOOST_AUTO_TEST_CASE(shows_a_crash_loop_and_the_last_end) {
  sandbox();
  run("a", ContainerPhase::kExited, 3);
  waiting["a"] = {"CrashLoopBackOff", "back-off 10s"};

  const auto container = array_at(status(), {"containerStatuses"})[0];

  BOOST_TEST(text_at(container, {"state", "waiting", "reason"}) == "CrashLoopBackOff");
  BOOST_TEST(integer_at(container, {"lastState", "terminated", "exitCode"}).value() == 3);
  BOOST_TEST(phase() == "Running");
}

BOOST_AUTO_TEST_CASE(of_an_ended_job_is_succeeded_or_failed) {
  spec("{restartPolicy: Never, containers: [{name: a, image: i}]}");
  sandbox();
  run("a", ContainerPhase::kExited, 0);
  BOOST_TEST(phase() == "Succeeded");

  view.runs["a"].front().exit_code = 1;
  BOOST_TEST(phase() == "Failed");
}

BOOST_AUTO_TEST_CASE(waits_for_init_containers) {
  spec("{initContainers: [{name: i1, image: i}], containers: [{name: a, image: i}]}");
  sandbox();
  run("i1", ContainerPhase::kRunning);

  BOOST_TEST(phase() == "Pending");
  BOOST_TEST(condition("Initialized") == "False");
  BOOST_TEST(text_at(array_at(status(), {"containerStatuses"})[0],
                     {"state", "waiting", "reason"}) == "PodInitializing");
}

BOOST_AUTO_TEST_CASE(counts_restarts) {
  sandbox();
  run("a", ContainerPhase::kExited, 1);
  run("a", ContainerPhase::kRunning);

  const auto container = array_at(status(), {"containerStatuses"})[0];

  BOOST_TEST(integer_at(container, {"restartCount"}).value() == 1);
  BOOST_TEST(integer_at(container, {"lastState", "terminated", "exitCode"}).value() == 1);
}

BOOST_AUTO_TEST_CASE(keeps_the_time_of_a_condition_that_did_not_change) {
  sandbox();
  run("a", ContainerPhase::kRunning);
  previous = test::yaml(
      "{conditions: [{type: Ready, status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z'},"
      " {type: example.com/gate, status: 'True'}]}");

  const auto made = status();

  bool has_gate = false;
  for (const auto& one : array_at(made, {"conditions"})) {
    has_gate = has_gate || text_at(one, {"type"}) == "example.com/gate";
    if (text_at(one, {"type"}) == "Ready") {
      BOOST_TEST(text_at(one, {"lastTransitionTime"}) == "2020-01-01T00:00:00Z");
    }
  }
  BOOST_TEST(has_gate);
}

BOOST_AUTO_TEST_CASE(tells_the_quality_of_service) {
  spec("{containers: [{name: a, image: i, resources: {limits: {cpu: 1, memory: 1Gi}}}]}");
  pod = test::pod_of(
      "{containers: [{name: a, image: i, resources: {limits: {cpu: '1', memory: 1Gi}}}]}");
  BOOST_TEST(qos_class_of(pod->json()) == "Guaranteed");

  pod = test::pod_of("{containers: [{name: a, image: i, resources: {requests: {cpu: '1'}}}]}");
  BOOST_TEST(qos_class_of(pod->json()) == "Burstable");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
