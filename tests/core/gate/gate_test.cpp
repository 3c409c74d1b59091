// The road of a request: who may pass, what is told to who may not, and what is written down.

#include <boost/test/unit_test.hpp>

#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using test::Cluster;
using test::Heard;

/// Only admin may do anything; requests come from the network.
struct OneAdmin : Cluster {
  OneAdmin() {
    authorizer.allows = [](const auth::Identity& asking, const auth::Attributes& /*what*/) {
      return asking.user == "admin";
    };
  }

  Heard send(const std::string& method, const std::string& target, gate::Headers headers,
             const std::string& body = "") {
    const auto promise = std::make_shared<std::promise<gate::Response>>();
    gate.handle({.method = method,
                 .target = target,
                 .headers = std::move(headers),
                 .body = body,
                 .certificate = nullptr,
                 .remote_address = "10.0.0.7:51234"},
                [promise](gate::Response response) { promise->set_value(std::move(response)); });
    return hear(promise->get_future().get());
  }

  Heard as(const std::string& user, const std::string& target, const std::string& method = "GET") {
    return send(method, target, {{"authorization", "user:" + user}});
  }
};

BOOST_FIXTURE_TEST_SUITE(the_gate, OneAdmin)

BOOST_AUTO_TEST_CASE(lets_in_who_may) {
  BOOST_TEST(as("admin", "/api/v1/pods").status == 200);
}

BOOST_AUTO_TEST_CASE(knows_slow_credentials_too) {
  BOOST_TEST(send("GET", "/api/v1/pods", {{"Authorization", "slow:admin"}}).status == 200);
}

BOOST_AUTO_TEST_CASE(answers_a_wrong_credential_with_401_never_as_anonymous) {  // T-A03
  const auto refused = send("GET", "/api/v1/pods", {{"Authorization", "what"}});

  BOOST_TEST(refused.status == 401);
  BOOST_TEST(refused.reason() == "Unauthorized");
}

BOOST_AUTO_TEST_CASE(says_who_may_not_do_what) {
  BOOST_TEST(as("joe", "/api/v1/namespaces/default/pods").status == 403);
  BOOST_TEST(as("joe", "/api/v1/namespaces/default/pods").message() ==
             "pods is forbidden: User \"joe\" cannot list resource \"pods\" in API group \"\" in "
             "the namespace \"default\"");
  BOOST_TEST(as("joe", "/apis/apps/v1/namespaces/a/deployments/d/status").message() ==
             "deployments.apps \"d\" is forbidden: User \"joe\" cannot get resource "
             "\"deployments/status\" in API group \"apps\" in the namespace \"a\"");
  BOOST_TEST(as("joe", "/api/v1/nodes").message() ==
             "nodes is forbidden: User \"joe\" cannot list resource \"nodes\" in API group \"\" at "
             "the cluster scope");
  BOOST_TEST(as("joe", "/metrics").message() ==
             "forbidden: User \"joe\" cannot get path \"/metrics\"");
}

BOOST_AUTO_TEST_CASE(asks_about_exec_and_its_kin_as_create) {  // T-Z11
  BOOST_TEST(as("joe", "/api/v1/namespaces/a/pods/p/exec").message() ==
             "pods \"p\" is forbidden: User \"joe\" cannot create resource \"pods/exec\" in API "
             "group \"\" in the namespace \"a\"");
}

BOOST_AUTO_TEST_CASE(tells_nothing_of_what_exists_to_who_may_not_know) {  // T-Z08
  make_config_map("a");

  const auto there = as("joe", "/api/v1/namespaces/default/configmaps/a");
  const auto missing = as("joe", "/api/v1/namespaces/default/configmaps/b");
  const auto selected = as("joe", "/api/v1/configmaps?fieldSelector=nonsense%3D1");

  BOOST_TEST(there.status == 403);
  BOOST_TEST(missing.status == 403);
  BOOST_TEST(selected.status == 403);
}

BOOST_AUTO_TEST_CASE(refuses_to_impersonate_rather_than_ignore_it) {  // T-A05
  const auto refused =
      send("GET", "/api/v1/pods", {{"Authorization", "user:admin"}, {"impersonate-user", "joe"}});

  BOOST_TEST(refused.status == 403);
}

BOOST_AUTO_TEST_CASE(has_a_status_for_paths_it_does_not_serve) {
  const auto kind = as("admin", "/api/v1/unicorns");
  const auto deeper = as("admin", "/api/v1/namespaces/a/pods/p/status/x");
  const auto scope = as("admin", "/api/v1/namespaces/a/nodes");
  const auto path = as("admin", "/unicorns");

  for (const auto* heard : {&kind, &deeper, &scope, &path}) {
    BOOST_TEST(heard->status == 404);
    BOOST_TEST(heard->reason() == "NotFound");
    BOOST_TEST(heard->message() == "the server could not find the requested resource");
  }
}

BOOST_AUTO_TEST_CASE(has_a_status_for_methods_it_does_not_serve) {
  const auto nowhere = as("admin", "/api/v1/pods", "POST");
  const auto collection = as("admin", "/api/v1/namespaces/a/pods", "PUT");
  const auto unknown = as("admin", "/api/v1/pods", "FOO");
  const auto path = as("admin", "/version", "DELETE");

  for (const auto* heard : {&nowhere, &collection, &unknown, &path}) {
    BOOST_TEST(heard->status == 405);
    BOOST_TEST(heard->reason() == "MethodNotAllowed");
  }
}

BOOST_AUTO_TEST_CASE(refuses_path_traps_before_anything_else) {  // T-Z06
  make_config_map("a", "{}", "secret");

  for (const auto* target :
       {"/api/v1/namespaces/../configmaps", "/api/v1/namespaces/%2e%2e/configmaps",
        "/api/v1/namespaces/x%2f..%2fsecret/configmaps",
        "/api/v1/namespaces/secret/configmaps/a%00"}) {
    const auto refused = as("admin", target);
    BOOST_TEST(refused.status == 400, target);
    BOOST_TEST(refused.body.find("\"uid\"") == std::string::npos, target);
  }
}

BOOST_AUTO_TEST_CASE(watches_by_path_only_what_was_authorised) {  // T-Z05
  make_config_map("a");
  make_config_map("b");
  authorizer.allows = [](const auth::Identity& /*asking*/, const auth::Attributes& what) {
    return what.name == "a";
  };

  auto watching =
      watch("/api/v1/watch/namespaces/default/configmaps/a?fieldSelector=metadata.name%3Db");

  BOOST_TEST(watching.taken().empty());
}

BOOST_AUTO_TEST_CASE(indents_for_people_at_a_terminal) {
  const gate::Headers curl = {{"Authorization", "user:admin"}, {"User-Agent", "curl/7.88.1"}};

  BOOST_TEST(send("GET", "/api/v1/pods", curl).body.starts_with("{\n  \"kind\": \"PodList\""));
  BOOST_TEST(send("GET", "/api/v1/pods?pretty=false", curl).body.starts_with("{\"kind\""));
  BOOST_TEST(as("admin", "/api/v1/pods").body.starts_with("{\"kind\""));
}

BOOST_AUTO_TEST_CASE(writes_one_line_a_request) {
  const auto heard = as("joe", "/api/v1/namespaces/a/pods/p", "DELETE");

  BOOST_REQUIRE(audit.records.size() == 1U);
  const auto& record = audit.records[0];
  BOOST_TEST(record.id == heard.header("Audit-Id"));
  BOOST_TEST(record.who.user == "joe");
  BOOST_TEST(record.who.authenticator == "test");
  BOOST_TEST(record.what.verb == "delete");
  BOOST_TEST(record.what.name == "p");
  BOOST_TEST(record.status == 403);
  BOOST_TEST(record.reason == "Forbidden");
  BOOST_TEST(record.decision == "forbid");
  BOOST_TEST(record.remote_address == "10.0.0.7:51234");
}

BOOST_AUTO_TEST_CASE(admits_to_slow_routes_only_who_may) {
  const auto ask_to = [&](const std::string& user) {
    std::string admitted;
    int refused = 0;
    gate.admit(
        {.method = "GET",
         .target = "/api/v1/namespaces/a/pods/p/exec?command=ls",
         .headers = {{"Authorization", "user:" + user}},
         .body = "",
         .certificate = nullptr,
         .remote_address = ""},
        [&](gate::Admitted let_in) { admitted = let_in.who.user; },
        [&](gate::Response response) { refused = response.status; });
    return std::pair(admitted, refused);
  };

  BOOST_TEST((ask_to("admin") == std::pair(std::string("admin"), 0)));
  BOOST_TEST((ask_to("joe") == std::pair(std::string(), 403)));
  BOOST_TEST(audit.records.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_audit_log)

BOOST_AUTO_TEST_CASE(is_one_JSON_line_a_record_that_only_its_owner_reads) {
  const test::TempDirectory directory;
  const auto file = directory.path() / "audit.log";
  auto log = gate::Audit::make(file);
  BOOST_REQUIRE(log.ok());

  gate::AuditRecord record;
  record.id = "1";
  record.who.user = "jo\"e\n";
  record.what = {.verb = "get", .is_resource = true, .resource = "pods", .name = "p"};
  record.status = 200;
  log.value()->write(record);
  log.value()->write(record);

  std::ifstream in(file);
  std::string line;
  int lines = 0;
  while (std::getline(in, line)) {
    ++lines;
    const auto parsed = parse_json(line);
    BOOST_REQUIRE(parsed.ok());
    const auto& event = parsed.value().value;
    BOOST_TEST(text_at(event, {"kind"}) == "Event");
    BOOST_TEST(text_at(event, {"apiVersion"}) == "audit.k8s.io/v1");
    BOOST_TEST(text_at(event, {"user", "username"}) == "jo\"e\n");
    BOOST_TEST(text_at(event, {"objectRef", "resource"}) == "pods");
  }
  BOOST_TEST(lines == 2);
  BOOST_TEST((std::filesystem::status(file).permissions() ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)));
}

BOOST_AUTO_TEST_CASE(that_can_not_be_written_is_refused_at_start) {
  BOOST_TEST(!gate::Audit::make("/nonexistent/audit.log").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
