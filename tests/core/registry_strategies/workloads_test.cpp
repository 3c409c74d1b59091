// Deployments and their kin: what they accept, and Kubernetes' words for what they don't.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry_strategies/refusals.hpp"

namespace pintle {
namespace {

using test::Refusals;

const std::string kTemplate = R"("selector":{"matchLabels":{"app":"web"}},
  "template":{"metadata":{"labels":{"app":"web"}},
              "spec":{"containers":[{"name":"c","image":"nginx"}]}})";

std::string named(const std::string& spec) {
  return R"({"metadata":{"name":"web"},"spec":{)" + spec + "}}";
}

struct Deployments : Refusals {
  Deployments() : Refusals("/apis/apps/v1/namespaces/default/deployments", named(kTemplate)) {}
};

BOOST_FIXTURE_TEST_SUITE(a_deployment, Deployments)

BOOST_AUTO_TEST_CASE(rolls_by_a_quarter_unless_told_otherwise) {
  const Json made = this->made();

  BOOST_TEST(text_at(made, {"spec", "strategy", "rollingUpdate", "maxSurge"}) == "25%");
  BOOST_TEST(integer_at(made, {"spec", "progressDeadlineSeconds"}).value_or(0) == 600);
}

BOOST_AUTO_TEST_CASE(can_always_make_progress) {
  BOOST_TEST(
      create_with(R"({"spec":{"strategy":{"rollingUpdate":
               {"maxUnavailable":0,"maxSurge":0}}}})") ==
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "
      "intstr.IntOrString{Type:0, IntVal:0, StrVal:\"\"}: may not be 0 when `maxSurge` is 0");
  BOOST_TEST(
      create_with(R"({"spec":{"strategy":{"rollingUpdate":{"maxUnavailable":"150%"}}}})") ==
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "
      "intstr.IntOrString{Type:1, IntVal:0, StrVal:\"150%\"}: must not be greater than 100%");
  BOOST_TEST(create_with(R"({"spec":{"strategy":{"type":"Recreate",
               "rollingUpdate":{"maxSurge":1}}}})") ==
             "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
             "'Recreate'");
  BOOST_TEST(create_with(R"({"spec":{"minReadySeconds":600}})") ==
             "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than "
             "minReadySeconds");
}

BOOST_AUTO_TEST_CASE(selects_its_own_pods) {
  BOOST_TEST(create_with(R"({"spec":{"selector":{"matchLabels":{"app":"other"}}}})") ==
             "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"web\"}: "
             "`selector` does not match template `labels`");
  BOOST_TEST(create_with(R"({"spec":{"selector":null}})") == "spec.selector: Required value");
}

BOOST_AUTO_TEST_CASE(keeps_its_selector) {
  BOOST_TEST(update_with(R"({"spec":{"selector":{"matchLabels":{"app":"x"}},
               "template":{"metadata":{"labels":{"app":"x"}}}}})") ==
             "spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string{\"app\":"
             "\"x\"}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}: field is immutable");
}

BOOST_AUTO_TEST_CASE(has_pods_that_run_for_ever) {
  BOOST_TEST(create_with(R"({"spec":{"template":{"spec":{"restartPolicy":"Never",
               "activeDeadlineSeconds":5}}}})") ==
             "[spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: "
             "\"Always\", spec.template.spec.activeDeadlineSeconds: Forbidden: "
             "activeDeadlineSeconds in ReplicaSet is not Supported]");
}

BOOST_AUTO_TEST_CASE(counts_no_more_pods_than_there_are) {
  BOOST_TEST(status_with(R"({"status":{"replicas":1,"readyReplicas":2}})") ==
             "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas");
  BOOST_TEST(status_with(R"({"status":{"observedGeneration":-1}})") ==
             "status.observedGeneration: Invalid value: -1: must be greater than or equal to 0");
}

BOOST_AUTO_TEST_SUITE_END()

struct StatefulSets : Refusals {
  StatefulSets()
      : Refusals("/apis/apps/v1/namespaces/default/statefulsets",
                 named(R"("serviceName":"web","volumeClaimTemplates":[{"metadata":{"name":"data"},
                   "spec":{"accessModes":["ReadWriteOnce"],
                           "resources":{"requests":{"storage":"1Gi"}}}}],)" +
                       kTemplate)) {}
};

BOOST_FIXTURE_TEST_SUITE(a_stateful_set, StatefulSets)

BOOST_AUTO_TEST_CASE(mounts_the_volumes_it_claims) {
  BOOST_TEST(create_with(R"({"spec":{"template":{"spec":{"containers":[{"name":"c",
               "image":"nginx","volumeMounts":[{"name":"data","mountPath":"/data"}]}]}}}})") == "");
  BOOST_TEST(create_with(R"({"spec":{"template":{"spec":{"containers":[{"name":"c",
               "image":"nginx","volumeMounts":[{"name":"gone","mountPath":"/data"}]}]}}}})") ==
             "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"gone\"");
}

BOOST_AUTO_TEST_CASE(changes_only_in_part) {
  BOOST_TEST(update_with(R"({"spec":{"serviceName":"other"}})") ==
             "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', "
             "'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
             "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
  BOOST_TEST(update_with(R"({"spec":{"replicas":3,"minReadySeconds":2}})") == "");
}

BOOST_AUTO_TEST_CASE(shows_its_claims_as_they_will_be) {
  const Json made = this->made();

  const JsonArray& claims = array_at(made, {"spec", "volumeClaimTemplates"});
  BOOST_TEST(text_at(claims[0], {"kind"}) == "PersistentVolumeClaim");
  BOOST_TEST(text_at(claims[0], {"status", "phase"}) == "Pending");
}

BOOST_AUTO_TEST_CASE(partitions_only_what_rolls) {
  BOOST_TEST(create_with(R"({"spec":{"updateStrategy":{"rollingUpdate":{"partition":-1}}}})") ==
             "spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than "
             "or equal to 0");
}

BOOST_AUTO_TEST_SUITE_END()

struct DaemonSets : Refusals {
  DaemonSets() : Refusals("/apis/apps/v1/namespaces/default/daemonsets", named(kTemplate)) {}
};

BOOST_FIXTURE_TEST_SUITE(a_daemon_set, DaemonSets)

BOOST_AUTO_TEST_CASE(either_surges_or_goes_without) {
  BOOST_TEST(create_with(R"({"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":1}}}})") ==
             "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "
             "intstr.IntOrString{Type:0, IntVal:1, StrVal:\"\"}: may not be set when "
             "maxUnavailable is non-zero");
  BOOST_TEST(create_with(R"({"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":0}}}})") ==
             "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when "
             "maxSurge is 0");
}

BOOST_AUTO_TEST_CASE(selects_something) {
  BOOST_TEST(create_with(R"({"spec":{"selector":{"matchLabels":null}}})")
                 .find("empty selector is invalid for daemonset") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

struct ReplicationControllers : Refusals {
  ReplicationControllers()
      : Refusals("/api/v1/namespaces/default/replicationcontrollers",
                 R"({"metadata":{"name":"web"},"spec":{
                   "template":{"metadata":{"labels":{"app":"web"}},
                               "spec":{"containers":[{"name":"c","image":"nginx"}]}}}})") {}
};

BOOST_FIXTURE_TEST_SUITE(a_replication_controller, ReplicationControllers)

BOOST_AUTO_TEST_CASE(selects_by_its_templates_labels) {
  const Json made = this->made();

  BOOST_TEST(text_at(made, {"spec", "selector", "app"}) == "web");
  BOOST_TEST(text_at(made, {"metadata", "labels", "app"}) == "web");
}

BOOST_AUTO_TEST_CASE(selects_its_own_pods) {
  BOOST_TEST(create_with(R"({"spec":{"selector":{"app":"other"}}})") ==
             "spec.template.metadata.labels: Invalid value: map[string]string{\"app\":\"web\"}: "
             "`selector` does not match template `labels`");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
