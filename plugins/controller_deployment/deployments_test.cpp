// What a Deployment does about its ReplicaSets, seen through the cluster alone. The test plays the
// ReplicaSets' controller.

#include "plugins/controller_deployment/deployments.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/sdk/client.hpp"
#include "plugins/controller_deployment/replica_set.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::controller_deployment {
namespace {

using std::chrono::seconds;

const std::string kDeployment = "/apis/apps/v1/namespaces/d/deployments/web";
const std::string kSets = "/apis/apps/v1/namespaces/d/replicasets";

Json deployment_of(int replicas, std::string_view image) {
  return {
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"uid", "deployment-uid"}, {"generation", 1}}},
      {"spec",
       {{"replicas", replicas},
        {"revisionHistoryLimit", 10},
        {"progressDeadlineSeconds", 600},
        {"strategy",
         {{"type", "RollingUpdate"},
          {"rollingUpdate", {{"maxSurge", "25%"}, {"maxUnavailable", "25%"}}}}},
        {"selector", {{"matchLabels", {{"app", "web"}}}}},
        {"template",
         {{"metadata", {{"labels", {{"app", "web"}}}}},
          {"spec", {{"containers", JsonArray{JsonObject{{"name", "c"}, {"image", image}}}}}}}}}}};
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<Deployments> plugin;
  std::string broken;                        // The image whose pods never come up.
  std::int64_t most = 0;                     // Pods asked for at once, and the fewest that were
  std::int64_t least_available = INT64_MAX;  // available, while the test watched.

  void begin() {
    plugin = std::make_unique<Deployments>(host.host(), clock);
    plugin->start();
    BOOST_REQUIRE(plugin->wait_synced({}));
  }
  ReplicaSets sets() {
    ReplicaSets all;
    const auto listed =
        sdk::Client(host.host()).get({.group = "apps", .resource = "replicasets", .ns = "d"});
    for (const auto& set : array_at(listed.value(), {"items"})) {
      all.push_back(ReplicaSet::of(set));
    }
    return all;
  }
  static std::string image_of(const ReplicaSet& set) {
    const auto& containers = array_at(set.object, {"spec", "template", "spec", "containers"});
    return std::string(text_at(containers.at(0), {"image"}));
  }
  ReplicaSet set_of(std::string_view image) {
    for (const auto& set : sets()) {
      if (image_of(set) == image) {
        return set;
      }
    }
    return {};
  }
  /// What the ReplicaSets' controller does: as many pods as asked for, all of them available.
  void play_replica_sets() {
    const auto all = sets();
    most = std::max(most, count_asked(all));
    least_available = std::min(least_available, count_available(all));
    for (const auto& set : all) {
      const std::int64_t ready = image_of(set) == broken ? 0 : set.replicas;
      if (set.actual != set.replicas || set.available != ready) {
        Json next = set.object;
        next.as_object()["status"] = JsonObject{
            {"replicas", set.replicas}, {"readyReplicas", ready}, {"availableReplicas", ready}};
        // As a status is written: not over somebody else's change.
        (void)sdk::Client(host.host())
            .update({.group = "apps", .resource = "replicasets", .ns = "d", .name = set.name},
                    next);
      }
    }
  }
  template <typename Done>
  bool eventually(Done is_done) {
    const auto begun = std::chrono::steady_clock::now();
    auto last = begun;
    while (!is_done()) {
      play_replica_sets();
      std::this_thread::yield();
      const auto now = std::chrono::steady_clock::now();
      if (now - begun > seconds(30)) {
        return false;
      }
      clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(now - last));
      last = now;
    }
    return true;
  }
  std::string condition(std::string_view type, std::string_view field = "reason") {
    const Json held = host.get(kDeployment);
    for (const auto& condition : array_at(held, {"status", "conditions"})) {
      if (text_at(condition, {"type"}) == type) {
        return std::string(text_at(condition, {field}));
      }
    }
    return "";
  }
  bool is_done(std::int64_t replicas) {
    const Json held = host.get(kDeployment);
    const auto is = [&](std::string_view field, std::int64_t wanted) {
      return integer_at(held, {"status", field}).value_or(0) == wanted;
    };
    return is("replicas", replicas) && is("updatedReplicas", replicas) &&
           is("availableReplicas", replicas) && is("unavailableReplicas", 0) &&
           is("observedGeneration", integer_at(held, {"metadata", "generation"}).value()) &&
           condition("Progressing") == "NewReplicaSetAvailable";
  }
  /// Changes the Deployment as a user would: status and annotations stay, generation grows.
  template <typename Change>
  void edit(Change change) {
    for (;;) {
      Json next = host.get(kDeployment);
      change(next.at("spec").as_object());
      auto& generation = next.at("metadata").as_object()["generation"];
      generation = generation.as_int64() + 1;
      const sdk::Path path{.group = "apps", .resource = "deployments", .ns = "d", .name = "web"};
      if (sdk::Client(host.host()).update(path, next).ok()) {
        return;
      }
    }
  }
  void set_image(std::string_view image) {
    edit([image](JsonObject& spec) {
      spec["template"].at("spec").at("containers").at(0).as_object()["image"] = image;
    });
  }
  bool has_event(std::string_view message) {
    for (const auto& request : host.requests()) {
      if (request.method == "POST" && request.path == "/api/v1/namespaces/d/events" &&
          request.body.find(message) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
  void roll_out(int replicas, std::string_view image) {
    begin();
    host.put(kDeployment, deployment_of(replicas, image));
    BOOST_REQUIRE(eventually([&] { return is_done(replicas); }));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_new_deployment, Cluster)

BOOST_AUTO_TEST_CASE(makes_a_replica_set_of_its_template) {
  roll_out(3, "one");

  const auto set = set_of("one");
  const auto hash = text_at(set.object, {"metadata", "labels", "pod-template-hash"});
  BOOST_TEST(!hash.empty());
  BOOST_TEST(set.name == "web-" + std::string(hash));
  BOOST_TEST(text_at(set.object, {"spec", "selector", "matchLabels", "pod-template-hash"}) == hash);
  BOOST_TEST(text_at(set.object, {"spec", "template", "metadata", "labels", "pod-template-hash"}) ==
             hash);
  BOOST_TEST(text_at(array_at(set.object, {"metadata", "ownerReferences"}).at(0), {"uid"}) ==
             "deployment-uid");
  BOOST_TEST(set.annotated(kRevision).value() == 1);
  BOOST_TEST(set.annotated(kDesiredReplicas).value() == 3);
  BOOST_TEST(set.annotated(kMaxReplicas).value() == 4);
  BOOST_TEST(
      eventually([&] { return has_event("Scaled up replica set " + set.name + " from 0 to 3"); }));
}

BOOST_AUTO_TEST_CASE(tells_its_revision_and_how_it_got_on) {
  roll_out(2, "one");

  BOOST_TEST(text_at(host.get(kDeployment), {"metadata", "annotations", kRevision}) == "1");
  BOOST_TEST(condition("Available") == "MinimumReplicasAvailable");
  BOOST_TEST(condition("Available", "message") == "Deployment has minimum availability.");
  BOOST_TEST(condition("Progressing", "status") == "True");
  BOOST_TEST(condition("Progressing", "message") ==
             "ReplicaSet \"" + set_of("one").name + "\" has successfully progressed.");
}

BOOST_AUTO_TEST_CASE(gives_its_replica_set_its_annotations_but_not_what_kubectl_keeps_there) {
  Json deployment = deployment_of(1, "one");
  deployment.at("metadata").as_object()["annotations"] =
      JsonObject{{"kubernetes.io/change-cause", "why"},
                 {"kubectl.kubernetes.io/last-applied-configuration", "{}"}};
  host.put(kDeployment, deployment);
  begin();
  BOOST_REQUIRE(eventually([this] { return is_done(1); }));

  const auto set = set_of("one");
  const auto& annotations = object_at(set.object, {"metadata", "annotations"});
  BOOST_TEST(annotations.at("kubernetes.io/change-cause") == "why");
  BOOST_TEST(!annotations.contains("kubectl.kubernetes.io/last-applied-configuration"));
}

BOOST_AUTO_TEST_CASE(adopts_a_replica_set_that_runs_its_template_already) {
  Json set = {{"metadata",
               {{"uid", "set-uid"},
                {"labels", {{"app", "web"}}},
                {"creationTimestamp", "2026-01-01T00:00:00Z"}}},
              {"spec",
               {{"replicas", 2},
                {"selector", {{"matchLabels", {{"app", "web"}}}}},
                {"template", deployment_of(2, "one").at("spec").at("template")}}}};
  host.put(kSets + "/mine", set);
  roll_out(2, "one");

  BOOST_TEST(sets().size() == 1U);
  BOOST_TEST(text_at(array_at(sets()[0].object, {"metadata", "ownerReferences"}).at(0), {"uid"}) ==
             "deployment-uid");
}

BOOST_AUTO_TEST_CASE(takes_another_hash_where_its_name_is_taken_by_another_template) {
  const std::string hash = hash_of(deployment_of(1, "one").at("spec").at("template"), {});
  host.put(
      kSets + "/web-" + hash,
      {{"metadata", {{"uid", "stranger"}, {"labels", {{"app", "other"}}}}},
       {"spec", {{"replicas", 0}, {"template", deployment_of(1, "x").at("spec").at("template")}}}});

  roll_out(1, "one");

  BOOST_TEST(integer_at(host.get(kDeployment), {"status", "collisionCount"}).value() == 1);
  BOOST_TEST(set_of("one").name ==
             "web-" + hash_of(deployment_of(1, "one").at("spec").at("template"), 1));
}

BOOST_AUTO_TEST_CASE(tells_that_its_replica_set_was_refused_and_tries_again) {
  host.refuse("POST", kSets, 403, "exceeded quota", 1'000'000);
  begin();
  host.put(kDeployment, deployment_of(1, "one"));

  BOOST_TEST(eventually([this] { return condition("Progressing") == "ReplicaSetCreateError"; }));
  BOOST_TEST(condition("Progressing", "message").starts_with("Failed to create new replica set"));
  BOOST_TEST(eventually([this] { return has_event("ReplicaSetCreateError"); }));

  host.refuse("POST", kSets, 403, "", 0);
  BOOST_TEST(eventually([this] { return is_done(1); }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_changed_template, Cluster)

BOOST_AUTO_TEST_CASE(rolls_out_within_its_surge_and_its_unavailable) {
  roll_out(10, "one");
  most = 0;
  least_available = INT64_MAX;

  set_image("two");

  BOOST_TEST(eventually([this] { return is_done(10) && set_of("two").available == 10; }));
  BOOST_TEST(most <= 13);
  BOOST_TEST(least_available >= 8);
  BOOST_TEST(set_of("one").replicas == 0);
  BOOST_TEST(text_at(host.get(kDeployment), {"metadata", "annotations", kRevision}) == "2");
}

BOOST_AUTO_TEST_CASE(that_was_rolled_out_before_is_a_higher_revision_of_the_same_replica_set) {
  roll_out(2, "one");
  set_image("two");
  BOOST_REQUIRE(eventually([this] { return is_done(2) && set_of("two").available == 2; }));

  set_image("one");  // What kubectl rollout undo does.

  BOOST_TEST(eventually([this] { return is_done(2) && set_of("one").available == 2; }));
  BOOST_TEST(sets().size() == 2U);
  BOOST_TEST(set_of("one").annotated(kRevision).value() == 3);
  BOOST_TEST(text_at(set_of("one").object, {"metadata", "annotations", kRevisionHistory}) == "1");
}

BOOST_AUTO_TEST_CASE(that_never_comes_up_stops_the_rollout_and_misses_its_deadline) {
  roll_out(4, "one");
  broken = "two";
  set_image("two");
  BOOST_REQUIRE(eventually([this] {
    return set_of("two").actual == 2 && condition("Progressing") == "ReplicaSetUpdated";
  }));
  BOOST_TEST(set_of("one").replicas == 3);

  // Again and again: a step that was under way still counts as progress, at the new time. The timer
  // counts real time in this test, so an edit wakes the plugin.
  BOOST_TEST(eventually([this] {
    clock.advance(seconds(700));
    edit([](JsonObject&) {});
    return condition("Progressing") == "ProgressDeadlineExceeded";
  }));
  BOOST_TEST(condition("Progressing", "status") == "False");
  BOOST_TEST(condition("Progressing", "message") ==
             "ReplicaSet \"" + set_of("two").name + "\" has timed out progressing.");
  BOOST_TEST(condition("Available") == "MinimumReplicasAvailable");
}

BOOST_AUTO_TEST_CASE(leaves_no_more_old_revisions_than_the_limit) {
  roll_out(1, "one");
  edit([](JsonObject& spec) { spec["revisionHistoryLimit"] = 1; });
  for (const char* image : {"two", "three", "four"}) {
    set_image(image);
    BOOST_REQUIRE(eventually([&] { return is_done(1) && set_of(image).available == 1; }));
  }

  BOOST_TEST(eventually([this] { return sets().size() == 2U; }));
  BOOST_TEST(set_of("three").number == 3);
}

BOOST_AUTO_TEST_CASE(is_recreated_only_after_the_last_old_pod_is_gone) {
  roll_out(2, "one");
  const std::string pod = "/api/v1/namespaces/d/pods/last";
  host.put(pod, {{"metadata",
                  {{"ownerReferences", JsonArray{JsonObject{{"kind", "ReplicaSet"},
                                                            {"name", set_of("one").name},
                                                            {"uid", set_of("one").uid},
                                                            {"controller", true}}}}}},
                 {"status", {{"phase", "Running"}}}});
  edit([](JsonObject& spec) {
    spec["strategy"] = JsonObject{{"type", "Recreate"}};
    spec["template"].at("spec").at("containers").at(0).as_object()["image"] = "two";
  });

  BOOST_REQUIRE(eventually([this] { return set_of("one").replicas == 0; }));
  BOOST_REQUIRE(eventually([this] {
    return !integer_at(host.get(kDeployment), {"status", "replicas"});
  }));
  BOOST_TEST(sets().size() == 1U);

  host.remove(pod);

  BOOST_TEST(eventually([this] { return is_done(2) && set_of("two").available == 2; }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_deployment, Cluster)

BOOST_AUTO_TEST_CASE(that_is_paused_is_scaled_but_not_rolled_out) {
  roll_out(2, "one");
  edit([](JsonObject& spec) { spec["paused"] = true; });
  set_image("two");
  edit([](JsonObject& spec) { spec["replicas"] = 4; });

  BOOST_TEST(eventually([this] { return set_of("one").available == 4; }));
  BOOST_TEST(sets().size() == 1U);
  BOOST_TEST(condition("Progressing") == "DeploymentPaused");
  BOOST_TEST(condition("Progressing", "message") == "Deployment is paused");
  BOOST_TEST(condition("Progressing", "status") == "Unknown");

  edit([](JsonObject& spec) { spec["paused"] = false; });

  BOOST_TEST(eventually([this] { return is_done(4) && set_of("two").available == 4; }));
}

BOOST_AUTO_TEST_CASE(that_is_scaled_while_it_rolls_out_grows_in_proportion) {
  roll_out(10, "one");
  broken = "two";
  set_image("two");  // Comes as far as 8 and 5.
  BOOST_REQUIRE(
      eventually([this] { return set_of("one").replicas == 8 && set_of("two").replicas == 5; }));

  edit([](JsonObject& spec) { spec["replicas"] = 20; });

  // 25 at most: 8 and 5 of 13 are 15 and 10 of 25.
  BOOST_TEST(
      eventually([this] { return set_of("one").replicas == 15 && set_of("two").replicas == 10; }));
}

BOOST_AUTO_TEST_CASE(tells_what_keeps_its_replica_set_from_making_pods) {
  roll_out(1, "one");
  Json set = set_of("one").object;
  set.at("status").as_object()["conditions"] =
      JsonArray{JsonObject{{"type", "ReplicaFailure"},
                           {"status", "True"},
                           {"lastTransitionTime", "2026-01-01T00:00:00Z"},
                           {"reason", "FailedCreate"},
                           {"message", "exceeded quota"}}};
  host.put(kSets + "/" + set_of("one").name, set);

  BOOST_TEST(eventually([this] { return condition("ReplicaFailure") == "FailedCreate"; }));
  BOOST_TEST(condition("ReplicaFailure", "message") == "exceeded quota");
}

BOOST_AUTO_TEST_CASE(settled_is_written_to_no_more) {
  roll_out(3, "one");
  const auto before = host.get(kDeployment);

  (void)plugin->reconcile("d/web");
  (void)plugin->reconcile("d/web");

  BOOST_TEST(text_at(host.get(kDeployment), {"metadata", "resourceVersion"}) ==
             text_at(before, {"metadata", "resourceVersion"}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_deployment_controller, Cluster)

BOOST_AUTO_TEST_CASE(converges_though_events_are_lost_and_it_is_restarted) {
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  roll_out(10, "one");
  host.lose_events(5, seed);
  set_image("two");
  for (int i = 0; i < 200; ++i) {
    play_replica_sets();
    std::this_thread::yield();
  }
  begin();  // Another one takes over in the middle.
  edit([](JsonObject& spec) { spec["replicas"] = 7; });

  host.lose_events(0, 0);
  host.lose_log();  // What a resync does.

  BOOST_TEST(eventually([this] { return is_done(7) && set_of("two").available == 7; }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_deployment
