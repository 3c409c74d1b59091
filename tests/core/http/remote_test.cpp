// The cluster over HTTPS: requests, and subscriptions that survive what servers do.

#include "core/http/remote.hpp"

#include <map>
#include <mutex>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/gate/gate.hpp"
#include "core/http/remote_object.hpp"
#include "tests/core/http/http_support.hpp"

namespace pintle::http {
namespace {

using test::certificates;
using Change = loader::Backend::Change;

/// A watch whose events are all there from the start; then it ends, or stays silent.
class CannedStream final : public gate::Stream {
 public:
  CannedStream(std::string text, bool ends) : text_(std::move(text)), ends_(ends) {}
  State pull(std::string& out, std::size_t) override {
    out += std::exchange(text_, {});
    return ends_ ? State::kEnd : State::kWait;
  }
  void set_waker(std::function<void()>) override {}

 private:
  std::string text_;
  const bool ends_;
};

std::string pod(const std::string& name, int version) {
  return R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":")" + name +
         R"(","namespace":"ns","uid":"u1","labels":{"b":"2","a":"1"},"resourceVersion":")" +
         std::to_string(version) + R"("},"spec":{"nodeName":"n1"}})";
}

std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

struct Cluster : test::TestServer {
  Cluster()
      : test::TestServer(
            {.address = "127.0.0.1", .port = 0, .tls = certificates().server_files()}) {
    const auto pair =
        auth::issue_client_certificate(certificates().dir, "joe", {}, std::chrono::hours(1), clock)
            .value();
    config.server_url = "https://127.0.0.1:" + std::to_string(server->port());
    config.ca_pem = test::read_text(certificates().dir.ca_certificate());
    config.certificate_pem = pair.certificate_pem;
    config.key_pem = pair.key_pem;
    handler.on("/api/v1/pods", [this](const gate::Request& request, const gate::Respond& respond) {
      answer_pods(request, respond);
    });
    start();
  }

  ~Cluster() { server->stop(std::chrono::milliseconds(0)); }

  void answer_pods(const gate::Request& request, const gate::Respond& respond) {
    const std::lock_guard lock(mutex);
    gate::Response response;
    if (request.target.find("watch=true") == std::string::npos) {
      ++lists;
      response.body = R"({"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":")" +
                      list_version + R"("},"items":[)" + items + "]}";
      respond(std::move(response));
      return;
    }
    const auto at = request.target.find("resourceVersion=") + 16;
    const std::string from = request.target.substr(at, request.target.find('&', at) - at);
    watched_from.push_back(from);
    const auto found = watches.find(from);
    response.body = std::make_unique<CannedStream>(found == watches.end() ? "" : found->second,
                                                   /*ends=*/found != watches.end());
    respond(std::move(response));
  }

  void hold(const std::string& pods, std::map<std::string, std::string> watched) {
    const std::lock_guard lock(mutex);
    items = pods;
    watches = std::move(watched);
  }

  auth::ClientConfig config;
  std::mutex mutex;  // Guards what follows.
  std::string list_version = "10";
  std::string items;
  std::map<std::string, std::string> watches;  // By the version asked from; each ends. Others wait.
  std::vector<std::string> watched_from;
  int lists = 0;
};

std::string name_of(const Change& change) {
  return change.object ? change.object->name() : "";
}

/// The next change, as "ADDED web 7".
std::string next(loader::Backend::Subscription& subscription) {
  Change change;
  if (subscription.next(10'000, change) != 1) {
    return "nothing";
  }
  constexpr const char* kTypes[] = {"?", "ADDED", "MODIFIED", "DELETED", "SYNCED", "RELISTED"};
  const std::string type = kTypes[change.type];
  return change.object
             ? type + " " + name_of(change) + " " + std::to_string(change.object->revision())
             : type;
}

BOOST_FIXTURE_TEST_SUITE(one_request, Cluster)

BOOST_AUTO_TEST_CASE(brings_the_answer_and_shows_the_certificate) {
  const auto answer = request_once(config, "POST", "/a?b=c", "application/json", "{}");

  BOOST_TEST_REQUIRE(answer.ok());
  BOOST_TEST(answer.value().status == 200);
  BOOST_TEST(answer.value().body == "POST /a?b=c {}");
  BOOST_TEST(handler.seen()[0].certificate->common_name == "joe");
}

BOOST_AUTO_TEST_CASE(carries_a_token_or_a_password) {
  config.certificate_pem = config.key_pem = "";
  config.token = "t0k3n";
  BOOST_TEST_REQUIRE(request_once(config, "GET", "/", "", "").ok());
  config.token = "";
  config.username = "joe";
  config.password = "secret";
  BOOST_TEST_REQUIRE(request_once(config, "GET", "/", "", "").ok());

  BOOST_TEST(gate::find_header(handler.seen()[0].headers, "Authorization") == "Bearer t0k3n");
  BOOST_TEST(gate::find_header(handler.seen()[1].headers, "Authorization") ==
             "Basic am9lOnNlY3JldA==");
}

// T-T07.
BOOST_AUTO_TEST_CASE(is_not_sent_to_a_server_of_another_authority) {
  const test::Certificates strangers;
  config.ca_pem = test::read_text(strangers.dir.ca_certificate());
  const auto answer = request_once(config, "GET", "/", "", "");

  BOOST_TEST_REQUIRE(!answer.ok());
  BOOST_TEST((answer.error().code == Code::kServiceUnavailable));
  BOOST_TEST(handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(to_nobody_names_the_server) {
  server->stop(std::chrono::milliseconds(0));
  const auto answer = request_once(config, "GET", "/", "", "");

  BOOST_TEST_REQUIRE(!answer.ok());
  BOOST_TEST(answer.error().message.find(config.server_url) != std::string::npos);
  BOOST_TEST(answer.error().message.find("connection refused") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(needs_an_https_address) {
  config.server_url = "http://127.0.0.1:1";

  BOOST_TEST((request_once(config, "GET", "/", "", "").error().code == Code::kInvalid));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_remote_backend, Cluster)

BOOST_AUTO_TEST_CASE(gets_objects_as_the_server_keeps_them) {
  handler.on("/api/v1/namespaces/ns/pods/web",
             [](const gate::Request&, const gate::Respond& respond) {
               gate::Response response;
               response.body = pod("web", 7);
               respond(std::move(response));
             });
  const auto backend = make_remote_backend(config, null_log());
  const auto object = backend->get("/api/v1/namespaces/ns/pods/web");

  BOOST_TEST_REQUIRE(object != nullptr);
  BOOST_TEST((object->key() == Key{"pods", "ns", "web"}));
  BOOST_TEST(object->revision() == 7U);
  BOOST_TEST(object->uid() == "u1");
  BOOST_TEST((object->labels() == TextPairs{{"a", "1"}, {"b", "2"}}));
  BOOST_TEST(text_at(object->tree(), {"spec", "nodeName"}) == "n1");
  BOOST_TEST(text_at(object->tree(), {"metadata", "resourceVersion"}) == "7");
  BOOST_TEST(object->json_of_item().starts_with("\"metadata\""));
}

BOOST_AUTO_TEST_CASE(answers_each_request_once_many_at_a_time) {
  std::atomic<int> replies = 0;
  std::atomic<int> good = 0;
  const auto backend = make_remote_backend(config, null_log());
  for (int i = 0; i < 100; ++i) {
    backend->request("POST", "/x", "", "{}", [&](int status, std::string_view body) {
      good += status == 200 && body == "POST /x {}" ? 1 : 0;
      ++replies;
    });
  }

  BOOST_TEST(test::eventually([&] { return replies == 100; }));
  BOOST_TEST(good == 100);
}

BOOST_AUTO_TEST_CASE(lists_then_watches_and_resumes_where_a_watch_ended) {
  hold(pod("a", 3) + "," + pod("b", 9),
       {{"10", event("MODIFIED", pod("a", 11)) +
                   event("BOOKMARK", R"({"metadata":{"resourceVersion":"15"}})")},
        {"15", event("DELETED", pod("b", 16))}});
  const auto backend = make_remote_backend(config, null_log());
  const auto pods = backend->subscribe("/api/v1/pods").value();
  const auto rings = std::make_shared<std::atomic<int>>(0);
  pods->on_ready([rings] { ++*rings; });

  BOOST_TEST(next(*pods) == "ADDED a 3");
  BOOST_TEST(*rings > 0);
  BOOST_TEST(next(*pods) == "ADDED b 9");
  BOOST_TEST(next(*pods) == "SYNCED");
  BOOST_TEST(next(*pods) == "MODIFIED a 11");
  BOOST_TEST(next(*pods) == "DELETED b 16");
  BOOST_TEST(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return watched_from == std::vector<std::string>{"10", "15", "16"};
  }));
  const std::lock_guard lock(mutex);
  BOOST_TEST(lists == 1);
}

BOOST_AUTO_TEST_CASE(lists_again_when_the_log_was_lost) {
  hold(
      pod("a", 3),
      {{"10", event("ERROR", R"({"kind":"Status","code":410,"reason":"Expired","metadata":{}})")}});
  const auto backend = make_remote_backend(config, null_log());
  const auto pods = backend->subscribe("/api/v1/pods").value();
  BOOST_TEST(next(*pods) == "ADDED a 3");
  BOOST_TEST(next(*pods) == "SYNCED");

  BOOST_TEST(next(*pods) == "RELISTED");
  BOOST_TEST(next(*pods) == "ADDED a 3");
  BOOST_TEST(next(*pods) == "SYNCED");
}

BOOST_AUTO_TEST_CASE(is_let_go_while_a_watch_is_silent_and_when_woken) {
  const auto backend = make_remote_backend(config, null_log());
  auto pods = backend->subscribe("/api/v1/pods").value();
  BOOST_TEST(next(*pods) == "SYNCED");
  BOOST_TEST_REQUIRE(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return watched_from.size() == 1;
  }));
  Change change;
  pods->wake();

  BOOST_TEST(pods->next(10'000, change) == -1);
  BOOST_TEST(pods->next(1, change) == 0);
  pods = nullptr;  // Does not wait for the watch to end by itself.
}

BOOST_AUTO_TEST_CASE(says_when_it_may_not_look) {
  handler.on("/api/v1/secrets", [](const gate::Request&, const gate::Respond& respond) {
    gate::Response response;
    response.status = 403;
    response.body = std::string(
        R"({"kind":"Status","status":"Failure","reason":"Forbidden","message":"no","code":403})");
    respond(std::move(response));
  });
  const auto backend = make_remote_backend(config, null_log());
  const auto secrets = backend->subscribe("/api/v1/secrets");

  BOOST_TEST_REQUIRE(!secrets.ok());
  BOOST_TEST((secrets.error().code == Code::kForbidden));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
