// Slow routes that others write: plugins over the C border, Poco handlers, and the way to a pod's
// kubelet.

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/StreamCopier.h>
#include <map>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/http/node_proxy.hpp"
#include "core/http/plugin_routes.hpp"
#include "core/http/poco_route.hpp"
#include "core/http/remote_object.hpp"
#include "tests/core/http/http_support.hpp"
#include "tests/core/http/shelf_store.hpp"

namespace pintle::http {
namespace {

using test::certificates;
using test::Client;

pintle_text text(std::string_view view) {
  return {view.data(), view.size()};
}

void echo(void* self, pintle_exchange* exchange) {
  const auto* table = plugin_exchange_table();
  const auto user = table->user(exchange);
  const auto target = table->target(exchange);
  const auto agent = table->header(exchange, text("user-agent"));
  table->begin(exchange, 203, text("Content-Type: text/plain\r\nX-A: b\r\n"));
  for (const auto& part : {text(static_cast<const char*>(self)), text(" "), user, text(" "), target,
                           text(" "), agent, text(" "), table->body(exchange)}) {
    table->write(exchange, part);
  }
}

pintle_route_table route(std::string_view prefixes, std::string_view listener = "kubelet") {
  return {.size = sizeof(pintle_route_table),
          .prefixes = text(prefixes),
          .listener = text(listener),
          .handle = echo};
}

struct Routed : test::TestServer {
  Routed() {
    for (const auto* path : {"/slow/a", "/slow/a/b", "/slow/ab", "/slow/other"}) {
      handler.on_slow(path, [this](Exchange& exchange) { routes.serve("joe", exchange); });
    }
    start();
  }
  ~Routed() { server->stop(std::chrono::milliseconds(0)); }

  std::string ask(const std::string& path) {
    return Client(server->port())
        .send("POST " + path +
              " HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\nContent-Length: 2\r\n\r\nhi")
        .read_answer()
        .body;
  }

  PluginRoutes routes{"kubelet"};
  std::string first = "first";
  std::string second = "second";
};

BOOST_FIXTURE_TEST_SUITE(plugin_routes, Routed)

BOOST_AUTO_TEST_CASE(go_to_the_plugin_with_the_longest_prefix) {
  const auto wide = route("/slow/a /slow/other");
  const auto narrow = route("/slow/a/");
  routes.change(&wide, first.data(), true);
  routes.change(&narrow, second.data(), true);

  BOOST_TEST(ask("/slow/a") == "first joe /slow/a me hi");
  BOOST_TEST(ask("/slow/a/b") == "second joe /slow/a/b me hi");
  BOOST_TEST(ask("/slow/ab").find("\"code\":404") != std::string::npos);
  BOOST_TEST(routes.matches("/slow/other"));
}

BOOST_AUTO_TEST_CASE(of_another_listener_are_not_served_here) {
  const auto elsewhere = route("/slow/a", "apiserver");
  routes.change(&elsewhere, first.data(), true);

  BOOST_TEST(!routes.matches("/slow/a"));
}

BOOST_AUTO_TEST_CASE(go_with_their_plugin_once_no_request_is_in_it) {
  static std::atomic<bool> is_inside = false;
  static std::atomic<bool> was_told = false;
  pintle_route_table waits = route("/slow/a");
  waits.handle = [](void*, pintle_exchange* exchange) {
    const auto* table = plugin_exchange_table();
    table->begin(exchange, 200, text(""));
    is_inside = true;
    while (table->client_gone(exchange) == 0) {
      std::this_thread::yield();
    }
    was_told = true;
  };
  routes.change(&waits, nullptr, true);
  Client peer(server->port());
  peer.send("GET /slow/a HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST_REQUIRE(test::eventually([&] { return is_inside.load(); }));

  routes.change(&waits, nullptr, false);

  BOOST_TEST(was_told);
  BOOST_TEST(!routes.matches("/slow/a"));
}

BOOST_AUTO_TEST_SUITE_END()

class PocoEcho final : public Poco::Net::HTTPRequestHandler {
 public:
  void handleRequest(Poco::Net::HTTPServerRequest& request,
                     Poco::Net::HTTPServerResponse& response) override {
    response.setStatus(Poco::Net::HTTPResponse::HTTP_CREATED);
    response.setContentType("text/plain");
    response.setChunkedTransferEncoding(true);
    auto& out = response.send();
    out << request.getMethod() << " " << request.getURI() << " " << request.get("X-A") << " ";
    Poco::StreamCopier::copyStream(request.stream(), out);
  }
};

BOOST_AUTO_TEST_SUITE(a_poco_handler)

BOOST_AUTO_TEST_CASE(serves_as_a_slow_route) {
  test::TestServer host;
  host.handler.on_slow("/slow", [](Exchange& exchange) {
    PocoEcho echoes;
    serve_with_poco(echoes, exchange);
  });
  host.start();
  const auto answer =
      Client(host.server->port())
          .send("POST /slow HTTP/1.1\r\nHost: x\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi")
          .read_answer();

  BOOST_TEST(answer.status == 201);
  BOOST_TEST(gate::find_header(answer.headers, "Content-Type") == "text/plain");
  BOOST_TEST(answer.body == "POST /slow b hi");
}

BOOST_AUTO_TEST_SUITE_END()

using test::ShelfStore;

struct Proxied {
  Proxied() : kubelet({.address = "127.0.0.1", .port = 0, .tls = certificates().server_files()}) {
    kubelet.start();
    add_pod("one", R"({"nodeName":"n1","containers":[{"name":"c"}]})");
    add_pod("two", R"({"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}],)"
                   R"("initContainers":[{"name":"i"}]})");
    add_pod("unbound", R"({"containers":[{"name":"c"}]})");
    add_pod("lost", R"({"nodeName":"gone","containers":[{"name":"c"}]})");
    add_node("127.0.0.1", kubelet.server->port());
    front.handler.on_slow("/slow", [this](Exchange& exchange) {
      const std::lock_guard lock(mutex);
      NodeProxy({.store = store, .cert_dir = certificates().dir, .own_port = own_port})
          .serve(info, exchange);
    });
    front.start();
  }

  void add_pod(const std::string& name, const std::string& spec) {
    const std::lock_guard lock(mutex);
    store.put("pods",
              R"({"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"1","name":")" +
                  name + R"(","namespace":"ns"},"spec":)" + spec + "}");
  }
  void add_node(const std::string& address, int port, const std::string& type = "InternalIP") {
    const std::lock_guard lock(mutex);
    store.put("nodes",
              R"({"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"1","name":"n1"},)"
              R"("status":{"addresses":[{"type":")" +
                  type + R"(","address":")" + address +
                  R"("}],"daemonEndpoints":{"kubeletEndpoint":{"Port":)" + std::to_string(port) +
                  "}}}}");
  }
  test::Answer ask(const std::string& pod, const std::string& subresource,
                   const std::string& query = "") {
    set_info(pod, subresource, query);
    return Client(front.server->port())
        .send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .read_answer();
  }
  void set_info(const std::string& pod, const std::string& subresource, const std::string& query) {
    const std::lock_guard lock(mutex);
    info = {};
    info.attributes = {.verb = "get",
                       .is_resource = true,
                       .version = "v1",
                       .resource = "pods",
                       .subresource = subresource,
                       .ns = "ns",
                       .name = pod};
    info.query = query;
  }
  std::string asked_of_kubelet() {
    const auto seen = kubelet.handler.seen();
    return seen.empty() ? "" : seen.back().target;
  }

  std::mutex mutex;
  ShelfStore store;  // Guarded by mutex, as are info and own_port.
  gate::RequestInfo info;
  std::uint16_t own_port = 0;
  test::TestServer kubelet;
  test::TestServer front;
};

bool says(const test::Answer& answer, std::string_view words) {
  return parse_json(answer.body).ok() &&
         text_at(parse_json(answer.body).value().value, {"message"}) == words;
}

BOOST_FIXTURE_TEST_SUITE(a_node_proxy, Proxied)

BOOST_AUTO_TEST_CASE(finds_the_kubelet_of_a_pod_and_asks_in_its_words) {
  ask("one", "log", "follow=true&tailLines=5&timestamps=1&previous=false");
  BOOST_TEST(asked_of_kubelet() ==
             "/containerLogs/ns/one/c?follow=true&timestamps=true&tailLines=5");
  ask("two", "exec", "container=b&command=sh&command=-c&command=echo+a%26b&stdin=true&stdout=1");
  BOOST_TEST(asked_of_kubelet() ==
             "/exec/ns/two/b?input=1&output=1&command=sh&command=-c&command=echo%20a%26b");
  ask("one", "attach", "stdout=true&stderr=true&tty=true");
  BOOST_TEST(asked_of_kubelet() == "/attach/ns/one/c?output=1&error=1&tty=1");
  ask("one", "portforward", "ports=80");

  BOOST_TEST(asked_of_kubelet() == "/portForward/ns/one?port=80");
  BOOST_TEST(kubelet.handler.seen().back().certificate->trusted);
}

BOOST_AUTO_TEST_CASE(wants_to_know_the_container) {
  BOOST_TEST(says(ask("two", "log"),
                  "a container name must be specified for pod two, choose one of: [a b] or one of "
                  "the init containers: [i]"));
  BOOST_TEST(says(ask("one", "log", "container=x"), "container x is not valid for pod one"));
  BOOST_TEST(ask("two", "log", "container=i").status == 200);
}

BOOST_AUTO_TEST_CASE(says_what_is_missing) {
  BOOST_TEST(says(ask("nobody", "log"), "pods \"nobody\" not found"));
  BOOST_TEST(ask("nobody", "log").status == 404);
  BOOST_TEST(says(ask("unbound", "exec", "stdout=1&command=x"),
                  "pod unbound does not have a host assigned"));
  BOOST_TEST(ask("unbound", "log").body == "");
  BOOST_TEST(says(ask("lost", "log"), "nodes \"gone\" not found"));
  BOOST_TEST(says(ask("one", "exec", "command=x"),
                  "you must specify at least 1 of stdin, stdout, stderr"));
  BOOST_TEST(says(ask("one", "exec", "stdin=1"),
                  "you must specify at least one command for the container"));
  BOOST_TEST(ask("one", "log", "tailLines=-1").status == 422);
  BOOST_TEST(kubelet.handler.handled() == 0);
}

// T-X03, T-X04.
BOOST_AUTO_TEST_CASE(dials_no_address_that_is_no_node_s) {
  const int port = kubelet.server->port();
  for (const auto* address : {"0.0.0.0", "224.0.0.1", "169.254.169.254", "::", "::ffff:127.0.0.1",
                              "255.255.255.255", "fe80::1"}) {
    add_node(address, port);
    BOOST_TEST(ask("one", "log").status == 400, address);
  }
  add_node("127.0.0.1", port, "Hostname");
  BOOST_TEST(ask("one", "log").status == 400);
  add_node("127.0.0.1", port);
  {
    const std::lock_guard lock(mutex);
    own_port = kubelet.server->port();
  }
  BOOST_TEST(ask("one", "log").status == 400);

  BOOST_TEST(kubelet.handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(says_when_the_node_can_t_be_reached) {
  const auto port = kubelet.server->port();
  kubelet.server->stop(std::chrono::milliseconds(0));
  const auto where = "dial tcp 127.0.0.1:" + std::to_string(port) + ": connect: connection refused";

  BOOST_TEST(says(ask("one", "exec", "stdout=1&command=x"),
                  "Internal error occurred: error dialing backend: " + where));
  BOOST_TEST(ask("one", "log").body.find(where) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
