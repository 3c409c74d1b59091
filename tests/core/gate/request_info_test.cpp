// From method and target to what RBAC is asked. Each row is read once by a person, ever after here.

#include <boost/test/unit_test.hpp>

#include "core/gate/gate.hpp"

namespace pintle::gate {
namespace {

/// "verb group/version resource/subresource ns name", "path verb PATH", or "refused".
std::string read(std::string_view method, std::string_view target) {
  const auto parsed = parse_request_info(method, target);
  if (!parsed.ok()) {
    return parsed.error().code == Code::kBadRequest ? "refused" : "?";
  }
  const auto& what = parsed.value().attributes;
  if (!what.is_resource) {
    return "path " + what.verb + " " + what.path;
  }
  std::string text = what.verb + " " + (what.group.empty() ? "" : what.group + "/") + what.version +
                     " " + what.resource;
  text += what.subresource.empty() ? "" : "/" + what.subresource;
  text += " " + (what.ns.empty() ? std::string("-") : what.ns);
  return text + " " + (what.name.empty() ? "-" : what.name);
}

struct Row {
  std::string_view method;
  std::string_view target;
  std::string_view means;
};

void check(std::initializer_list<Row> rows) {
  for (const auto& row : rows) {
    BOOST_TEST(read(row.method, row.target) == row.means, row.method << " " << row.target);
  }
}

BOOST_AUTO_TEST_SUITE(a_request)

BOOST_AUTO_TEST_CASE(says_what_it_wants_by_method_and_path) {  // T-Z05
  check({
      {"GET", "/api/v1/pods", "list v1 pods - -"},
      {"GET", "/api/v1/pods/", "list v1 pods - -"},
      {"HEAD", "/api/v1/namespaces/a/pods/p", "get v1 pods a p"},
      {"GET", "/api/v1/namespaces/a/pods", "list v1 pods a -"},
      {"GET", "/api/v1/namespaces/a/pods/p", "get v1 pods a p"},
      {"GET", "/api/v1/namespaces/a/pods/p/log", "get v1 pods/log a p"},
      {"POST", "/api/v1/namespaces/a/pods", "create v1 pods a -"},
      {"PUT", "/api/v1/namespaces/a/pods/p/status", "update v1 pods/status a p"},
      {"PATCH", "/api/v1/nodes/n", "patch v1 nodes - n"},
      {"DELETE", "/api/v1/nodes/n", "delete v1 nodes - n"},
      {"DELETE", "/api/v1/nodes", "deletecollection v1 nodes - -"},
      {"GET", "/apis/apps/v1/namespaces/a/deployments/d", "get apps/v1 deployments a d"},
      {"GET", "/apis/apps/v1/deployments", "list apps/v1 deployments - -"},
  });
}

BOOST_AUTO_TEST_CASE(about_a_namespace_is_in_that_namespace) {
  check({
      {"GET", "/api/v1/namespaces", "list v1 namespaces - -"},
      {"GET", "/api/v1/namespaces/a", "get v1 namespaces a a"},
      {"PUT", "/api/v1/namespaces/a/finalize", "update v1 namespaces/finalize a a"},
      {"GET", "/api/v1/namespaces/a/status", "get v1 namespaces/status a a"},
      {"GET", "/api/v1/namespaces/status", "get v1 namespaces status status"},
  });
}

BOOST_AUTO_TEST_CASE(watches_only_by_GET_without_a_name_or_by_prefix) {  // T-Z05
  check({
      {"GET", "/api/v1/pods?watch=1", "watch v1 pods - -"},
      {"GET", "/api/v1/pods?watch=true", "watch v1 pods - -"},
      {"GET", "/api/v1/pods?watch", "watch v1 pods - -"},
      {"GET", "/api/v1/pods?watch=0", "list v1 pods - -"},
      {"GET", "/api/v1/pods?watch=false", "list v1 pods - -"},
      {"GET", "/api/v1/pods?watch=1&watch=0", "watch v1 pods - -"},
      {"GET", "/api/v1/pods?watch=0&watch=1", "list v1 pods - -"},
      {"POST", "/api/v1/namespaces/a/pods?watch=1", "create v1 pods a -"},
      {"DELETE", "/api/v1/namespaces/a/pods?watch=1", "deletecollection v1 pods a -"},
      {"GET", "/api/v1/namespaces/a/pods/p?watch=1", "get v1 pods a p"},
      {"GET", "/api/v1/watch/pods", "watch v1 pods - -"},
      {"GET", "/api/v1/watch/namespaces/a/pods/p", "watch v1 pods a p"},
      {"GET", "/apis/apps/v1/watch/namespaces/a/deployments", "watch apps/v1 deployments a -"},
      {"DELETE", "/api/v1/watch/namespaces/a/pods", " v1 pods a -"},
  });
}

BOOST_AUTO_TEST_CASE(names_its_object_by_field_selector_too) {
  check({
      {"GET", "/api/v1/secrets?fieldSelector=metadata.name%3Dx", "list v1 secrets - x"},
      {"GET", "/api/v1/secrets?watch=1&fieldSelector=metadata.name=x", "watch v1 secrets - x"},
      {"GET", "/api/v1/secrets?fieldSelector=metadata.name!%3Dx", "list v1 secrets - -"},
      {"DELETE", "/api/v1/namespaces/a/secrets?fieldSelector=metadata.name%3Dx",
       "deletecollection v1 secrets a -"},
  });
}

BOOST_AUTO_TEST_CASE(with_an_unknown_method_has_no_verb) {  // T-Z05
  check({
      {"FOO", "/api/v1/pods", " v1 pods - -"},
      {"get", "/api/v1/pods", " v1 pods - -"},
      {"CONNECT", "/api/v1/namespaces/a/pods/p/exec", " v1 pods/exec a p"},
  });
}

BOOST_AUTO_TEST_CASE(of_no_resource_is_its_path) {
  check({
      {"GET", "/", "path get /"},
      {"GET", "/api", "path get /api"},
      {"GET", "/api/v1", "path get /api/v1"},
      {"GET", "/apis/apps/v1", "path get /apis/apps/v1"},
      {"GET", "/healthz/ping?verbose", "path get /healthz/ping"},
      {"POST", "/metrics", "path post /metrics"},
      {"GET", "/API/V1/pods", "path get /API/V1/pods"},
      {"GET", "/apiss/apps/v1/pods", "path get /apiss/apps/v1/pods"},
  });
}

BOOST_AUTO_TEST_CASE(whose_path_can_be_read_in_two_ways_is_refused) {  // T-Z06
  check({
      {"GET", "/api/v1/namespaces/../pods", "refused"},
      {"GET", "/api/v1/namespaces/./pods", "refused"},
      {"GET", "/api/v1/namespaces/%2e%2e/pods", "refused"},
      {"GET", "/api/v1/namespaces/%2E./pods", "refused"},
      {"GET", "/api/v1/namespaces//pods", "refused"},
      {"GET", "/api/v1/namespaces/a/../b/secrets", "refused"},
      {"GET", "/api/v1/namespaces/a/pods/a%2fb", "refused"},
      {"GET", "/api/v1/namespaces/a/pods/a%00b", "refused"},
      {"GET", "/api/v1/namespaces/a/pods/a%2", "refused"},
      {"GET", "/api/v1/namespaces/a/pods/a%zz", "refused"},
      {"GET", "/healthz/../metrics", "refused"},
  });
}

BOOST_AUTO_TEST_CASE(with_odd_but_clear_paths_is_read_literally) {  // T-Z05
  check({
      {"GET", "//api/v1/secrets", "list v1 secrets - -"},
      {"GET", "/api/v1/secrets;x", "list v1 secrets;x - -"},
      {"GET", "/api/v1/%73ecrets", "list v1 secrets - -"},
      {"GET", "/api/v1/namespaces/a%20b/pods", "list v1 pods a b -"},
      {"GET", "/api/v1/namespaces/a/pods/...", "get v1 pods a ..."},
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::gate
