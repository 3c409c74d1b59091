// How a controller comes by what its selector names.

#include "core/sdk/owners.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/pods.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

constexpr const char* kOwner = "/apis/apps/v1/namespaces/d/replicasets/web";
constexpr const char* kPod = "/api/v1/namespaces/d/pods/a";

struct Claims {
  test::FakeHost host;
  Client client{host.host()};

  Claims() { host.put(kOwner, JsonObject{{"metadata", {{"uid", "mine"}}}}); }

  Json pod(std::string_view app, std::string_view controller = "") {
    JsonObject metadata{{"labels", {{"app", app}}}};
    if (!controller.empty()) {
      metadata["ownerReferences"] =
          JsonArray{JsonObject{{"uid", controller}, {"controller", true}}};
    }
    return JsonObject{{"metadata", std::move(metadata)}};
  }
  Result<std::vector<ObjectHandle>> claim_all() {
    const Path path{.group = "apps", .resource = "replicasets", .ns = "d", .name = "web"};
    const auto owner = client.find(path);
    return claim(client,
                 {.owner = owner,
                  .path = path,
                  .api_version = "apps/v1",
                  .kind = "ReplicaSet",
                  .selector = parse_label_selector("app=web").value()},
                 {.resource = "pods"}, {client.find({.resource = "pods", .ns = "d", .name = "a"})});
  }
};

BOOST_FIXTURE_TEST_SUITE(a_controller, Claims)

BOOST_AUTO_TEST_CASE(keeps_what_is_its_own_without_a_write) {
  host.put(kPod, pod("web", "mine"));
  BOOST_TEST(claim_all().value().size() == 1U);
  BOOST_TEST(host.requests("PATCH").empty());
}

BOOST_AUTO_TEST_CASE(leaves_alone_what_is_anothers) {
  host.put(kPod, pod("web", "other"));
  BOOST_TEST(claim_all().value().empty());
  BOOST_TEST(host.requests("PATCH").empty());
}

BOOST_AUTO_TEST_CASE(adopts_an_orphan_by_naming_itself) {
  host.put(kPod, pod("web"));

  BOOST_TEST(claim_all().value().size() == 1U);

  const auto owners = array_at(host.get(kPod), {"metadata", "ownerReferences"});
  BOOST_TEST(owners.at(0) == Json({{"apiVersion", "apps/v1"},
                                   {"kind", "ReplicaSet"},
                                   {"name", "web"},
                                   {"uid", "mine"},
                                   {"controller", true},
                                   {"blockOwnerDeletion", true}}));
}

BOOST_AUTO_TEST_CASE(releases_what_it_no_longer_selects) {
  host.put(kPod, pod("else", "mine"));
  BOOST_TEST(claim_all().value().empty());
  BOOST_TEST(host.requests().back().body.find(R"({"$patch":"delete","uid":"mine"})") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(adopts_nothing_when_it_is_gone_itself) {
  host.put(kPod, pod("web"));
  const Path path{.group = "apps", .resource = "replicasets", .ns = "d", .name = "web"};
  const auto owner = client.find(path);
  host.remove(kOwner);

  const auto claimed =
      claim(client,
            {.owner = owner,
             .path = path,
             .api_version = "apps/v1",
             .kind = "ReplicaSet",
             .selector = parse_label_selector("app=web").value()},
            {.resource = "pods"}, {client.find({.resource = "pods", .ns = "d", .name = "a"})});

  BOOST_TEST(!claimed.ok());
  BOOST_TEST(host.requests("PATCH").empty());
}

BOOST_AUTO_TEST_CASE(that_is_going_adopts_and_releases_nothing) {
  host.put(kOwner, JsonObject{{"metadata", {{"uid", "mine"}, {"deletionTimestamp", "t"}}}});
  host.put(kPod, pod("web"));
  BOOST_TEST(claim_all().value().empty());
  host.put(kPod, pod("else", "mine"));
  BOOST_TEST(claim_all().value().empty());
  BOOST_TEST(host.requests("PATCH").empty());
}

BOOST_AUTO_TEST_CASE(passes_on_that_an_adoption_was_refused) {
  host.put(kPod, pod("web"));
  host.refuse("PATCH", kPod, 403, "no");
  BOOST_TEST(claim_all().error().message == "no");
}

BOOST_AUTO_TEST_CASE(takes_it_that_an_orphan_went_first) {
  host.put(kPod, pod("web"));
  host.refuse("PATCH", kPod, 404, "gone");
  BOOST_TEST(claim_all().value().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_pod, Claims)

BOOST_AUTO_TEST_CASE(is_available_once_it_was_ready_for_long_enough) {
  host.put(kPod,
           JsonObject{{"status",
                       {{"conditions",
                         JsonArray{JsonObject{{"type", "Ready"},
                                              {"status", "True"},
                                              {"lastTransitionTime", "2026-01-01T00:00:00Z"}}}}}}});
  const auto pod = client.find({.resource = "pods", .ns = "d", .name = "a"});
  const auto ready_at = *parse_rfc3339("2026-01-01T00:00:00Z");
  const std::chrono::seconds least(10);

  BOOST_TEST(is_pod_available(pod.root(), std::chrono::seconds(0), ready_at));
  BOOST_TEST(!is_pod_available(pod.root(), least, ready_at + std::chrono::seconds(9)));
  BOOST_TEST(is_pod_available(pod.root(), least, ready_at + std::chrono::seconds(10)));
}

BOOST_AUTO_TEST_CASE(is_active_unless_it_has_ended_or_goes) {
  const auto find = [this] { return client.find({.resource = "pods", .ns = "d", .name = "a"}); };
  host.put(kPod, JsonObject{{"status", {{"phase", "Pending"}}}});
  BOOST_TEST(is_pod_active(find().root()));
  host.put(kPod, JsonObject{{"status", {{"phase", "Failed"}}}});
  BOOST_TEST(!is_pod_active(find().root()));
  host.put(kPod, JsonObject{{"metadata", {{"deletionTimestamp", "t"}}}});
  BOOST_TEST(!is_pod_active(find().root()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
