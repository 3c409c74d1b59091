// `pintle ps` over a runtime in memory. K4

#include "plugins/kubelet/ps.hpp"

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/tests/fake_runtime.hpp"

namespace pintle::kubelet {
namespace {

BOOST_AUTO_TEST_SUITE(the_table_of_ps)

BOOST_AUTO_TEST_CASE(shows_sandboxes_and_containers_by_pod) {
  test::FakeRuntime runtime;
  SandboxConfig sandbox;
  sandbox.labels = {{kPodNamespaceLabel, "default"}, {kPodNameLabel, "web"}, {kPodUidLabel, "u"}};
  const auto id = runtime.run_sandbox(sandbox);
  ContainerConfig container;
  container.name = "nginx";
  container.labels = sandbox.labels;
  BOOST_REQUIRE(runtime.create_container(id.value(), container, sandbox).ok());

  const auto table = ps_table(runtime, WallTime(std::chrono::seconds{90}));

  BOOST_REQUIRE(table.ok());
  BOOST_TEST(table.value() ==
             "NAMESPACE   POD   CONTAINER   STATE     RESTARTS   AGE   ID\n"
             "default     web   (sandbox)   Ready     0          90s   s1\n"
             "default     web   nginx       Created   0          90s   c1002\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
