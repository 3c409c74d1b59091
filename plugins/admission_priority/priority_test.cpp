// Which priority a pod gets, and what is refused.

#include "plugins/admission_priority/priority.hpp"

#include <boost/test/unit_test.hpp>

#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::admission_priority {
namespace {

constexpr const char* kClasses = "/apis/scheduling.k8s.io/v1/priorityclasses/";

sdk::Value view(const Json& json) {
  return {&sdk::object_table(), sdk::to_value(&json)};
}

struct Cluster {
  test::FakeHost host;
  std::unique_ptr<Priority> plugin;
  Json pod = JsonObject{{"spec", JsonObject()}};

  Cluster() {
    host.put(std::string(kClasses) + "high", JsonObject{{"value", 1000}});
    host.put(std::string(kClasses) + "calm",
             JsonObject{{"value", 7}, {"preemptionPolicy", "Never"}});
  }

  Result<void> create() {
    if (!plugin) {
      plugin = Priority::make(host.host(), JsonObject()).value();
      plugin->wait_synced({});
    }
    sdk::JsonPatch patch;
    auto said =
        plugin->mutate({.operation = "CREATE", .resource = "pods", .object = view(pod)}, patch);
    BOOST_TEST(apply_json_patch(pod, patch.operations()).ok());
    return said;
  }
  JsonObject& spec() { return pod.as_object()["spec"].as_object(); }
};

BOOST_FIXTURE_TEST_SUITE(a_pod, Cluster)

BOOST_AUTO_TEST_CASE(gets_the_number_of_its_class) {
  spec()["priorityClassName"] = "high";

  BOOST_TEST(create().ok());

  BOOST_TEST(integer_at(pod, {"spec", "priority"}).value() == 1000);
  BOOST_TEST(text_at(pod, {"spec", "preemptionPolicy"}) == "PreemptLowerPriority");
}

BOOST_AUTO_TEST_CASE(gets_the_policy_of_its_class) {
  spec()["priorityClassName"] = "calm";

  BOOST_TEST(create().ok());

  BOOST_TEST(text_at(pod, {"spec", "preemptionPolicy"}) == "Never");
}

BOOST_AUTO_TEST_CASE(with_no_class_has_priority_zero) {
  BOOST_TEST(create().ok());

  BOOST_TEST(integer_at(pod, {"spec", "priority"}).value() == 0);
  BOOST_TEST(!spec().contains("priorityClassName"));
}

BOOST_AUTO_TEST_CASE(with_no_class_gets_the_default_one) {
  host.put(std::string(kClasses) + "usual", JsonObject{{"value", 5}, {"globalDefault", true}});

  BOOST_TEST(create().ok());

  BOOST_TEST(integer_at(pod, {"spec", "priority"}).value() == 5);
  BOOST_TEST(text_at(pod, {"spec", "priorityClassName"}) == "usual");
}

BOOST_AUTO_TEST_CASE(of_an_unknown_class_is_refused) {
  spec()["priorityClassName"] = "nope";

  const auto refused = create();

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kForbidden);
  BOOST_TEST(refused.error().message == "no PriorityClass with name nope was found");
}

BOOST_AUTO_TEST_CASE(that_brings_another_number_is_refused) {
  spec()["priorityClassName"] = "high";
  spec()["priority"] = 1;

  const auto refused = create();

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             "the integer value of priority (1) must not be provided in pod spec; priority "
             "admission controller computed 1000 from the given PriorityClass name");
}

BOOST_AUTO_TEST_CASE(keeps_its_number_when_an_update_leaves_it_out) {
  BOOST_TEST(create().ok());
  Json next = JsonObject{{"spec", JsonObject()}};
  sdk::JsonPatch patch;

  BOOST_TEST(plugin
                 ->mutate({.operation = "UPDATE",
                           .resource = "pods",
                           .object = view(next),
                           .old_object = view(pod)},
                          patch)
                 .ok());

  BOOST_TEST(apply_json_patch(next, patch.operations()).ok());
  BOOST_TEST(integer_at(next, {"spec", "priority"}).value() == 0);
}

BOOST_AUTO_TEST_CASE(shares_the_cluster_with_one_default_class_only) {
  host.put(std::string(kClasses) + "usual", JsonObject{{"value", 5}, {"globalDefault", true}});
  BOOST_TEST(create().ok());
  const Json second =
      JsonObject{{"metadata", {{"name", "second"}}}, {"globalDefault", true}, {"value", 6}};

  const auto refused = plugin->validate(
      {.operation = "CREATE", .resource = "priorityclasses", .object = view(second)});

  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message ==
             "PriorityClass usual is already marked as default. Only one default can exist");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_priority
