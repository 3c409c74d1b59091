// Every check of the standards, in every list of containers, to the letter.

#include "plugins/admission_pod_security/checks.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/object_table.hpp"
#include "tests/support/admission_caller.hpp"

namespace pintle::admission_pod_security {
namespace {

constexpr Version kLatest;

std::string found(const Json& pod, Level level, Version version = kLatest) {
  const sdk::Value view(&sdk::object_table(), sdk::to_value(&pod));
  return to_details(violations_of({.metadata = view.at("metadata"), .spec = view.at("spec")},
                                  {.level = level, .version = version}));
}

std::string baseline(const std::string& pod, Version version = kLatest) {
  return found(test::json(pod), Level::kBaseline, version);
}

std::string restricted(const std::string& pod, Version version = kLatest) {
  return found(test::json(pod), Level::kRestricted, version);
}

/// A pod that restricted lets through, with one container "a" in each list and `members` added to
/// the security context of the one in `list`.
Json hardened(const std::string& list = "", const std::string& members = "") {
  Json pod = test::json(R"({"spec":{"securityContext":{"runAsNonRoot":true,
      "seccompProfile":{"type":"RuntimeDefault"}}}})");
  for (const char* each : {"initContainers", "containers", "ephemeralContainers"}) {
    Json context = test::json(R"({"allowPrivilegeEscalation":false,
                                  "capabilities":{"drop":["ALL"]}})");
    if (list == each) {
      const Json added = test::json("{" + members + "}");
      for (const auto& [key, value] : added.as_object()) {
        context.as_object()[key] = value;
      }
    }
    pod.as_object()["spec"].as_object()[each] =
        JsonArray{JsonObject{{"name", "a"}, {"securityContext", std::move(context)}}};
  }
  return pod;
}

/// What a container's security context may not hold, the lowest level that forbids it, and its
/// words.
struct Row {
  Level level;
  std::string members;
  std::string words;
};

const Row kRows[] = {
    {Level::kBaseline, R"("appArmorProfile":{"type":"Unconfined"})",
     R"(forbidden AppArmor profile (container "a" must not set AppArmor profile type to )"
     R"("Unconfined"))"},
    {Level::kBaseline, R"("capabilities":{"drop":["ALL"],"add":["NET_RAW"]})",
     R"(non-default capabilities (container "a" must not include "NET_RAW" in )"
     R"(securityContext.capabilities.add))"},
    {Level::kBaseline, R"("privileged":true)",
     R"(privileged (container "a" must not set securityContext.privileged=true))"},
    {Level::kBaseline, R"("procMount":"Unmasked")",
     R"(procMount (container "a" must not set securityContext.procMount to "Unmasked"))"},
    {Level::kBaseline, R"("seLinuxOptions":{"type":"spc_t","user":"u","role":"r"})",
     R"(seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; )"
     R"(user may not be set; role may not be set))"},
    {Level::kBaseline, R"("seccompProfile":{"type":"Unconfined"})",
     R"(seccompProfile (container "a" must not set securityContext.seccompProfile.type to )"
     R"("Unconfined"))"},
    {Level::kBaseline, R"("windowsOptions":{"hostProcess":true})",
     R"(hostProcess (container "a" must not set securityContext.windowsOptions.hostProcess=true))"},
    {Level::kRestricted, R"("allowPrivilegeEscalation":true)",
     R"(allowPrivilegeEscalation != false (container "a" must set )"
     R"(securityContext.allowPrivilegeEscalation=false))"},
    {Level::kRestricted, R"("capabilities":{"drop":["NET_RAW"]})",
     R"(unrestricted capabilities (container "a" must set )"
     R"(securityContext.capabilities.drop=["ALL"]))"},
    {Level::kRestricted, R"("capabilities":{"drop":["ALL"],"add":["CHOWN","NET_BIND_SERVICE"]})",
     R"(unrestricted capabilities (container "a" must not include "CHOWN" in )"
     R"(securityContext.capabilities.add))"},
    {Level::kRestricted, R"("runAsNonRoot":false)",
     R"(runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false))"},
    {Level::kRestricted, R"("runAsUser":0)",
     R"(runAsUser=0 (container "a" must not set runAsUser=0))"},
};

BOOST_AUTO_TEST_SUITE(a_container)

BOOST_AUTO_TEST_CASE(in_any_list_is_held_to_the_standards) {  // T-M01
  for (const auto* list : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const auto& row : kRows) {
      const Json pod = hardened(list, row.members);
      const auto words = found(pod, row.level);

      BOOST_TEST(words == row.words, list << " " << row.members << ": " << words);
      if (row.level == Level::kRestricted) {
        BOOST_TEST(found(pod, Level::kBaseline) == "", list << " " << row.members);
      }
      BOOST_TEST(found(pod, Level::kPrivileged) == "", list << " " << row.members);
    }
  }
}

BOOST_AUTO_TEST_CASE(that_is_hardened_is_let_through) {  // T-M01: the other rows' control
  BOOST_TEST(found(hardened(), Level::kRestricted) == "");
}

BOOST_AUTO_TEST_CASE(in_any_list_may_have_no_host_port) {  // T-M01
  for (const std::string list : {"initContainers", "containers", "ephemeralContainers"}) {
    BOOST_TEST(baseline(R"({"spec":{")" + list +
                        R"(":[{"name":"a","ports":[{"hostPort":80},{"hostPort":0}]}]}})") ==
               R"(hostPort (container "a" uses hostPort 80))");
  }
  BOOST_TEST(baseline(R"({"spec":{"containers":[{"name":"a","ports":[{"hostPort":9}]},
                          {"name":"b","ports":[{"hostPort":80}]}]}})") ==
             R"(hostPort (containers "a", "b" use hostPorts 80, 9))");
}

BOOST_AUTO_TEST_CASE(in_any_list_must_say_what_the_pod_does_not) {  // T-M01
  for (const std::string list : {"initContainers", "containers", "ephemeralContainers"}) {
    BOOST_TEST(restricted(R"({"spec":{")" + list + R"(":[{"name":"c"}]}})") ==
               R"(allowPrivilegeEscalation != false (container "c" must set )"
               R"(securityContext.allowPrivilegeEscalation=false), )"
               R"(unrestricted capabilities (container "c" must set )"
               R"(securityContext.capabilities.drop=["ALL"]), )"
               R"(runAsNonRoot != true (pod or container "c" must set )"
               R"(securityContext.runAsNonRoot=true), )"
               R"(seccompProfile (pod or container "c" must set )"
               R"(securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))");
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_pod)

BOOST_AUTO_TEST_CASE(may_not_share_the_hosts_namespaces) {
  BOOST_TEST(baseline(R"({"spec":{"hostNetwork":true,"hostPID":true,"hostIPC":true}})") ==
             "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)");
  BOOST_TEST(baseline(R"({"spec":{"hostNetwork":false}})") == "");
}

BOOST_AUTO_TEST_CASE(may_not_mount_the_hosts_files) {
  BOOST_TEST(baseline(R"({"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}})") ==
             R"(hostPath volumes (volume "v"))");
}

BOOST_AUTO_TEST_CASE(may_mount_only_volumes_that_are_allowed) {
  BOOST_TEST(restricted(R"({"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}},
      {"name":"n","nfs":{}},{"name":"e","emptyDir":{}},{"name":"p","projected":{}}]}})") ==
             R"(restricted volume types (volumes "v", "n" use restricted volume types )"
             R"("hostPath", "nfs"))");
}

BOOST_AUTO_TEST_CASE(may_set_only_sysctls_that_are_safe) {
  const std::string pod = R"({"spec":{"securityContext":{"sysctls":[
      {"name":"net.ipv4.tcp_syncookies"},{"name":"net.ipv4.tcp_rmem"},
      {"name":"kernel.msgmax"}]}}})";

  BOOST_TEST(baseline(pod) == "forbidden sysctls (kernel.msgmax)");
  BOOST_TEST(baseline(pod, {31}) == "forbidden sysctls (net.ipv4.tcp_rmem, kernel.msgmax)");
}

BOOST_AUTO_TEST_CASE(is_named_beside_its_containers) {
  BOOST_TEST(baseline(R"({"spec":{"securityContext":{"seccompProfile":{"type":"Unconfined"}},
      "containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Odd"}}}]}})") ==
             R"(seccompProfile (pod and container "a" must not set )"
             R"(securityContext.seccompProfile.type to "Odd", "Unconfined"))");
  BOOST_TEST(baseline(R"({"spec":{"securityContext":{"windowsOptions":{"hostProcess":true},
      "seLinuxOptions":{"user":"u"},"appArmorProfile":{"type":"Unconfined"}}}})") ==
             R"(forbidden AppArmor profile (pod must not set AppArmor profile type to )"
             R"("Unconfined"), )"
             R"(seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: )"
             R"(user may not be set), )"
             R"(hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true))");
}

BOOST_AUTO_TEST_CASE(is_held_to_its_app_armor_annotations) {
  BOOST_TEST(baseline(R"({"metadata":{"annotations":{
      "container.apparmor.security.beta.kubernetes.io/a":"unconfined",
      "container.apparmor.security.beta.kubernetes.io/b":"localhost/x"}},"spec":{}})") ==
             R"(forbidden AppArmor profile (annotation must not set AppArmor profile type to )"
             R"("container.apparmor.security.beta.kubernetes.io/a="unconfined""))");
}

BOOST_AUTO_TEST_CASE(for_windows_is_spared_what_only_linux_has) {
  const std::string pod = R"({"spec":{"os":{"name":"windows"},
      "securityContext":{"runAsNonRoot":true},"containers":[{"name":"a"}]}})";

  BOOST_TEST(restricted(pod) == "");
  BOOST_TEST(restricted(pod, {24}) != "");
}

BOOST_AUTO_TEST_CASE(is_held_to_the_version_that_is_asked_for) {
  const std::string pod = R"({"metadata":{"annotations":{
      "seccomp.security.alpha.kubernetes.io/pod":"unconfined"}},
      "spec":{"securityContext":{"runAsUser":0,"runAsNonRoot":true},
      "containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,
        "seLinuxOptions":{"type":"container_engine_t"}}}]}})";

  BOOST_TEST(restricted(pod, {18}) ==
             R"(seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: )"
             R"(type "container_engine_t"), )"
             R"(seccompProfile (forbidden annotation )"
             R"(seccomp.security.alpha.kubernetes.io/pod="unconfined"))");
  BOOST_TEST(restricted(pod, {33}) ==
             R"(unrestricted capabilities (container "a" must set )"
             R"(securityContext.capabilities.drop=["ALL"]), )"
             R"(runAsUser=0 (pod must not set runAsUser=0), )"
             R"(seccompProfile (pod or container "a" must set )"
             R"(securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"))");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(the_checks)

BOOST_AUTO_TEST_CASE(come_baseline_first_and_sorted) {
  const auto& checks = all_checks();

  BOOST_TEST(checks.size() == 17U);
  BOOST_TEST(std::ranges::is_sorted(
      checks, {}, [](const Check& check) { return std::pair(check.level, check.id); }));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_pod_security
