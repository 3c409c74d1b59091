// API paths, made and read.

#include "core/sdk/path.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle::sdk {
namespace {

BOOST_AUTO_TEST_SUITE(a_path)

BOOST_AUTO_TEST_CASE(is_made_from_its_parts) {
  BOOST_TEST(to_text({.resource = "nodes"}) == "/api/v1/nodes");
  BOOST_TEST(to_text({.resource = "pods", .ns = "d", .name = "a", .subresource = "status"}) ==
             "/api/v1/namespaces/d/pods/a/status");
  BOOST_TEST(to_text({.group = "apps", .resource = "deployments", .query = "limit=5"}) ==
             "/apis/apps/v1/deployments?limit=5");
}

BOOST_AUTO_TEST_CASE(is_read_back_as_it_was_made) {
  for (const std::string text :
       {"/api/v1/nodes", "/api/v1/namespaces", "/api/v1/namespaces/d",
        "/api/v1/namespaces/d/finalize", "/api/v1/namespaces/d/status", "/api/v1/namespaces/d/pods",
        "/api/v1/namespaces/d/pods/a/status",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node?limit=5"}) {
    const auto path = parse_path(text);
    BOOST_REQUIRE(path.has_value());
    BOOST_TEST(to_text(*path) == text);
  }
}

BOOST_AUTO_TEST_CASE(of_no_resource_is_nothing) {
  for (const char* text :
       {"", "/", "/api", "/api/v1", "/apis/apps/v1", "/healthz", "/api/v1/pods/a/b/c"}) {
    BOOST_TEST(!parse_path(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(escapes_what_would_mean_something) {
  BOOST_TEST(query_escaped("spec.nodeName=n 1&x") == "spec.nodeName%3Dn%201%26x");
  BOOST_TEST(query_unescaped("a%3Db+c%2") == "a=b c%2");
  BOOST_TEST(query_value("a=1&b=%3D", "b").value() == "=");
  BOOST_TEST(!query_value("a=1", "b").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
