// The whole agent over a runtime and a cluster in memory.

#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/kubelet.hpp"
#include "plugins/kubelet/tests/fake_runtime.hpp"
#include "plugins/kubelet/tests/support.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::kubelet {
namespace {

struct Agent {
  pintle::test::TempDirectory directory;
  pintle::test::FakeHost host;
  test::FakeRuntime* runtime = nullptr;
  std::unique_ptr<Kubelet> kubelet;
  const std::string path = "/api/v1/namespaces/default/pods/web";

  explicit Agent(bool with_cluster = true) : host(with_cluster) {}

  void start() {
    auto made = std::make_unique<test::FakeRuntime>();
    made->add_image("busybox");
    runtime = made.get();
    KubeletOptions options;
    options.node_name = "n1";
    options.node_ip = "192.0.2.1";
    options.root = (directory.path() / "root").string();
    options.log_root = (directory.path() / "logs").string();
    options.manifest_path = (directory.path() / "manifests").string();
    std::filesystem::create_directories(options.manifest_path);
    std::filesystem::create_directories(options.root + "/pods");
    kubelet = std::make_unique<Kubelet>(host.host(), std::move(options), std::move(made));
  }

  void write_manifest(const std::string& text) {
    std::ofstream(directory.path() / "manifests/static.yml") << text;
  }

  void put_pod(const std::string& spec) {
    host.put(path,
             JsonObject{{"apiVersion", "v1"},
                        {"kind", "Pod"},
                        {"metadata",
                         JsonObject{{"name", "web"}, {"namespace", "default"}, {"uid", "uid-1"}}},
                        {"spec", test::yaml(spec)}});
  }

  /// The claim comes true within a while; the agent's threads are its own.
  static bool soon(const std::function<bool()>& claim) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < end) {
      if (claim()) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
    return false;
  }

  bool is_phase(const std::string& phase) {
    return text_at(host.get(path), {"status", "phase"}) == phase;
  }

  bool has_event(const std::string& reason) {
    for (const auto& request : host.requests()) {
      if (request.method == "POST" && request.path.ends_with("/events") &&
          request.body.find("\"reason\":\"" + reason + "\"") != std::string::npos) {
        return true;
      }
    }
    return false;
  }
};

constexpr const char* kSpec =
    "{nodeName: n1, containers: [{name: main, image: busybox, imagePullPolicy: IfNotPresent}]}";

BOOST_FIXTURE_TEST_SUITE(an_agent, Agent)

// P4
BOOST_AUTO_TEST_CASE(registers_its_node_and_keeps_a_lease) {
  start();

  BOOST_TEST(soon([&] { return !host.get("/api/v1/nodes/n1").is_null(); }));
  BOOST_TEST(soon([&] {
    return text_at(host.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"),
                   {"spec", "holderIdentity"}) == "n1";
  }));
  const auto node = host.get("/api/v1/nodes/n1");
  BOOST_TEST(text_at(node, {"metadata", "labels", "kubernetes.io/hostname"}) == "n1");
}

// P5, P6
BOOST_AUTO_TEST_CASE(runs_a_pod_of_the_server) {
  start();
  put_pod(kSpec);

  BOOST_TEST(soon([&] { return is_phase("Running"); }));
  BOOST_TEST(text_at(host.get(path), {"status", "podIP"}) == "10.0.0.7");
  BOOST_TEST(soon([&] { return has_event("Started"); }));
  BOOST_TEST(has_event("Pulled"));
  BOOST_TEST(has_event("Created"));
}

// P9
BOOST_AUTO_TEST_CASE(ends_a_deleted_pod_and_confirms_it) {
  start();
  put_pod(kSpec);
  BOOST_REQUIRE(soon([&] { return is_phase("Running"); }));

  auto pod = host.get(path);
  pod.as_object()["metadata"].as_object()["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  pod.as_object()["metadata"].as_object()["deletionGracePeriodSeconds"] = 7;
  host.put(path, pod);

  BOOST_TEST(soon([&] { return host.get(path).is_null(); }));
  BOOST_TEST(soon([&] { return runtime->sandboxes() == 0; }));
  bool waited = false;
  for (const auto& call : runtime->calls()) {
    waited = waited || (call.starts_with("stop_container ") && call.ends_with(" 7"));
  }
  BOOST_TEST(waited);
  BOOST_TEST(has_event("Killing"));
}

// K9
BOOST_AUTO_TEST_CASE(restarts_a_container_that_died) {
  start();
  put_pod(kSpec);
  BOOST_REQUIRE(soon([&] { return is_phase("Running"); }));

  runtime->exit("main", 137, 1);

  BOOST_TEST(soon([&] {
    const auto pod = host.get(path);
    const auto& statuses = array_at(pod, {"status", "containerStatuses"});
    return !statuses.empty() && integer_at(statuses[0], {"restartCount"}) == 1;
  }));
  BOOST_TEST(runtime->running() == 1U);
}

BOOST_AUTO_TEST_CASE(tells_why_a_container_cannot_be_made) {
  start();
  put_pod(
      "{nodeName: n1, containers: [{name: main, image: busybox, imagePullPolicy: Never,"
      " securityContext: {seLinuxOptions: {level: s0}}}]}");

  BOOST_TEST(soon([&] {
    const auto pod = host.get(path);
    const auto& statuses = array_at(pod, {"status", "containerStatuses"});
    return !statuses.empty() &&
           text_at(statuses[0], {"state", "waiting", "reason"}) == "CreateContainerConfigError";
  }));
}

BOOST_AUTO_TEST_CASE(backs_off_from_an_image_it_cannot_get) {
  start();
  runtime->fail("pull_image", "no such image");
  put_pod("{nodeName: n1, containers: [{name: main, image: nowhere}]}");

  BOOST_TEST(soon([&] { return has_event("Failed"); }));
  BOOST_TEST(soon([&] {
    const auto pod = host.get(path);
    const auto& statuses = array_at(pod, {"status", "containerStatuses"});
    const auto reason =
        statuses.empty() ? "" : text_at(statuses[0], {"state", "waiting", "reason"});
    return reason == "ErrImagePull" || reason == "ImagePullBackOff";
  }));
}

BOOST_AUTO_TEST_CASE(kills_what_fails_its_liveness_probe) {
  start();
  runtime->set_exec_code(1);
  put_pod(
      "{nodeName: n1, containers: [{name: main, image: busybox, imagePullPolicy: Never,"
      " livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}}]}");

  BOOST_TEST(soon([&] { return has_event("Unhealthy") && has_event("Killing"); }));
}

BOOST_AUTO_TEST_CASE(runs_a_hook_before_it_stops_a_container) {
  start();
  put_pod(
      "{nodeName: n1, containers: [{name: main, image: busybox, imagePullPolicy: Never,"
      " lifecycle: {preStop: {exec: {command: [goodbye]}}}}]}");
  BOOST_REQUIRE(soon([&] { return is_phase("Running"); }));

  host.remove(path);

  BOOST_TEST(soon([&] { return runtime->sandboxes() == 0; }));
  bool said = false;
  for (const auto& call : runtime->calls()) {
    said = said || (call.starts_with("exec_sync") && call.ends_with("goodbye"));
  }
  BOOST_TEST(said);
}

BOOST_AUTO_TEST_CASE(begins_anew_when_the_sandbox_is_lost) {
  start();
  put_pod(kSpec);
  BOOST_REQUIRE(soon([&] { return is_phase("Running"); }));

  runtime->lose_sandbox();

  BOOST_TEST(soon([&] { return runtime->sandboxes() == 2 && runtime->running() == 1; }));
}

BOOST_AUTO_TEST_CASE(shows_a_static_pod_by_a_mirror) {
  start();
  write_manifest(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: s}\n"
      "spec: {containers: [{name: main, image: busybox, imagePullPolicy: Never}]}\n");
  const std::string mirror = "/api/v1/namespaces/default/pods/s-n1";

  BOOST_TEST(soon([&] { return text_at(host.get(mirror), {"status", "phase"}) == "Running"; }));
  BOOST_TEST(!text_at(host.get(mirror), {"metadata", "annotations", kConfigMirror}).empty());

  std::filesystem::remove(directory.path() / "manifests/static.yml");
  BOOST_TEST(soon([&] { return host.get(mirror).is_null() && runtime->sandboxes() == 0; }));
}

BOOST_AUTO_TEST_SUITE_END()

struct LoneAgent : Agent {
  LoneAgent() : Agent(false) {}
};

BOOST_FIXTURE_TEST_SUITE(a_lone_agent, LoneAgent)

// K1, K2, K10
BOOST_AUTO_TEST_CASE(runs_static_pods_without_a_server) {
  start();
  write_manifest(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: s}\n"
      "spec: {containers: [{name: main, image: busybox, imagePullPolicy: Never}]}\n");
  BOOST_TEST(soon([&] {
    const auto list = kubelet->pod_list(false);
    const auto& items = array_at(list, {"items"});
    return !items.empty() && text_at(items[0], {"status", "phase"}) == "Running";
  }));

  std::filesystem::remove(directory.path() / "manifests/static.yml");
  BOOST_TEST(soon([&] {
    const auto list = kubelet->pod_list(false);
    return array_at(list, {"items"}).empty() && runtime->sandboxes() == 0;
  }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
