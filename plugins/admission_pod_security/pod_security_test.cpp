// Who is refused, warned and noted by the standards of a namespace.

#include "plugins/admission_pod_security/pod_security.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_pod_security {
namespace {

const std::string kPrivilegedPod =
    R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i",
        "securityContext":{"privileged":true}}]}})";
const std::string kViolation =
    R"(privileged (container "c" must not set securityContext.privileged=true))";

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<PodSecurity> plugin;

  void start(const std::string& config = "{}") {
    plugin = PodSecurity::make(host.host(), test::json(config)).value();
  }
  static Json ns(const std::string& labels) {
    return test::json(R"({"metadata":{"name":"default","labels":{)" + labels + "}}}");
  }
  void label(const std::string& labels) { host.put("/api/v1/namespaces/default", ns(labels)); }
  static std::string mode(const std::string& name, const std::string& value) {
    return R"("pod-security.kubernetes.io/)" + name + R"(":")" + value + '"';
  }
  std::string created(const std::string& pod = kPrivilegedPod,
                      const test::AdmissionCall& call = {}) {
    return server.refusal(call, test::json(pod));
  }
  std::string updated(const Json& old_pod, const Json& pod, const std::string& subresource = "") {
    return server.refusal({.operation = "UPDATE", .subresource = subresource}, pod, &old_pod);
  }
  std::string relabelled(const std::string& from, const std::string& to) {
    const Json before = ns(from);
    return server.refusal({.operation = "UPDATE",
                           .resource = "namespaces",
                           .kind = "Namespace",
                           .ns = "",
                           .name = "default"},
                          ns(to), &before);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Cluster)

BOOST_AUTO_TEST_CASE(that_breaks_the_enforced_level_is_refused) {
  start();
  label(mode("enforce", "baseline"));

  BOOST_TEST(created() == "violates PodSecurity \"baseline:latest\": " + kViolation);
  BOOST_TEST(server.warnings.empty());
}

BOOST_AUTO_TEST_CASE(that_keeps_to_the_enforced_level_goes_through) {
  start();
  label(mode("enforce", "baseline"));

  BOOST_TEST(created(R"({"spec":{"containers":[{"name":"c"}]}})") == "");
}

BOOST_AUTO_TEST_CASE(is_free_where_the_namespace_says_nothing) {  // T-M07
  start();
  label("");

  BOOST_TEST(created() == "");
  BOOST_TEST(server.notes["pod-security.kubernetes.io/enforce-policy"] == "privileged:latest");
}

BOOST_AUTO_TEST_CASE(that_breaks_the_warned_level_goes_through_with_a_warning) {
  start();
  label(mode("warn", "baseline") + "," + mode("warn-version", "v1.30"));

  BOOST_TEST(created() == "");

  BOOST_REQUIRE(server.warnings.size() == 1U);
  BOOST_TEST(server.warnings[0] == "would violate PodSecurity \"baseline:v1.30\": " + kViolation);
}

BOOST_AUTO_TEST_CASE(that_breaks_the_audited_level_is_noted) {
  start();
  label(mode("audit", "baseline"));

  BOOST_TEST(created() == "");

  BOOST_TEST(server.notes["pod-security.kubernetes.io/audit-violations"] ==
             "would violate PodSecurity \"baseline:latest\": " + kViolation);
  BOOST_TEST(server.warnings.empty());
}

BOOST_AUTO_TEST_CASE(that_is_refused_is_noted_too) {
  start();
  label(mode("enforce", "baseline") + "," + mode("audit", "baseline"));

  BOOST_TEST(created() != "");

  BOOST_TEST(server.notes["pod-security.kubernetes.io/enforce-policy"] == "baseline:latest");
  BOOST_TEST(server.notes["pod-security.kubernetes.io/audit-violations"] != "");
}

BOOST_AUTO_TEST_CASE(is_held_to_restricted_where_the_label_cannot_be_read) {
  start();
  label(mode("enforce", "tight"));

  BOOST_TEST(created().starts_with("violates PodSecurity \"restricted:latest\": "));
  BOOST_TEST(server.notes["pod-security.kubernetes.io/error"] ==
             "Failed to parse policy: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid "
             "value: \"tight\": must be one of privileged, baseline, restricted");
}

BOOST_AUTO_TEST_CASE(is_held_to_the_configured_defaults) {
  start(R"({"defaults":{"enforce":"baseline","enforce-version":"v1.29"}})");
  label("");

  BOOST_TEST(created().starts_with("violates PodSecurity \"baseline:v1.29\": "));
}

BOOST_AUTO_TEST_CASE(in_no_namespace_is_an_error) {
  start();

  BOOST_TEST(created() == "failed to lookup namespace \"default\"");
}

BOOST_AUTO_TEST_CASE(is_judged_again_when_its_image_changes) {  // T-M01
  start();
  label(mode("enforce", "baseline"));
  const Json before = test::json(kPrivilegedPod);
  Json after = before;
  after.as_object()["metadata"].as_object()["labels"] = JsonObject{{"x", "y"}};
  BOOST_TEST(updated(before, after) == "");

  after.as_object()["spec"].as_object()["containers"].as_array()[0].as_object()["image"] = "j";

  BOOST_TEST(updated(before, after) != "");
}

BOOST_AUTO_TEST_CASE(is_judged_again_when_a_container_is_added_by_any_door) {  // T-M01
  start();
  label(mode("enforce", "baseline"));
  const Json before = test::json(R"({"spec":{"containers":[{"name":"m","image":"i"}]}})");
  for (const std::string door : {"", "ephemeralcontainers", "resize", "something-new"}) {
    for (const auto* list : {"initContainers", "ephemeralContainers"}) {
      Json after = before;
      after.as_object()["spec"].as_object()[list] =
          test::json(R"([{"name":"c","image":"i","securityContext":{"privileged":true}}])");

      BOOST_TEST(
          updated(before, after, door) == "violates PodSecurity \"baseline:latest\": " + kViolation,
          door << " " << list);
    }
  }
}

BOOST_AUTO_TEST_CASE(is_not_brought_by_a_status_or_a_binding) {
  start();
  label(mode("enforce", "restricted"));

  BOOST_TEST(created(R"({"target":{"name":"n"}})", {.subresource = "binding"}) == "");
  BOOST_TEST(updated(test::json("{}"), test::json(kPrivilegedPod), "status") == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(who_is_exempt, Cluster)

BOOST_AUTO_TEST_CASE(is_nobody_unless_it_is_written_down) {  // T-M07
  start();
  label(mode("enforce", "baseline"));
  host.put("/api/v1/namespaces/kube-system",
           test::json(R"({"metadata":{"labels":{)" + mode("enforce", "baseline") + "}}}"));

  BOOST_TEST(created(kPrivilegedPod, {.user = "system:admin"}) != "");
  BOOST_TEST(created(kPrivilegedPod, {.ns = "kube-system"}) != "");
}

BOOST_AUTO_TEST_CASE(by_name_of_user_namespace_or_class_goes_through_and_is_noted) {
  start(R"({"exemptions":{"usernames":["ann"],"namespaces":["free"],"runtimeClasses":["vm"]}})");
  label(mode("enforce", "baseline"));
  const std::string exempt = "pod-security.kubernetes.io/exempt";

  BOOST_TEST(created(kPrivilegedPod, {.user = "ann"}) == "");
  BOOST_TEST(server.notes[exempt] == "user");
  BOOST_TEST(created(kPrivilegedPod, {.ns = "free"}) == "");
  BOOST_TEST(server.notes[exempt] == "namespace");
  BOOST_TEST(created(R"({"spec":{"runtimeClassName":"vm","hostPID":true}})") == "");
  BOOST_TEST(server.notes[exempt] == "runtimeClass");
  BOOST_TEST(created() != "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(what_makes_pods_later, Cluster)

BOOST_AUTO_TEST_CASE(is_warned_of_its_template_but_not_refused) {
  start();
  label(mode("enforce", "baseline"));
  const std::string pod = R"({"spec":{"hostPID":true}})";
  const std::pair<test::AdmissionCall, std::string> kinds[] = {
      {{.group = "apps", .resource = "deployments"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.group = "apps", .resource = "replicasets"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.group = "apps", .resource = "statefulsets"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.group = "apps", .resource = "daemonsets"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.group = "batch", .resource = "jobs"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.group = "batch", .resource = "cronjobs"},
       R"({"spec":{"jobTemplate":{"spec":{"template":)" + pod + "}}}}"},
      {{.resource = "replicationcontrollers"}, R"({"spec":{"template":)" + pod + "}}"},
      {{.resource = "podtemplates"}, R"({"template":)" + pod + "}"}};
  for (const auto& [call, object] : kinds) {
    server.warnings.clear();

    BOOST_TEST(server.refusal(call, test::json(object)) == "");

    BOOST_REQUIRE_MESSAGE(server.warnings.size() == 1U, call.resource);
    BOOST_TEST(server.warnings[0] ==
               "would violate PodSecurity \"baseline:latest\": host namespaces (hostPID=true)");
  }
}

BOOST_AUTO_TEST_CASE(without_a_template_goes_through) {
  start();
  label(mode("enforce", "baseline"));

  BOOST_TEST(server.refusal({.resource = "replicationcontrollers"}, test::json("{}")) == "");
  BOOST_TEST(server.warnings.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_namespace, Cluster)

BOOST_AUTO_TEST_CASE(with_labels_that_cannot_be_read_is_refused) {
  start();
  Json made = ns(mode("enforce", "tight") + "," + mode("warn-version", "1.2"));

  const auto said = server.admit({.resource = "namespaces", .ns = "", .name = "default"}, made);

  BOOST_REQUIRE(!said.ok());
  BOOST_CHECK(said.error().code == Code::kInvalid);
  BOOST_TEST(said.error().message ==
             "Namespace \"default\" is invalid: "
             "[metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"tight\": must "
             "be one of privileged, baseline, restricted, "
             "metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: \"1.2\": "
             "must be \"latest\" or \"v1.x\"]");
  BOOST_REQUIRE(said.error().details != nullptr);
  BOOST_TEST(said.error().details->causes.size() == 2U);
}

BOOST_AUTO_TEST_CASE(may_keep_a_bad_label_but_gain_none) {
  start();

  BOOST_TEST(relabelled(mode("enforce", "tight"), mode("enforce", "tight") + R"(,"a":"b")") == "");
  BOOST_TEST(relabelled("", mode("enforce", "tight")) != "");
  BOOST_TEST(relabelled(mode("enforce", "tight"), mode("enforce", "loose")) != "");
}

BOOST_AUTO_TEST_CASE(that_becomes_stricter_warns_of_the_pods_it_has) {
  start();
  const auto put = [this](const std::string& name, const std::string& spec) {
    host.put("/api/v1/namespaces/default/pods/" + name, test::json(R"({"spec":)" + spec + "}"));
  };
  put("b", R"({"hostPID":true})");
  put("a", R"({"hostPID":true})");
  put("c", R"({"hostPID":true,"containers":[{"name":"x","securityContext":{"privileged":true}}]})");
  put("good", R"({"containers":[{"name":"x"}]})");

  BOOST_TEST(relabelled("", mode("enforce", "baseline")) == "");

  BOOST_TEST(server.warnings ==
                 (std::vector<std::string>{
                     "existing pods in namespace \"default\" violate the new PodSecurity enforce "
                     "level \"baseline:latest\"",
                     "a (and 1 other pod): host namespaces", "c: host namespaces, privileged"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(that_becomes_looser_or_stays_warns_of_nothing) {
  start();
  host.put("/api/v1/namespaces/default/pods/a", test::json(R"({"spec":{"hostPID":true}})"));

  relabelled(mode("enforce", "restricted"), mode("enforce", "baseline"));
  relabelled(mode("enforce", "baseline"), mode("enforce", "baseline"));
  relabelled(mode("enforce", "baseline"), mode("enforce", "privileged"));

  BOOST_TEST(server.warnings.empty());
}

BOOST_AUTO_TEST_CASE(that_is_exempt_is_told_that_its_labels_are_not_heeded) {
  start(R"({"exemptions":{"namespaces":["default"]}})");

  BOOST_TEST(relabelled("", mode("enforce", "baseline")) == "");

  BOOST_REQUIRE(server.warnings.size() == 1U);
  BOOST_TEST(server.warnings[0] ==
             "namespace \"default\" is exempt from Pod Security, and the policy "
             "(enforce=baseline:latest) will be ignored");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(its_settings, Cluster)

BOOST_AUTO_TEST_CASE(with_a_mistake_are_refused_by_name) {
  const auto refused = [this](const std::string& config) {
    const auto made = PodSecurity::make(host.host(), test::json(config));
    return made.ok() ? "" : made.error().message;
  };

  BOOST_TEST(refused(R"({"default":{}})") ==
             "setting default is not known; there are defaults and exemptions");
  BOOST_TEST(refused(R"({"defaults":{"enforce":"tight"}})") ==
             "defaults: enforce: \"tight\" must be one of privileged, baseline, restricted");
  BOOST_TEST(refused(R"({"defaults":{"warn-version":"2"}})") ==
             "defaults: warn-version: \"2\" must be \"latest\" or \"v1.x\"");
  BOOST_TEST(refused(R"({"defaults":{"deny":"x"}})").starts_with("defaults: setting deny"));
  BOOST_TEST(refused(R"({"exemptions":{"namespaces":"x"}})") ==
             "exemptions: namespaces: must be a list of names");
  BOOST_TEST(refused(R"({"exemptions":{"users":["x"]}})") ==
             "exemptions: users is not known; there are usernames, namespaces and runtimeClasses");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_pod_security
