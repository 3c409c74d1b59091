// Which taint a node is made with.

#include "plugins/admission_taint_nodes/taint_nodes.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_taint_nodes {
namespace {

constexpr const char* kTaint = R"([{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}])";

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  std::unique_ptr<TaintNodes> plugin = TaintNodes::make(host.host(), JsonObject()).value();

  std::string taints(const std::string& node, const test::AdmissionCall& call = {
                                                  .resource = "nodes", .kind = "Node", .ns = ""}) {
    Json made = test::json(node);
    BOOST_TEST(server.admit(call, made).ok());
    return to_json(JsonArray(array_at(made, {"spec", "taints"})));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_new_node, Cluster)

BOOST_AUTO_TEST_CASE(takes_no_pods_yet) {
  BOOST_TEST(taints(R"({"metadata":{"name":"n"},"spec":{}})") == kTaint);
  BOOST_TEST(taints(R"({"metadata":{"name":"n"}})") == kTaint);
}

BOOST_AUTO_TEST_CASE(keeps_the_taints_it_brings) {
  BOOST_TEST(taints(R"({"spec":{"taints":[{"key":"gpu","effect":"NoSchedule"}]}})") ==
             R"([{"key":"gpu","effect":"NoSchedule"},)"
             R"({"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"}])");
}

BOOST_AUTO_TEST_CASE(has_the_taint_once) {
  BOOST_TEST(taints(std::string(R"({"spec":{"taints":)") + kTaint + "}}") == kTaint);
}

BOOST_AUTO_TEST_CASE(may_lose_the_taint_by_an_update) {
  BOOST_TEST(taints(R"({"spec":{}})", {.operation = "UPDATE", .resource = "nodes"}) == "[]");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_taint_nodes
