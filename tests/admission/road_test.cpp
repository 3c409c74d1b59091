// No way round a policy: every door by which a container can come, times every list it can be in.
// T-M01, T-M02. A door that is not served yet is one nobody comes through.

#include <functional>

#include "tests/admission/loaded.hpp"

namespace pintle {
namespace {

constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr const char* kEnforce = "pod-security.kubernetes.io/enforce";
const std::string kLists[] = {"containers", "initContainers"};

/// A pod with one container "c" in `list`, privileged, and a plain one where it needs one.
std::string pod(const std::string& list, const std::string& image = "i",
                const std::string& container = R"("securityContext":{"privileged":true})") {
  const std::string bad = R"([{"name":"c","image":")" + image + R"(",)" + container + "}]";
  const std::string plain = R"([{"name":"plain","image":"i"}])";
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":)" +
         (list == "containers" ? bad : plain + R"(,")" + list + "\":" + bad) + "}}";
}

/// One way to change the image of container "c" in `list` of pod "a".
struct Door {
  std::string name;
  std::function<test::Heard(test::Cluster& cluster, const std::string& list)> go;
};

std::string path_of() {
  return std::string(kPods) + "/a";
}

const Door kDoors[] = {
    {"update",
     [](test::Cluster& cluster, const std::string& list) {
       Json changed = cluster.get(path_of()).json();
       find_path(changed, {"spec", list})->as_array()[0].as_object()["image"] = "j";
       return cluster.put(path_of(), to_json(changed));
     }},
    {"json patch",
     [](test::Cluster& cluster, const std::string& list) {
       return cluster.patch(
           path_of(), "json",
           R"([{"op":"replace","path":"/spec/)" + list + R"(/0/image","value":"j"}])");
     }},
    {"merge patch",
     [](test::Cluster& cluster, const std::string& list) {
       const Json stored = cluster.get(path_of()).json();
       JsonArray containers = array_at(stored, {"spec", list});
       containers[0].as_object()["image"] = "j";
       return cluster.patch(path_of(), "merge",
                            to_json(JsonObject{{"spec", {{list, std::move(containers)}}}}));
     }},
    {"strategic merge patch",
     [](test::Cluster& cluster, const std::string& list) {
       return cluster.patch(path_of(), "strategic-merge",
                            R"({"spec":{")" + list + R"(":[{"name":"c","image":"j"}]}})");
     }},
    {"apply",
     [](test::Cluster& cluster, const std::string& list) {
       return cluster.ask("PATCH", path_of() + "?fieldManager=test&force=true", pod(list, "j"),
                          {{"Content-Type", "application/apply-patch+yaml"}});
     }},
};

/// Ways to bring an ephemeral container.
std::string with_ephemeral(const std::string& container) {
  return R"({"spec":{"ephemeralContainers":[{"name":"e","image":"i",)" + container + "}]}}";
}
const std::string kEphemeral = "/ephemeralcontainers";

BOOST_FIXTURE_TEST_SUITE(pod_security, test::Loaded, *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(is_not_got_round_by_a_create) {  // T-M01
  load("admission_pod_security");
  for (const auto& list : kLists) {
    BOOST_TEST(post(kPods, pod(list)).status == 201, list);  // The control.
    erase(path_of() + "?gracePeriodSeconds=0");
  }
  label_namespace(kEnforce, "baseline");
  for (const auto& list : kLists) {
    const auto refused = post(kPods, pod(list));

    BOOST_TEST(refused.status == 403, list);
    BOOST_TEST(refused.message() ==
               R"(pods "a" is forbidden: violates PodSecurity "baseline:latest": privileged )"
               R"((container "c" must not set securityContext.privileged=true))");
    BOOST_TEST(get(path_of()).status == 404);
  }
}

BOOST_AUTO_TEST_CASE(is_not_got_round_by_an_update_or_a_patch) {  // T-M01
  load("admission_pod_security");
  for (const auto& door : kDoors) {
    for (const auto& list : kLists) {
      BOOST_TEST_CONTEXT(door.name << " " << list) {
        label_namespace(kEnforce, "privileged");
        BOOST_REQUIRE(post(kPods, pod(list)).status == 201);
        label_namespace(kEnforce, "baseline");
        const std::string before = get(path_of()).body;

        const auto refused = door.go(*this, list);

        BOOST_TEST(refused.status == 403, refused.body);
        label_namespace(kEnforce, "privileged");
        BOOST_TEST(get(path_of()).body == before);
        BOOST_TEST(door.go(*this, list).status == 200);  // The control.
        erase(path_of() + "?gracePeriodSeconds=0");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(is_not_got_round_by_an_ephemeral_container) {  // T-M01
  load("admission_pod_security");
  label_namespace(kEnforce, "baseline");
  BOOST_REQUIRE(post(kPods, pod("containers", "i", R"("stdin":false)")).status == 201);
  const auto bad = with_ephemeral(R"("securityContext":{"privileged":true})");
  for (const auto* type : {"merge", "strategic-merge"}) {
    const auto refused = patch(path_of() + kEphemeral, type, bad);
    BOOST_TEST(refused.status == 403, type << refused.body);

    const auto beside = patch(path_of(), type, bad);
    BOOST_TEST((beside.status == 403 || beside.status == 422), type << beside.body);
  }
  const Json stored = get(path_of()).json();
  BOOST_TEST(array_at(stored, {"spec", "ephemeralContainers"}).empty());

  const auto good =
      patch(path_of() + kEphemeral, "strategic-merge", with_ephemeral(R"("stdin":false)"));
  BOOST_TEST(good.status == 200, good.body);  // The control.
}

BOOST_AUTO_TEST_CASE(warns_of_a_deployment_and_lets_it_through) {
  load("admission_pod_security");
  label_namespace(kEnforce, "baseline");

  const auto made = post("/apis/apps/v1/namespaces/default/deployments",
                         R"({"metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},
      "template":{"metadata":{"labels":{"a":"b"}},"spec":{"hostNetwork":true,
      "containers":[{"name":"c","image":"i"}]}}}})");

  BOOST_TEST(made.status == 201, made.body);
  BOOST_REQUIRE(made.warnings().size() == 1U);
  BOOST_TEST(made.warnings()[0] ==
             "299 - \"would violate PodSecurity \\\"baseline:latest\\\": host namespaces "
             "(hostNetwork=true)\"");
}

BOOST_AUTO_TEST_CASE(says_in_the_audit_line_what_it_went_by) {
  load("admission_pod_security");
  label_namespace(kEnforce, "baseline");

  post(kPods, pod("containers"));

  const auto& notes = audit.records.back().notes;
  BOOST_REQUIRE(notes.size() == 1U);
  BOOST_TEST(notes[0].first == "pod-security.kubernetes.io/enforce-policy");
  BOOST_TEST(notes[0].second == "baseline:latest");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(limits, test::Loaded, *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(are_not_got_round_by_any_list_of_containers) {  // T-M01
  BOOST_REQUIRE(post("/api/v1/namespaces/default/limitranges",
                     R"({"metadata":{"name":"r"},
                         "spec":{"limits":[{"type":"Container","max":{"cpu":"1"}}]}})")
                    .status == 201);
  load("admission_limit_ranger");
  for (const auto& list : kLists) {
    const auto greedy = pod(list, "i", R"("resources":{"limits":{"cpu":"2"}})");
    // Until the plugin has seen the LimitRange, it refuses what it can't judge.
    auto refused = post(kPods, greedy);
    while (refused.message().find("not yet ready") != std::string::npos) {
      std::this_thread::yield();
      refused = post(kPods, greedy);
    }

    BOOST_TEST(refused.status == 403, list);
    BOOST_TEST(refused.message() ==
               "pods \"a\" is forbidden: maximum cpu usage per Container is 1, but limit is 2");
    const auto modest = pod(list, "i", R"("resources":{"limits":{"cpu":"1"}})");
    BOOST_TEST(post(kPods, modest).status == 201);  // The control.

    const auto resized =
        patch(path_of() + "/resize", "strategic-merge",
              R"({"spec":{")" + list + R"(":[{"name":"c","resources":{"limits":{"cpu":"2"}}}]}})");
    BOOST_TEST((resized.status == 403 || resized.status == 422), resized.body);
    erase(path_of() + "?gracePeriodSeconds=0");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(always_pulling, test::Loaded,
                         *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(is_not_got_round_by_any_list_of_containers) {  // T-M01
  load("admission_always_pull_images");
  for (const auto& list : kLists) {
    BOOST_REQUIRE(post(kPods, pod(list, "i", R"("imagePullPolicy":"IfNotPresent")")).status == 201);

    const Json stored = get(path_of()).json();

    BOOST_TEST(text_at(array_at(stored, {"spec", list}).at(0), {"imagePullPolicy"}) == "Always");
    erase(path_of() + "?gracePeriodSeconds=0");
  }
}

BOOST_AUTO_TEST_CASE(is_not_got_round_by_an_ephemeral_container) {  // T-M01
  BOOST_REQUIRE(post(kPods, pod("containers", "i", R"("stdin":false)")).status == 201);
  load("admission_always_pull_images");

  const auto added = patch(path_of() + kEphemeral, "strategic-merge",
                           with_ephemeral(R"("imagePullPolicy":"IfNotPresent")"));

  BOOST_TEST(added.status == 200, added.body);
  const Json stored = get(path_of()).json();
  BOOST_REQUIRE(!array_at(stored, {"spec", "ephemeralContainers"}).empty());
  BOOST_TEST(text_at(array_at(stored, {"spec", "ephemeralContainers"})[0], {"imagePullPolicy"}) ==
             "Always");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(mountable_secrets, test::Loaded,
                         *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(are_not_got_round_by_an_ephemeral_container) {  // T-M01, CVE-2023-2728
  patch("/api/v1/namespaces/default/serviceaccounts/default", "merge",
        R"({"metadata":{"annotations":{"kubernetes.io/enforce-mountable-secrets":"true"}}})");
  load("admission_service_account");
  BOOST_REQUIRE(post(kPods, pod("containers", "i", R"("stdin":false)")).status == 201);
  const std::string ways[] = {
      R"("envFrom":[{"secretRef":{"name":"s"}}])",
      R"("env":[{"name":"X","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}])"};
  for (const auto& way : ways) {
    const auto refused = patch(path_of() + kEphemeral, "strategic-merge", with_ephemeral(way));

    BOOST_TEST(refused.status == 403, refused.body);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
