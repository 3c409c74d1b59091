// Which images are pulled anew, in every place a pod can name one.

#include "plugins/admission_always_pull_images/always_pull.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_always_pull_images {
namespace {

constexpr const char* kLists[] = {"containers", "initContainers", "ephemeralContainers"};

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<AlwaysPull> plugin = AlwaysPull::make(host.host(), JsonObject()).value();

  static Json pod(const std::string& list, const std::string& image,
                  const std::string& policy = "IfNotPresent") {
    return test::json(R"({"metadata":{"name":"a"},"spec":{")" + list +
                      R"(":[{"name":"c","image":")" + image + R"(","imagePullPolicy":")" + policy +
                      R"("}]}})");
  }
  static std::string policy_of(const Json& pod, const std::string& list) {
    return std::string(
        text_at(array_at(pod, {"spec", std::string_view(list)}).at(0), {"imagePullPolicy"}));
  }
};

BOOST_FIXTURE_TEST_SUITE(an_image, Cluster)

BOOST_AUTO_TEST_CASE(is_always_pulled_in_every_list_of_containers) {  // T-M01
  for (const auto* list : kLists) {
    Json made = pod(list, "nginx");

    BOOST_TEST(server.admit({}, made).ok());

    BOOST_TEST(policy_of(made, list) == "Always", list);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_where_something_after_us_changed_the_policy) {  // T-M01
  for (const auto* list : kLists) {
    const Json made = pod(list, "nginx");

    const auto said = server.validate({}, &made);

    BOOST_REQUIRE(!said.ok());
    BOOST_TEST(said.error().message ==
               std::string("spec.") + list +
                   "[0].imagePullPolicy: Unsupported value: \"IfNotPresent\": supported values: "
                   "\"Always\"");
  }
}

BOOST_AUTO_TEST_CASE(of_an_ephemeral_container_that_is_added_is_pulled) {  // T-M01
  const Json before = test::json(R"({"metadata":{"name":"a"},"spec":{}})");
  Json after = pod("ephemeralContainers", "busybox");

  BOOST_TEST(
      server.admit({.operation = "UPDATE", .subresource = "ephemeralcontainers"}, after, &before)
          .ok());

  BOOST_TEST(policy_of(after, "ephemeralContainers") == "Always");
}

BOOST_AUTO_TEST_CASE(of_a_volume_is_pulled) {
  Json made = test::json(R"({"spec":{"volumes":[{"name":"v","image":{"reference":"data"}}]}})");

  BOOST_TEST(server.admit({}, made).ok());

  BOOST_TEST(text_at(array_at(made, {"spec", "volumes"}).at(0), {"image", "pullPolicy"}) ==
             "Always");
}

BOOST_AUTO_TEST_CASE(that_an_update_changes_is_pulled) {
  const Json before = pod("containers", "nginx:1");
  Json after = pod("containers", "nginx:2");

  BOOST_TEST(server.admit({.operation = "UPDATE"}, after, &before).ok());

  BOOST_TEST(policy_of(after, "containers") == "Always");
}

BOOST_AUTO_TEST_CASE(that_an_update_leaves_is_left) {
  const Json before = pod("containers", "nginx");
  Json after = before;

  BOOST_TEST(server.admit({.operation = "UPDATE"}, after, &before).ok());

  BOOST_TEST(policy_of(after, "containers") == "IfNotPresent");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_always_pull_images
