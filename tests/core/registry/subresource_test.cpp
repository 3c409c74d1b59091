// Status, finalize, binding and token: parts of objects with rules of their own.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

constexpr const char* kDeployments = "/apis/apps/v1/namespaces/default/deployments";
constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr const char* kDeployment = R"({"metadata":{"name":"web"},"spec":{"replicas":2,
  "selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
  "spec":{"containers":[{"name":"c","image":"nginx"}]}}},"status":{"replicas":7}})";

struct OneDeployment : Cluster {
  const std::string path = std::string(kDeployments) + "/web";
  Heard made = post(kDeployments, kDeployment);
};

std::int64_t number(const Heard& heard, std::initializer_list<std::string_view> keys) {
  return integer_at(heard.json(), keys).value_or(-1);
}

BOOST_FIXTURE_TEST_SUITE(a_status, OneDeployment)

BOOST_AUTO_TEST_CASE(changes_only_through_its_own_path) {  // T-Z15
  const auto by_status =
      patch(path + "/status", "merge", R"({"spec":{"replicas":9},"status":{"replicas":1}})");
  const auto by_object = patch(path, "merge", R"({"spec":{"replicas":3},"status":{"replicas":5}})");

  BOOST_TEST(by_status.status == 200);
  BOOST_TEST(number(by_status, {"spec", "replicas"}) == 2);
  BOOST_TEST(number(by_status, {"status", "replicas"}) == 1);
  BOOST_TEST(number(by_object, {"spec", "replicas"}) == 3);
  BOOST_TEST(number(by_object, {"status", "replicas"}) == 1);
}

BOOST_AUTO_TEST_CASE(may_not_change_owners) {
  const auto patched = patch(path + "/status", "merge", R"({"metadata":{"labels":{"a":"b"},
    "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u"}]}})");

  BOOST_TEST(patched.status == 200);
  BOOST_TEST(patched.text({"metadata", "labels", "a"}) == "b");
  BOOST_TEST(array_at(patched.json(), {"metadata", "ownerReferences"}).empty());
}

BOOST_AUTO_TEST_CASE(is_read_as_the_whole_object) {
  BOOST_TEST(get(path + "/status").body == get(path).body);
}

BOOST_AUTO_TEST_CASE(of_a_kind_without_one_is_not_found) {
  make_config_map("a");

  BOOST_TEST(get("/api/v1/namespaces/default/configmaps/a/status").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_generation, OneDeployment)

BOOST_AUTO_TEST_CASE(counts_changes_of_what_is_wanted) {
  BOOST_TEST(number(made, {"metadata", "generation"}) == 1);

  const auto labelled = patch(path, "merge", R"({"metadata":{"labels":{"a":"b"}}})");
  const auto reported = patch(path + "/status", "merge", R"({"status":{"replicas":1}})");
  const auto scaled = patch(path, "merge", R"({"spec":{"replicas":3}})");
  const auto claimed = patch(path, "merge", R"({"metadata":{"generation":77}})");

  BOOST_TEST(number(labelled, {"metadata", "generation"}) == 1);
  BOOST_TEST(number(reported, {"metadata", "generation"}) == 1);
  BOOST_TEST(number(scaled, {"metadata", "generation"}) == 2);
  BOOST_TEST(number(claimed, {"metadata", "generation"}) == 2);
}

BOOST_AUTO_TEST_CASE(is_not_kept_for_kinds_without_one) {
  BOOST_TEST(number(make_config_map("a"), {"metadata", "generation"}) == -1);
}

BOOST_AUTO_TEST_SUITE_END()

struct OnePod : Cluster {
  OnePod() { ask("POST", "/api/v1/nodes", R"({"metadata":{"name":"n1"}})"); }

  const std::string path = std::string(kPods) + "/p";
  Heard made = post(kPods, R"({"metadata":{"name":"p"},
    "spec":{"serviceAccountName":"robot","containers":[{"name":"c","image":"nginx"}]}})");

  Heard bind_to(const std::string& node) {
    return post(path + "/binding", R"({"target":{"kind":"Node","name":")" + node + R"("}})");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_binding, OnePod)

BOOST_AUTO_TEST_CASE(puts_the_pod_on_its_node) {
  const auto bound = bind_to("n1");
  const auto pod = get(path).json();

  BOOST_TEST(bound.status == 201);
  BOOST_TEST(bound.text({"status"}) == "Success");
  BOOST_TEST(text_at(pod, {"spec", "nodeName"}) == "n1");
  bool scheduled = false;
  for (const auto& condition : array_at(pod, {"status", "conditions"})) {
    scheduled = scheduled || (text_at(condition, {"type"}) == "PodScheduled" &&
                              text_at(condition, {"status"}) == "True");
  }
  BOOST_TEST(scheduled);
}

BOOST_AUTO_TEST_CASE(never_overrides_another) {
  bind_to("n1");

  const auto again = bind_to("n2");

  BOOST_TEST(again.status == 409);
  BOOST_TEST(again.message() ==
             "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to "
             "node \"n1\"");
}

BOOST_AUTO_TEST_CASE(may_be_sent_to_the_collection_of_bindings) {
  const auto bound = post("/api/v1/namespaces/default/bindings",
                          R"({"metadata":{"name":"p"},"target":{"name":"n1"}})");

  BOOST_TEST(bound.status == 201);
  BOOST_TEST(get(path).text({"spec", "nodeName"}) == "n1");
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_it) {
  BOOST_TEST(post(path + "/binding", R"({"target":{"name":""}})").status == 422);
  BOOST_TEST(post(path + "/binding", R"({"target":{"kind":"Pod","name":"n"}})").status == 422);
  BOOST_TEST(
      post(path + "/binding", R"({"metadata":{"name":"q"},"target":{"name":"n1"}})").status == 400);
  BOOST_TEST(post(path + "/binding", R"({"metadata":{"uid":"u"},"target":{"name":"n1"}})").status ==
             409);
  BOOST_TEST(post(std::string(kPods) + "/q/binding", R"({"target":{"name":"n1"}})").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

struct BoundPod : OnePod {
  BoundPod() : OnePod() { bind_to("n1"); }
};

BOOST_FIXTURE_TEST_SUITE(a_pods_deletion, BoundPod)

BOOST_AUTO_TEST_CASE(gives_it_time_until_its_node_says_it_ended) {
  const auto marked = erase(path);
  const auto again = erase(path);
  const auto ended = erase(path + "?gracePeriodSeconds=0");

  BOOST_TEST(marked.status == 200);
  BOOST_TEST(marked.text({"kind"}) == "Pod");
  BOOST_TEST(number(marked, {"metadata", "deletionGracePeriodSeconds"}) == 30);
  BOOST_TEST(marked.text({"metadata", "deletionTimestamp"}) == "2026-11-23T19:00:30Z");
  BOOST_TEST(number(marked, {"metadata", "generation"}) == 2);
  BOOST_TEST(again.version() == marked.version());
  BOOST_TEST(ended.text({"kind"}) == "Pod");
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(may_be_hurried_but_not_put_off) {
  erase(path + "?gracePeriodSeconds=20");
  clock.advance(std::chrono::seconds(5));
  const auto later = erase(path + "?gracePeriodSeconds=25");
  const auto sooner = erase(path + "?gracePeriodSeconds=10");

  BOOST_TEST(number(later, {"metadata", "deletionGracePeriodSeconds"}) == 20);
  BOOST_TEST(number(sooner, {"metadata", "deletionGracePeriodSeconds"}) == 10);
  BOOST_TEST(sooner.text({"metadata", "deletionTimestamp"}) == "2026-11-23T19:00:10Z");
}

BOOST_AUTO_TEST_CASE(waits_for_finalizers_after_its_end) {  // P-26
  patch(path, "merge", R"({"metadata":{"finalizers":["x/y"]}})");
  erase(path);
  const auto ended = erase(path + "?gracePeriodSeconds=0");
  const auto freed = patch(path, "merge", R"({"metadata":{"finalizers":null}})");

  BOOST_TEST(number(ended, {"metadata", "deletionGracePeriodSeconds"}) == 0);
  BOOST_TEST(freed.status == 200);
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_CASE(is_at_once_where_no_node_has_it) {
  const auto made_alone = post(kPods, R"({"metadata":{"name":"alone"},
    "spec":{"containers":[{"name":"c","image":"nginx"}]}})");

  BOOST_TEST(made_alone.status == 201);
  BOOST_TEST(erase(std::string(kPods) + "/alone").status == 200);
  BOOST_TEST(get(std::string(kPods) + "/alone").status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_lease, Cluster)

BOOST_AUTO_TEST_CASE(is_made_by_an_update_but_never_overwritten_blindly) {
  const std::string path = "/apis/coordination.k8s.io/v1/namespaces/default/leases/l";
  const auto made = put(path, R"({"metadata":{"name":"l"},"spec":{"holderIdentity":"a"}})");
  const auto blind = put(path, R"({"metadata":{"name":"l"},"spec":{"holderIdentity":"b"}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(blind.status == 422);
  BOOST_TEST(blind.message() ==
             "Lease.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: "
             "0x0: must be specified for an update");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_namespace, Cluster)

BOOST_AUTO_TEST_CASE(goes_only_when_it_was_finalized) {
  const std::string path = "/api/v1/namespaces/team";
  const auto made = post("/api/v1/namespaces", R"({"metadata":{"name":"team"},
    "spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})");
  const auto marked = erase(path);
  const auto finalized =
      put(path + "/finalize", R"({"metadata":{"name":"team"},"spec":{"finalizers":[]}})");

  BOOST_TEST(made.status == 201);
  BOOST_TEST(marked.status == 200);
  BOOST_TEST(marked.text({"status", "phase"}) == "Terminating");
  BOOST_TEST(!marked.text({"metadata", "deletionTimestamp"}).empty());
  BOOST_TEST(finalized.status == 200);
  BOOST_TEST(get(path).status == 404);
}

BOOST_AUTO_TEST_SUITE_END()

/// Signs by writing the claims down.
struct PlainSigner final : auth::TokenSigner {
  std::string sign(const auth::TokenClaims& asked) const override {
    claims = asked;
    return "token-of-" + asked.service_account;
  }
  const std::string& issuer() const override { return name; }
  mutable auth::TokenClaims claims;
  std::string name = "https://issuer";
};

struct OneRobot : OnePod {
  OneRobot() : OnePod() {
    post("/api/v1/namespaces/default/serviceaccounts", R"({"metadata":{"name":"robot"}})");
  }

  Heard ask_token(const std::string& spec) {
    registry::Registry signing({.catalog = catalog,
                                .store = *store,
                                .bus = bus,
                                .admission = admission,
                                .signer = &signer,
                                .timers = timers,
                                .clock = clock,
                                .log = null_log()});
    registry::Operation operation;
    operation.who = who;
    operation.verb = "create";
    operation.resource = catalog.find("", "v1", "serviceaccounts");
    operation.subresource = "token";
    operation.ns = "default";
    operation.name = "robot";
    operation.body = R"({"spec":)" + spec + "}";
    Heard heard;
    signing.perform(std::move(operation), [&](Result<registry::Answer> answer) {
      heard.status = answer.ok() ? answer.value().status : http_status_of(answer.error().code);
      heard.body = answer.ok() ? answer.value().body : answer.error().message;
    });
    return heard;
  }

  PlainSigner signer;
};

BOOST_FIXTURE_TEST_SUITE(a_token_request, OneRobot)

BOOST_AUTO_TEST_CASE(gives_an_hour_for_the_issuer_unless_asked_otherwise) {
  const auto answer = ask_token("{}");

  BOOST_TEST(answer.status == 201);
  BOOST_TEST(answer.text({"kind"}) == "TokenRequest");
  BOOST_TEST(answer.text({"status", "token"}) == "token-of-robot");
  BOOST_TEST(answer.text({"status", "expirationTimestamp"}) == "2026-11-23T20:00:00Z");
  BOOST_TEST(signer.claims.audiences == std::vector<std::string>{"https://issuer"},
             boost::test_tools::per_element());
  BOOST_TEST(!signer.claims.service_account_uid.empty());
}

BOOST_AUTO_TEST_CASE(is_bound_to_a_pod_of_the_same_account) {
  const auto uid = made.text({"metadata", "uid"});
  const std::string pod = R"("apiVersion":"v1","kind":"Pod","name":"p")";
  const auto bound = ask_token(R"({"boundObjectRef":{)" + pod + R"(,"uid":")" + uid + R"("}})");

  BOOST_TEST(bound.status == 201);
  BOOST_TEST(signer.claims.pod_name == "p");
  BOOST_TEST(signer.claims.pod_uid == uid);
  BOOST_TEST(ask_token(R"({"boundObjectRef":{)" + pod + R"(,"uid":"other"}})").status == 409);
  BOOST_TEST(
      ask_token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"Pod","name":"q"}})").status == 404);
  BOOST_TEST(
      ask_token(R"({"boundObjectRef":{"apiVersion":"v1","kind":"ConfigMap","name":"q"}})").status ==
      400);
}

BOOST_AUTO_TEST_CASE(is_no_shorter_than_ten_minutes) {  // T-A10
  const auto refused = ask_token(R"({"expirationSeconds":1})");

  BOOST_TEST(refused.status == 422);
  BOOST_TEST(refused.body ==
             "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid "
             "value: 1: may not specify a duration less than 10 minutes");
  BOOST_TEST(ask_token(R"({"expirationSeconds":600})").status == 201);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
