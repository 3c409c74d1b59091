// A dry run is admitted as the real thing, and leaves no trace. T-M04.

#include "tests/admission/loaded.hpp"

namespace pintle {
namespace {

struct DryRun : test::Loaded {
  const std::string pods = "/api/v1/namespaces/default/pods";
  const std::string pod =
      R"({"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"i"}]}})";

  std::string version() { return get(pods).text({"metadata", "resourceVersion"}); }
};

BOOST_FIXTURE_TEST_SUITE(a_dry_run, DryRun, *boost::unit_test::precondition(test::as_root))

BOOST_AUTO_TEST_CASE(changes_nothing_and_tells_nobody) {  // T-M04
  for (const auto* name : {"namespace_lifecycle", "limit_ranger", "service_account", "pod_security",
                           "always_pull_images"}) {
    load("admission_" + std::string(name));
  }
  auto watching = watch(pods + "?watch=true&resourceVersion=" + version());
  const auto before = version();

  auto answer = post(pods + "?dryRun=All", pod);
  while (answer.message().find("not yet ready") != std::string::npos) {
    std::this_thread::yield();
    answer = post(pods + "?dryRun=All", pod);
  }

  BOOST_TEST(answer.status == 201, answer.body);
  BOOST_TEST(answer.text({"spec", "serviceAccountName"}) == "default");
  BOOST_TEST(version() == before);
  BOOST_TEST(watching.taken().empty());
  BOOST_TEST(get(pods + "/a").status == 404);

  // The control: the real thing is seen by the same eyes.
  BOOST_TEST(post(pods, pod).status == 201);
  BOOST_TEST(version() != before);
  BOOST_TEST(watching.taken().size() == 1U);
}

BOOST_AUTO_TEST_CASE(is_refused_as_the_real_thing_is) {  // T-M04
  load("admission_pod_security");
  label_namespace("pod-security.kubernetes.io/enforce", "restricted");

  BOOST_TEST(post(pods + "?dryRun=All", pod).status == 403);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
