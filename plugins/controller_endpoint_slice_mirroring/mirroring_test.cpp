// What the slices of hand-made Endpoints say.

#include "plugins/controller_endpoint_slice_mirroring/mirroring.hpp"

#include <chrono>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_endpoint_slice_mirroring {
namespace {

using std::chrono::seconds;

const std::string kService = "/api/v1/namespaces/d/services/db";
const std::string kEndpoints = "/api/v1/namespaces/d/endpoints/db";

Json endpoints_of(std::string_view ip, JsonObject labels = {}) {
  return {{"metadata",
           {{"uid", "endpoints-uid"},
            {"labels", std::move(labels)},
            {"annotations", {{"note", "by hand"}}}}},
          {"subsets",
           JsonArray{JsonObject{
               {"addresses", JsonArray{JsonObject{{"ip", ip}}, JsonObject{{"ip", "fd00::1"}}}},
               {"notReadyAddresses", JsonArray{JsonObject{{"ip", "10.9.0.9"}}}},
               {"ports", JsonArray{JsonObject{{"name", "sql"}, {"port", 5432}}}}}}}};
}

struct Cluster {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<Mirroring> plugin;

  Cluster() {
    host.put(kService, {{"spec", {{"ports", JsonArray()}}}});
    plugin = std::make_unique<Mirroring>(host.host(), clock);
    plugin->start();
    BOOST_REQUIRE(plugin->wait_synced({}));
  }
  std::vector<Json> slices() {
    std::vector<Json> all;
    const auto listed =
        sdk::Client(host.host())
            .get({.group = "discovery.k8s.io", .resource = "endpointslices", .ns = "d"})
            .value();
    for (const auto& slice : array_at(listed, {"items"})) {
      all.push_back(slice);
    }
    return all;
  }
  /// "IPv4:5432 10.9.0.1+ 10.9.0.9-; ": one a slice, sorted.
  std::string told() {
    std::multiset<std::string> texts;
    for (const auto& slice : slices()) {
      std::string text = std::string(text_at(slice, {"addressType"})) + ":";
      for (const auto& port : array_at(slice, {"ports"})) {
        text += std::to_string(integer_at(port, {"port"}).value());
      }
      for (const auto& endpoint : array_at(slice, {"endpoints"})) {
        text += " " + std::string(text_at(array_at(endpoint, {"addresses"}).at(0), {})) +
                (find_path(endpoint, {"conditions", "ready"})->as_bool() ? "+" : "-");
      }
      texts.insert(text + "; ");
    }
    std::string all;
    for (const auto& text : texts) {
      all += text;
    }
    return all;
  }
  void soon(const std::string& wanted) {
    const auto begun = std::chrono::steady_clock::now();
    auto last = begun;
    while (told() != wanted && last - begun < seconds(30)) {
      std::this_thread::yield();
      const auto now = std::chrono::steady_clock::now();
      clock.advance(std::chrono::duration_cast<std::chrono::microseconds>(now - last));
      last = now;
    }
    BOOST_TEST(told() == wanted);
  }
};

BOOST_FIXTURE_TEST_SUITE(hand_made_endpoints, Cluster)

BOOST_AUTO_TEST_CASE(have_a_slice_for_each_family) {
  host.put(kEndpoints, endpoints_of("10.9.0.1"));

  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");

  const Json slice = slices().at(0);
  BOOST_TEST(text_at(slice, {"metadata", "labels", kServiceName}) == "db");
  BOOST_TEST(text_at(slice, {"metadata", "labels", kManagedBy}) == kManager);
  BOOST_TEST(text_at(slice, {"metadata", "annotations", "note"}) == "by hand");
  BOOST_TEST(text_at(array_at(slice, {"metadata", "ownerReferences"}).at(0), {"kind"}) ==
             "Endpoints");
}

BOOST_AUTO_TEST_CASE(take_their_slices_along_when_they_change_and_when_they_go) {
  host.put(kEndpoints, endpoints_of("10.9.0.1"));
  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
  std::set<std::string> names;
  for (const auto& slice : slices()) {
    names.emplace(text_at(slice, {"metadata", "name"}));
  }

  host.put(kEndpoints, endpoints_of("10.9.0.2"));
  soon("IPv4:5432 10.9.0.2+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
  for (const auto& slice : slices()) {
    BOOST_TEST(names.contains(std::string(text_at(slice, {"metadata", "name"}))));
  }

  host.remove(kEndpoints);
  soon("");
}

BOOST_AUTO_TEST_CASE(get_their_slice_back_when_somebody_spoils_it) {
  host.put(kEndpoints, endpoints_of("10.9.0.1"));
  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
  host.remove("/apis/discovery.k8s.io/v1/namespaces/d/endpointslices/" +
              std::string(text_at(slices().at(0), {"metadata", "name"})));
  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
}

BOOST_AUTO_TEST_CASE(are_not_mirrored_where_they_say_no) {
  host.put(kEndpoints, endpoints_of("10.9.0.1"));
  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
  host.put(kEndpoints,
           endpoints_of("10.9.0.1", {{"endpointslice.kubernetes.io/skip-mirror", "true"}}));
  soon("");
}

BOOST_AUTO_TEST_CASE(are_not_mirrored_once_their_service_selects_pods) {
  host.put(kEndpoints, endpoints_of("10.9.0.1"));
  soon("IPv4:5432 10.9.0.1+ 10.9.0.9-; IPv6:5432 fd00::1+; ");
  host.put(kService, {{"spec", {{"selector", {{"app", "db"}}}}}});
  soon("");
}

BOOST_AUTO_TEST_CASE(are_mirrored_only_as_far_as_a_slice_reaches) {
  JsonArray addresses;
  for (int i = 0; i < 1003; ++i) {
    addresses.push_back(
        JsonObject{{"ip", "10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250)}});
  }
  host.put(kEndpoints, {{"subsets", JsonArray{JsonObject{{"addresses", std::move(addresses)}}}}});
  sdk::Client client(host.host());
  const auto held = client.find({.resource = "endpoints", .ns = "d", .name = "db"});
  const auto mirrored = mirror_of(held);
  BOOST_REQUIRE(mirrored.size() == 1U);
  BOOST_TEST(array_at(mirrored[0], {"endpoints"}).size() == 1000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_endpoint_slice_mirroring
