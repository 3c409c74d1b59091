// The proxy of pods, services and nodes: who is found, what is sent on, and what comes back.

#include "core/http/api_proxy.hpp"

#include <string>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "core/http/html_links.hpp"
#include "tests/core/http/http_support.hpp"
#include "tests/core/http/shelf_store.hpp"

namespace pintle::http {
namespace {

using test::Client;

/// A pod "web" at 10.0.0.7, a service "web" before it, and a node "n1".
struct SmallCluster {
  SmallCluster() {
    store.put("pods", R"({"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"1",
      "name":"web","namespace":"ns"},"spec":{"containers":[{"ports":[{"containerPort":8080}]}]},
      "status":{"podIP":"10.0.0.7","podIPs":[{"ip":"10.0.0.7"}]}})");
    store.put("services", R"({"kind":"Service","apiVersion":"v1","metadata":{"resourceVersion":"1",
      "name":"web","namespace":"ns"},"spec":{"ports":[{"name":"http","port":80}]}})");
    put_endpoint("10.0.0.7", "web");
    store.put("nodes", R"({"kind":"Node","apiVersion":"v1","metadata":{"resourceVersion":"1",
      "name":"n1"},"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.1"}],
      "daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})");
  }

  void put_endpoint(const std::string& ip, const std::string& pod) {
    store.put("endpoints", R"({"kind":"Endpoints","apiVersion":"v1","metadata":{
      "resourceVersion":"1","name":"web","namespace":"ns"},"subsets":[{"ports":[
      {"name":"http","port":8080}],"addresses":[{"ip":")" +
                               ip + R"(","targetRef":{"kind":"Pod","namespace":"ns","name":")" +
                               pod + R"("}}]}]})");
  }

  Result<ProxyTarget> find(const std::string& resource, const std::string& name) {
    gate::RequestInfo info;
    info.attributes.is_resource = true;
    info.attributes.resource = resource;
    info.attributes.subresource = "proxy";
    info.attributes.ns = resource == "nodes" ? "" : "ns";
    info.attributes.name = name;
    return find_proxy_target(store, info, 6443);
  }
  /// "http 10.0.0.7:80", "kubelet 192.0.2.1:10250", or why not.
  std::string where(const std::string& resource, const std::string& name) {
    const auto found = find(resource, name);
    if (!found.ok()) {
      return found.error().message;
    }
    const auto& target = found.value();
    return (target.is_kubelet ? "kubelet "
            : target.tls      ? "https "
                              : "http ") +
           authority_of(target.address);
  }

  test::ShelfStore store;
};

BOOST_FIXTURE_TEST_SUITE(a_proxied_name, SmallCluster)

BOOST_AUTO_TEST_CASE(of_a_pod_leads_to_its_address) {
  BOOST_TEST(where("pods", "web") == "http 10.0.0.7:8080");
  BOOST_TEST(where("pods", "web:9") == "http 10.0.0.7:9");
  BOOST_TEST(where("pods", "https:web:443") == "https 10.0.0.7:443");
  BOOST_TEST(where("pods", "ftp:web:21") == "invalid pod request \"ftp:web:21\"");
  BOOST_TEST(where("pods", "gone") == "pods \"gone\" not found");
}

BOOST_AUTO_TEST_CASE(of_a_service_leads_to_a_pod_behind_it) {
  BOOST_TEST(where("services", "web:http") == "http 10.0.0.7:8080");
  BOOST_TEST(where("services", "https:web:80") == "https 10.0.0.7:8080");
  BOOST_TEST(where("services", "web:81") == "no service port 81 found for service \"web\"");
  BOOST_TEST(where("services", "web:other") == "no endpoints available for service \"web:other\"");
}

BOOST_AUTO_TEST_CASE(of_a_service_never_leads_elsewhere) {
  put_endpoint("10.0.0.8", "web");
  BOOST_TEST(where("services", "web:http") == "no endpoints available for service \"web:http\"");

  put_endpoint("10.0.0.7", "gone");
  BOOST_TEST(where("services", "web:http") == "no endpoints available for service \"web:http\"");
}

BOOST_AUTO_TEST_CASE(of_a_node_leads_to_its_kubelet_unless_another_port_is_asked_for) {
  BOOST_TEST(where("nodes", "n1") == "kubelet 192.0.2.1:10250");
  BOOST_TEST(where("nodes", "n1:10250") == "kubelet 192.0.2.1:10250");
  BOOST_TEST(where("nodes", "n1:9100") == "http 192.0.2.1:9100");
}

BOOST_AUTO_TEST_CASE(is_cut_from_the_path_that_is_meant_for_the_backend) {
  const auto of_pod = split_proxied_path("/api/v1/namespaces/ns/pods/proxy/proxy/a/proxy/");
  const auto of_node = split_proxied_path("/api/v1/nodes/n1/proxy");

  BOOST_TEST(of_pod.prefix == "/api/v1/namespaces/ns/pods/proxy/proxy");
  BOOST_TEST(of_pod.rest == "/a/proxy/");
  BOOST_TEST(of_node.prefix == "/api/v1/nodes/n1/proxy");
  BOOST_TEST(of_node.rest == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_link)

BOOST_AUTO_TEST_CASE(from_the_root_is_put_below_the_proxy) {
  BOOST_TEST(rewrite_link("/a?b", "/p/proxy", "h:1") == "/p/proxy/a?b");
  BOOST_TEST(rewrite_link("http://h:1/a", "/p/proxy", "h:1") == "/p/proxy/a");
  for (const auto* kept : {"a/b", "http://other/a", "//other/a", "#x", "/p/proxy/a", "mailto:x"}) {
    BOOST_TEST(rewrite_link(kept, "/p/proxy", "h:1") == kept);
  }
}

BOOST_AUTO_TEST_CASE(of_a_page_is_rewritten_however_the_page_comes) {
  const std::string page =
      "<!doctype html><!-- <a href=\"/x\"> --><p>1 < 2</p><A class=b HREF='/y' title=\"/z\">"
      "<img src=/i.png><script src=\"/s.js\">var a = '<a href=\"/x\">';</script><form "
      "action=\"/f\">"
      "<a href=\"/unfinished";
  const std::string wanted =
      "<!doctype html><!-- <a href=\"/x\"> --><p>1 < 2</p><A class=b HREF='/p/y' title=\"/z\">"
      "<img src=/p/i.png><script src=\"/p/s.js\">var a = '<a href=\"/x\">';</script>"
      "<form action=\"/p/f\"><a href=\"/unfinished";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, page.size()}) {
    HtmlLinks links("/p", "h");
    std::string out;
    for (std::size_t at = 0; at < page.size(); at += step) {
      links.feed(std::string_view(page).substr(at, step), out);
    }
    links.end(out);

    BOOST_TEST(out == wanted);
  }
}

BOOST_AUTO_TEST_SUITE_END()

/// A front whose /slow browses a backend the test answers for.
struct Browsed : test::TestServer {
  Browsed() {
    int pair[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    backend = std::make_unique<Transport>(pair[0], nullptr);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    handler.on_slow("/slow", [fd = pair[1]](Exchange& exchange) {
      exchange.relay({.fd = fd,
                      .ca_pem = {},
                      .certificate_pem = {},
                      .key_pem = {},
                      .host = "10.0.0.7:80",
                      .target = "/a?b=c",
                      .prefix = "/p/proxy"},
                     /*upgrade=*/false);
    });
    start();
  }
  ~Browsed() { server->stop(std::chrono::milliseconds(0)); }

  /// What the client hears once the backend has said `text`.
  test::Answer hear(const std::string& text, const std::string& method = "GET") {
    Client client(server->port());
    client.send(method +
                " /slow HTTP/1.1\r\nHost: front\r\nCookie: a=b\r\nAuthorization: secret\r\n"
                "Accept-Encoding: gzip\r\nX-Forwarded-Uri: /lie\r\n\r\n");
    char buffer[4096];
    while (asked.find("\r\n\r\n") == std::string::npos) {
      std::size_t got = 0;
      backend->note_events(~0U);
      if (backend->read(buffer, got) != Io::kOk) {
        break;
      }
      asked.append(buffer, got);
    }
    test::send_all(backend->fd(), text);
    return client.read_answer(method == "HEAD");
  }
  bool was_asked(std::string_view words) const { return asked.find(words) != std::string::npos; }

  std::unique_ptr<Transport> backend;
  std::string asked;
};

BOOST_FIXTURE_TEST_SUITE(a_proxied_request, Browsed)

BOOST_AUTO_TEST_CASE(says_where_it_came_from_but_not_by_whose_right) {
  hear("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

  BOOST_TEST(was_asked("GET /a?b=c HTTP/1.1\r\n"));
  BOOST_TEST(was_asked("Cookie: a=b\r\n"));
  BOOST_TEST(was_asked("X-Forwarded-Uri: /p/proxy/a\r\n"));
  BOOST_TEST(was_asked("X-Forwarded-Host: front\r\n"));
  BOOST_TEST(!was_asked("secret"));
  BOOST_TEST(!was_asked("/lie"));
  BOOST_TEST(!was_asked("gzip"));
}

BOOST_AUTO_TEST_CASE(is_redirected_below_the_proxy) {
  const auto answer = hear(
      "HTTP/1.1 302 Found\r\nLocation: /login\r\nSet-Cookie: s=1\r\nContent-Length: 0\r\n\r\n");

  BOOST_TEST(answer.status == 302);
  BOOST_TEST(gate::find_header(answer.headers, "Location") == "/p/proxy/login");
  BOOST_TEST(gate::find_header(answer.headers, "Set-Cookie") == "s=1");
}

BOOST_AUTO_TEST_CASE(gets_pages_whose_links_work) {
  const auto answer = hear(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 16\r\n\r\n"
      "<a href=\"/next\">");

  BOOST_TEST(answer.body == "<a href=\"/p/proxy/next\">");
}

BOOST_AUTO_TEST_CASE(gets_everything_else_as_it_is) {
  const auto answer = hear(
      "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\n"
      "<a href=\"/next\">");

  BOOST_TEST(answer.status == 404);
  BOOST_TEST(answer.body == "<a href=\"/next\">");
}

BOOST_AUTO_TEST_CASE(for_a_head_gets_one) {
  const auto answer =
      hear("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 16\r\n\r\n", "HEAD");

  BOOST_TEST(answer.status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
