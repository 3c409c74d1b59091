// What the example promises.

#include "plugins/scheduler_example/example.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::scheduler_example {
namespace {

sdk::NodeInfo a_node_with(std::int64_t pods) {
  sdk::NodeInfo node;
  node.name = "n1";
  node.pod_count = pods;
  return node;
}

BOOST_AUTO_TEST_SUITE(the_example_policy)

BOOST_AUTO_TEST_CASE(likes_the_node_with_fewer_pods) {
  const Example example("example");

  BOOST_TEST(example.score({}, a_node_with(1)) > example.score({}, a_node_with(2)));
}

BOOST_AUTO_TEST_CASE(stays_within_the_scale) {
  const Example example("example");

  BOOST_TEST(example.score({}, a_node_with(0)) == 100);
  BOOST_TEST(example.score({}, a_node_with(1'000'000)) == 0);
}

BOOST_AUTO_TEST_CASE(refuses_no_node_itself_and_leaves_that_to_the_default_filters) {
  const Example example("example");

  BOOST_TEST(example.filter({}, a_node_with(5)).empty());
  BOOST_TEST(example.with_default_filters());
}

BOOST_AUTO_TEST_CASE(places_the_pods_that_name_it) {
  BOOST_TEST(Example("mine").scheduler_name() == "mine");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::scheduler_example
