// How a plugin's say crosses the border: patches, refusals, causes, exceptions.

#include "core/sdk/admission.hpp"

#include <boost/test/unit_test.hpp>

#include "core/sdk/object_table.hpp"
#include "core/sdk/scheduling_policy.hpp"
#include "core/sdk/text.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Opinion final : Admission {
  std::string resources() const override { return "pods"; }
  int order() const override { return 7; }
  Result<void> mutate(const AdmissionRequest& request, JsonPatch& patch) override {
    if (request.name == "thrown") {
      throw std::runtime_error("oops");
    }
    if (request.name == "changed") {
      patch.add("/metadata/labels/" + pointer_escaped("a/b~c"), "x");
    }
    return {};
  }
  Result<void> validate(const AdmissionRequest& request) override {
    if (request.name == "refused") {
      return Error(Code::kForbidden, "no",
                   ErrorDetails{.causes = {{.reason = "Because", .field = "f", .message = "m"}}});
    }
    return {};
  }
};

struct Offered {
  test::FakeHost host;
  Opinion opinion;
  AdmissionOffer offer{opinion, {.mutates = true, .validates = true}};
  const pintle_admission_table* table = nullptr;
  void* self = nullptr;
  std::vector<std::string> patches;

  Offered() {
    BOOST_TEST(offer.provide(host.host()).ok());
    const auto offers = host.offers("pintle.admission/1");
    BOOST_REQUIRE(offers.size() == 1U);
    table = static_cast<const pintle_admission_table*>(offers[0].table);
    self = offers[0].self;
  }
  static pintle_admission_request request(std::string_view name) {
    pintle_admission_request made{};
    made.size = sizeof(made);
    made.name = to_c(name);
    return made;
  }
  pintle_status mutate(std::string_view name) {
    const auto asked = request(name);
    return table->mutate(
        self, &asked,
        [](void* context, pintle_text text) {
          static_cast<Offered*>(context)->patches.emplace_back(to_view(text));
        },
        this);
  }
};

BOOST_FIXTURE_TEST_SUITE(an_admission_plugin, Offered)

BOOST_AUTO_TEST_CASE(says_what_it_wants_and_when) {
  BOOST_TEST(to_view(table->resources) == "pods");
  BOOST_TEST(table->order == 7);
}

BOOST_AUTO_TEST_CASE(gives_a_patch_or_none) {
  BOOST_TEST(mutate("plain").code == 0U);
  BOOST_TEST(patches.empty());

  BOOST_TEST(mutate("changed").code == 0U);
  BOOST_REQUIRE(patches.size() == 1U);
  BOOST_TEST(patches[0] == R"([{"op":"add","path":"/metadata/labels/a~1b~0c","value":"x"}])");
}

BOOST_AUTO_TEST_CASE(refuses_with_causes_that_cross_the_border) {
  const auto asked = request("refused");

  const auto status = table->validate(self, &asked);

  BOOST_TEST(status.code == 403U);
  const Error error = to_error(status);
  BOOST_TEST(error.message == "no");
  BOOST_REQUIRE(error.details != nullptr);
  BOOST_REQUIRE(error.details->causes.size() == 1U);
  BOOST_TEST(error.details->causes[0].reason == "Because");
}

BOOST_AUTO_TEST_CASE(that_throws_fails_and_says_so) {
  const auto status = mutate("thrown");

  BOOST_TEST(status.code == 500U);
  BOOST_TEST(to_view(status.text) == "mutate threw: oops");
}

BOOST_AUTO_TEST_SUITE_END()

struct Moody final : SchedulingPolicy {
  std::string scheduler_name() const override { return "moody"; }
  std::string filter(const PodInfo&, const NodeInfo& node) const override {
    if (node.name == "bad") {
      throw std::runtime_error("oops");
    }
    return node.pod_count > 0 ? "too many pods" : "";
  }
  std::int64_t score(const PodInfo&, const NodeInfo& node) const override {
    return node.allocatable_cpu_millis;
  }
};

struct Policy {
  test::FakeHost host;
  Moody policy;
  SchedulingPolicyOffer offer{policy};
  sdk::Offer offered;
  pintle_pod_info pod{};
  pintle_node_info node{};

  Policy() {
    BOOST_TEST(offer.provide(host.host()).ok());
    offered = host.offers("pintle.scheduling_policy/1").at(0);
  }
  const pintle_scheduling_policy_table& table() const {
    return *static_cast<const pintle_scheduling_policy_table*>(offered.table);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_scheduling_policy, Policy)

BOOST_AUTO_TEST_CASE(has_its_name_and_keeps_the_default_filters) {
  BOOST_TEST(to_view(table().scheduler_name) == "moody");
  BOOST_TEST(table().with_default_filters == 1U);
}

BOOST_AUTO_TEST_CASE(says_why_a_node_will_not_do) {
  BOOST_TEST(to_view(table().filter(offered.self, &pod, &node)) == "");
  node.pod_count = 1;
  BOOST_TEST(to_view(table().filter(offered.self, &pod, &node)) == "too many pods");
}

BOOST_AUTO_TEST_CASE(that_throws_refuses_the_node) {
  node.name = to_c(std::string_view("bad"));

  BOOST_TEST(to_view(table().filter(offered.self, &pod, &node)) ==
             "scheduling policy moody threw: oops");
}

BOOST_AUTO_TEST_CASE(scores_within_bounds) {
  node.allocatable_cpu_millis = 4000;

  BOOST_TEST(table().score(offered.self, &pod, &node) == 100);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
