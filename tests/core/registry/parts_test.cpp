// Parts of objects that have a path of their own: ephemeral containers, resize, approval, finalize.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

std::string why(const Heard& heard) {
  const auto message = heard.message();
  const auto at = message.find("is invalid: ");
  return at == std::string::npos ? message : message.substr(at + 12);
}

struct OnePod : Cluster {
  const std::string path = "/api/v1/namespaces/default/pods/p";
  Heard made = post("/api/v1/namespaces/default/pods", R"({"metadata":{"name":"p"},"spec":{
    "nodeName":"n1","containers":[{"name":"c","image":"nginx",
      "resources":{"requests":{"cpu":"100m","memory":"64Mi"},
                   "limits":{"memory":"128Mi"}}}]}})");

  Heard debug(const std::string& container) {
    return patch(path + "/ephemeralcontainers", "strategic-merge",
                 R"({"spec":{"ephemeralContainers":[)" + container + "]}}");
  }
  Heard resize(const std::string& resources) {
    return patch(path + "/resize", "strategic-merge",
                 R"({"spec":{"containers":[{"name":"c","resources":)" + resources + "}]}}");
  }
};

BOOST_FIXTURE_TEST_SUITE(an_ephemeral_container, OnePod)

BOOST_AUTO_TEST_CASE(is_added_to_a_pod_and_nothing_else_is) {
  const auto added = patch(path + "/ephemeralcontainers", "strategic-merge",
                           R"({"metadata":{"labels":{"a":"b"}},"spec":{"nodeName":"n2",
                             "ephemeralContainers":[{"name":"debug","image":"busybox",
                               "targetContainerName":"c","stdin":true,"tty":true}]}})");
  const auto pod = added.json();

  BOOST_TEST(added.status == 200);
  BOOST_REQUIRE(array_at(pod, {"spec", "ephemeralContainers"}).size() == 1U);
  BOOST_TEST(text_at(pod, {"spec", "nodeName"}) == "n1");
  BOOST_TEST(object_at(pod, {"metadata", "labels"}).empty());
}

BOOST_AUTO_TEST_CASE(may_not_come_with_the_pods_update) {
  const auto refused =
      patch(path, "merge", R"({"spec":{"ephemeralContainers":[{"name":"d","image":"i"}]}})");

  BOOST_TEST(refused.status == 422);
}

BOOST_AUTO_TEST_CASE(stays_as_it_was_added) {
  debug(R"({"name":"debug","image":"busybox"})");

  BOOST_TEST(why(debug(R"({"name":"debug","image":"other"})")) ==
             "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not "
             "be changed\n");
  BOOST_TEST(why(patch(path + "/ephemeralcontainers", "merge",
                       R"({"spec":{"ephemeralContainers":[{"name":"e","image":"i"}]}})")) ==
             "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"debug\" may not "
             "be removed\n");
}

BOOST_AUTO_TEST_CASE(is_nothing_a_pod_may_rely_on) {
  BOOST_TEST(why(debug(R"({"name":"c","image":"i"})")) ==
             "spec.ephemeralContainers[0].name: Duplicate value: \"c\"");
  BOOST_TEST(why(debug(R"({"name":"d","image":"i","targetContainerName":"gone"})")) ==
             "spec.ephemeralContainers[0].targetContainerName: Not found: \"gone\"");
  BOOST_TEST(why(debug(R"({"name":"d","image":"i","ports":[{"containerPort":80}]})")) ==
             "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral "
             "Container");
}

BOOST_AUTO_TEST_CASE(needs_a_right_of_its_own) {  // T-Z15
  authorizer.allows = [](const auth::Identity&, const auth::Attributes& what) {
    return what.subresource.empty();
  };

  BOOST_TEST(debug(R"({"name":"d","image":"i"})").status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_resize, OnePod)

BOOST_AUTO_TEST_CASE(changes_what_a_pod_may_use) {
  const auto resized = resize(R"({"requests":{"cpu":"200m"}})");
  const auto pod = get(path).json();

  BOOST_TEST(resized.status == 200);
  const auto& containers = array_at(pod, {"spec", "containers"});
  BOOST_TEST(text_at(containers[0], {"resources", "requests", "cpu"}) == "200m");
  BOOST_TEST(integer_at(pod, {"metadata", "generation"}).value_or(0) == 2);
}

BOOST_AUTO_TEST_CASE(may_not_come_with_the_pods_update) {
  const auto refused = patch(path, "strategic-merge",
                             R"({"spec":{"containers":[{"name":"c",
                               "resources":{"requests":{"cpu":"200m"}}}]}})");

  BOOST_TEST(refused.status == 422);
}

BOOST_AUTO_TEST_CASE(is_of_cpu_and_memory) {
  BOOST_TEST(why(resize(R"({"requests":{"ephemeral-storage":"1Gi"}})")) ==
             "spec: Forbidden: only cpu and memory resources are mutable");
  BOOST_TEST(why(resize(R"({"requests":{"cpu":null}})")) ==
             "spec.containers[0].resources.requests: Forbidden: resource requests cannot be "
             "removed");
  BOOST_TEST(why(resize(R"({"limits":{"memory":"100Mi"}})")) ==
             "spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be "
             "decreased unless resizePolicy is RestartContainer");
}

BOOST_AUTO_TEST_CASE(keeps_the_pods_quality) {
  BOOST_TEST(why(resize(R"({"requests":{"cpu":"1","memory":"128Mi"},"limits":{"cpu":"1"}})")) ==
             "spec: Invalid value: \"Burstable\": Pod QOS Class may not change as a result of "
             "resizing");
}

BOOST_AUTO_TEST_CASE(keeps_the_containers) {
  BOOST_TEST(why(patch(path + "/resize", "merge",
                       R"({"spec":{"containers":[{"name":"d","image":"nginx"}]}})"))
                 .find("spec.containers[0].name: Forbidden: containers may not be renamed or "
                       "reordered on resize") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

/// A certificate request for "joe", base64 of its PEM.
constexpr const char* kRequest =
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlISk1IQUNBUUF3RGpFTU1Bb0dBMVVFQXd3RGFt"
    "OWxNRmt3RXdZSEtvWkl6ajBDQVFZSUtvWkl6ajBEQVFjRApRZ0FFOGpLOGN4anhZbGFSZWV3Rm9nbXV6eklNQThG"
    "WVZLYWtudmdrczhYcjJaeHRPQzBoa1lpaEhyR3hYRFdSCnMvQUZqd1BRUzA2WDZOMDg5UWo0MFdqaHpLQUFNQW9H"
    "Q0NxR1NNNDlCQU1DQTBrQU1FWUNJUUN4dzVsNUVNRkMKSXN4N0tBOWJEMWdsaUhZTSszQWJGVkpsRlRPdE1EL2th"
    "d0loQUxpY3h5ckhrQlN6L2lydUdEcDVuYkZmOHFWTAo2UG8zNjU0dG5QY2c2VEVNCi0tLS0tRU5EIENFUlRJRklD"
    "QVRFIFJFUVVFU1QtLS0tLQo=";

struct OneRequest : Cluster {
  const std::string collection = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const std::string path = collection + "/joe";
  Heard made = post(collection, body("client auth"));

  static std::string body(const std::string& usage, const std::string& more = "") {
    return R"({"metadata":{"name":"joe"},"spec":{"request":")" + std::string(kRequest) +
           R"(","signerName":"example.com/signer","usages":[")" + usage + "\"]" + more + "}}";
  }
  Heard decide(const std::string& type, const std::string& status = "True") {
    return patch(path + "/approval", "merge",
                 R"({"status":{"certificate":"YQ==","conditions":[{"type":")" + type +
                     R"(","status":")" + status + R"(","reason":"r","message":"m"}]}})");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_certificate_request, OneRequest)

BOOST_AUTO_TEST_CASE(says_who_asked_whatever_it_brought) {
  BOOST_TEST(made.status == 201, made.body);
  BOOST_TEST(made.text({"spec", "username"}) == "admin");
  const auto tree = made.json();
  BOOST_TEST(array_at(tree, {"spec", "groups"}).size() == 2U);
}

BOOST_AUTO_TEST_CASE(is_approved_through_a_path_of_its_own) {
  const auto approved = decide("Approved");
  const auto tree = get(path).json();

  BOOST_TEST(approved.status == 200, approved.body);
  const auto& conditions = array_at(tree, {"status", "conditions"});
  BOOST_REQUIRE(conditions.size() == 1U);
  BOOST_TEST(text_at(conditions[0], {"type"}) == "Approved");
  BOOST_TEST(text_at(conditions[0], {"lastUpdateTime"}) == "2026-11-23T19:00:00Z");
  BOOST_TEST(find_path(tree, {"status", "certificate"}) == nullptr);
}

BOOST_AUTO_TEST_CASE(is_not_approved_through_its_status) {
  const auto refused = patch(path + "/status", "merge", R"({"status":{"conditions":[
    {"type":"Approved","status":"True"}]}})");

  BOOST_TEST(why(refused) ==
             "status.conditions: Forbidden: updates may not modify a condition of type "
             "\"Approved\"");
}

BOOST_AUTO_TEST_CASE(once_decided_stays_so) {
  decide("Approved");

  BOOST_TEST(why(decide("Denied")) ==
             "status.conditions: Forbidden: updates may not remove a condition of type "
             "\"Approved\"");
  BOOST_TEST(why(patch(path + "/approval", "merge", R"({"status":{"conditions":[
               {"type":"Approved","status":"True"},{"type":"Denied","status":"True"}]}})")) ==
             "status.conditions[1].type: Invalid value: \"Denied\": Approved and Denied conditions "
             "are mutually exclusive");
}

BOOST_AUTO_TEST_CASE(is_approved_by_who_may_approve_for_its_signer) {
  authorizer.allows = [](const auth::Identity&, const auth::Attributes& what) {
    return what.verb != "approve";
  };

  const auto refused = decide("Approved");

  BOOST_TEST(refused.status == 403);
  BOOST_TEST(refused.message() ==
             "certificatesigningrequests.certificates.k8s.io \"joe\" is forbidden: user not "
             "permitted to approve requests with signerName \"example.com/signer\"");
}

BOOST_AUTO_TEST_CASE(is_for_a_signer_and_for_something) {
  erase(path);

  BOOST_TEST(why(post(collection, R"({"metadata":{"name":"joe"},"spec":{"request":"YQ==",
               "signerName":"signer"}})")) ==
             "[spec.request: Invalid value: \"YQ==\": PEM block type must be CERTIFICATE REQUEST, "
             "spec.usages: Required value, spec.signerName: Invalid value: \"signer\": must be a "
             "fully qualified domain and path of the form 'example.com/signer-name']");
  BOOST_TEST(why(post(collection, body("client auth", R"(,"expirationSeconds":9)"))) ==
             "spec.expirationSeconds: Invalid value: 9: may not specify a duration less than 600 "
             "seconds (10 minutes)");
}

BOOST_AUTO_TEST_CASE(keeps_what_it_asked_for) {
  const auto changed = patch(path, "merge", R"({"spec":{"signerName":"example.com/other"}})");

  BOOST_TEST(changed.status == 200);
  BOOST_TEST(changed.text({"spec", "signerName"}) == "example.com/signer");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_namespaces_finalizers, Cluster)

BOOST_AUTO_TEST_CASE(are_of_those_there_are) {
  post("/api/v1/namespaces", R"({"metadata":{"name":"team"}})");

  const auto refused = put("/api/v1/namespaces/team/finalize",
                           R"({"metadata":{"name":"team"},"spec":{"finalizers":["mine"]}})");

  BOOST_TEST(why(refused) ==
             "spec.finalizers[0]: Invalid value: \"mine\": name is neither a standard finalizer "
             "name nor is it fully qualified");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
