// When volumes and claims may go.

#include "plugins/controller_storage_protection/protection.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_storage_protection {
namespace {

constexpr const char* kClaim = "/api/v1/namespaces/default/persistentvolumeclaims/data";
constexpr const char* kVolume = "/api/v1/persistentvolumes/disk";

Json json(std::string_view text) {
  return parse_json(text).value().value;
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<Protection> plugin;

  /// Starts with the objects there are, without workers: a test says what is looked at.
  Result<void> look_at(const std::string& key) {
    plugin = std::make_unique<Protection>(host.host(), clock);
    plugin->start(0);
    plugin->wait_synced({});
    return plugin->reconcile(key);
  }
  std::string finalizers(const std::string& path) {
    const Json object = host.get(path);
    return to_json(JsonArray(array_at(object, {"metadata", "finalizers"})));
  }
  void put_claim(const std::string& metadata) {
    host.put(kClaim, json(R"({"metadata":{)" + metadata + "}}"));
  }
  void put_going_claim() {
    put_claim(R"("deletionTimestamp":"2026-01-01T00:00:00Z",
                 "finalizers":["x.dev/mine","kubernetes.io/pvc-protection"])");
  }
  void put_pod(const std::string& spec) {
    host.put("/api/v1/namespaces/default/pods/p", json(R"({"spec":{)" + spec + "}}"));
  }
};

constexpr const char* kUse =
    R"("volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}])";

BOOST_FIXTURE_TEST_SUITE(a_claim, Cluster)

BOOST_AUTO_TEST_CASE(that_is_going_goes_once_nobody_uses_it) {
  put_going_claim();

  BOOST_TEST(look_at("default/data").ok());

  BOOST_TEST(finalizers(kClaim) == R"(["x.dev/mine"])");
}

BOOST_AUTO_TEST_CASE(that_a_pod_on_a_node_uses_stays) {
  put_going_claim();
  put_pod(std::string(R"("nodeName":"n1",)") + kUse);

  BOOST_TEST(look_at("default/data").ok());

  BOOST_TEST(finalizers(kClaim) == R"(["x.dev/mine","kubernetes.io/pvc-protection"])");
}

BOOST_AUTO_TEST_CASE(that_only_a_pod_without_a_node_wants_goes) {
  put_going_claim();
  put_pod(kUse);

  BOOST_TEST(look_at("default/data").ok());

  BOOST_TEST(finalizers(kClaim) == R"(["x.dev/mine"])");
}

BOOST_AUTO_TEST_CASE(of_an_ephemeral_volume_stays_with_its_pod) {
  host.put("/api/v1/namespaces/default/persistentvolumeclaims/p-v",
           json(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",
                                "finalizers":["kubernetes.io/pvc-protection"]}})"));
  put_pod(R"("nodeName":"n1","volumes":[{"name":"v","ephemeral":{}}])");

  BOOST_TEST(look_at("default/p-v").ok());

  BOOST_TEST(finalizers("/api/v1/namespaces/default/persistentvolumeclaims/p-v") ==
             R"(["kubernetes.io/pvc-protection"])");
}

BOOST_AUTO_TEST_CASE(made_before_us_is_protected_too) {
  put_claim("");

  BOOST_TEST(look_at("default/data").ok());

  BOOST_TEST(finalizers(kClaim) == R"(["kubernetes.io/pvc-protection"])");
}

BOOST_AUTO_TEST_CASE(that_is_going_without_protection_gets_none) {
  put_claim(R"("deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["x.dev/mine"])");

  BOOST_TEST(look_at("default/data").ok());

  BOOST_TEST(finalizers(kClaim) == R"(["x.dev/mine"])");
}

BOOST_AUTO_TEST_CASE(that_is_gone_is_no_error) {
  BOOST_TEST(look_at("default/data").ok());
}

BOOST_AUTO_TEST_CASE(is_looked_at_when_the_last_pod_goes) {
  put_going_claim();
  put_pod(std::string(R"("nodeName":"n1",)") + kUse);
  plugin = std::make_unique<Protection>(host.host(), clock);
  plugin->start(1);
  plugin->wait_synced({});

  host.remove("/api/v1/namespaces/default/pods/p");

  while (finalizers(kClaim) != R"(["x.dev/mine"])") {
    std::this_thread::yield();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_volume, Cluster)

BOOST_AUTO_TEST_CASE(that_is_bound_stays) {
  host.put(kVolume, json(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",
      "finalizers":["kubernetes.io/pv-protection"]},"status":{"phase":"Bound"}})"));

  BOOST_TEST(look_at("disk").ok());

  BOOST_TEST(finalizers(kVolume) == R"(["kubernetes.io/pv-protection"])");
}

BOOST_AUTO_TEST_CASE(that_is_free_goes) {
  host.put(kVolume, json(R"({"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",
      "finalizers":["kubernetes.io/pv-protection"]},"status":{"phase":"Released"}})"));

  BOOST_TEST(look_at("disk").ok());

  BOOST_TEST(finalizers(kVolume) == "[]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_storage_protection
