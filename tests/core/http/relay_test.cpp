// What reaches a backend, and what a backend's answer may do. T-X01, T-X02, T-X05.

#include "core/http/relay.hpp"

#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/core/http/http_support.hpp"

namespace pintle::http {
namespace {

using namespace std::chrono_literals;
using test::certificates;
using test::Client;

/// A server whose /slow joins the client to a socket the test holds the other end of.
struct Joined : test::TestServer {
  Joined() {
    int pair[2] = {-1, -1};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
    backend = std::make_unique<Transport>(pair[0], nullptr);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (const std::string what : {"exec", "log", "worded"}) {
      handler.on_slow("/slow/" + what, [what, pair](Exchange& exchange) {
        exchange.relay({.fd = pair[1],
                        .tls = false,
                        .ca_pem = {},
                        .certificate_pem = {},
                        .key_pem = {},
                        .host = "node:10250",
                        .target = "/exec/ns/pod/c?command=sh",
                        .words_errors = what == "worded"},
                       /*upgrade=*/what == "exec");
      });
    }
    start();
  }

  ~Joined() { server->stop(0ms); }

  Client exec(const std::string& more = "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n") {
    Client peer(server->port());
    peer.send("POST /slow/exec HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + more + "\r\n");
    return peer;
  }
  Client log(const std::string& how = "log") {
    Client peer(server->port());
    peer.send("GET /slow/" + how + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return peer;
  }

  /// What has come to the backend, up to and with `text`; or to its end.
  std::string received(const std::string& text) {
    std::string all;
    char buffer[4096];
    while (all.find(text) == std::string::npos) {
      std::size_t got = 0;
      backend->note_events(~0U);
      if (backend->read(buffer, got) != Io::kOk) {
        break;
      }
      all.append(buffer, got);
    }
    return all;
  }
  void answer(std::string_view text) {
    while (!text.empty()) {
      std::size_t put = 0;
      backend->note_events(~0U);
      if (backend->write(text, put) != Io::kOk) {
        return;
      }
      text.remove_prefix(put);
    }
  }

  std::unique_ptr<Transport> backend;
};

constexpr auto* kSwitches =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    "X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n";

BOOST_FIXTURE_TEST_SUITE(a_tunnel, Joined)

BOOST_AUTO_TEST_CASE(opens_with_101_and_carries_bytes_both_ways) {
  auto peer = exec();
  received("\r\n\r\n");
  answer(std::string(kSwitches) + "from the backend");
  BOOST_TEST(peer.read_until("backend") == std::string(kSwitches) + "from the backend");
  peer.send("from the client");

  BOOST_TEST(received("client") == "from the client");
}

BOOST_AUTO_TEST_CASE(carries_much_both_ways_at_once_at_the_slower_end_s_pace) {
  auto peer = exec();
  received("\r\n\r\n");
  answer(kSwitches);
  peer.read_until("\r\n\r\n");
  const std::string much(8'000'000, 'x');
  const std::jthread sends([&] { test::send_all(peer.fd(), much + "!"); });
  const std::jthread answers([&] { test::send_all(backend->fd(), much + "?"); });

  BOOST_TEST(received("!").size() == much.size() + 1);
  BOOST_TEST(peer.read_until("?").size() == much.size() + 1);
}

BOOST_AUTO_TEST_CASE(carries_the_end_of_one_side_while_the_other_still_speaks) {
  auto peer = exec();
  received("\r\n\r\n");
  answer(kSwitches);
  peer.read_until("\r\n\r\n");
  peer.send("last words").end_writing();
  BOOST_TEST(received("never said") == "last words");
  answer("an answer still");
  backend->close();

  BOOST_TEST(peer.read_to_end() == "an answer still");
}

BOOST_AUTO_TEST_CASE(ends_when_its_backend_goes) {
  auto peer = exec();
  received("\r\n\r\n");
  answer(kSwitches);
  backend->close();
  peer.read_until("\r\n\r\n");
  peer.end_writing();

  BOOST_TEST(peer.read_to_end() == "");
  BOOST_TEST(test::eventually([&] { return server->figures().connections_open == 0U; }));
}

// T-X05.
BOOST_AUTO_TEST_CASE(takes_no_credential_along) {
  auto peer = exec(
      "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nAuthorization: Bearer t\r\nCookie: c=d\r\n"
      "Impersonate-User: root\r\nX-Remote-User: root\r\nX-Stream-Protocol-Version: v4\r\n"
      "X-Forwarded-For: 1.2.3.4\r\n");
  const auto text = received("\r\n\r\n");

  BOOST_TEST(text.starts_with("POST /exec/ns/pod/c?command=sh HTTP/1.1\r\nHost: node:10250\r\n"));
  BOOST_TEST(text.find("X-Stream-Protocol-Version: v4\r\n") != std::string::npos);
  BOOST_TEST(text.find("Upgrade: SPDY/3.1\r\n") != std::string::npos);
  BOOST_TEST(text.find("X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n") != std::string::npos);
  for (const auto* name : {"Authorization", "Cookie", "Impersonate", "X-Remote"}) {
    BOOST_TEST(text.find(name) == std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(is_not_opened_for_protocols_it_does_not_know) {
  for (const auto* upgrade :
       {"Connection: Upgrade\r\nUpgrade: h2c\r\n", "Connection: Upgrade\r\nUpgrade: foo\r\n",
        "Upgrade: SPDY/3.1\r\n", ""}) {
    Joined fresh;
    BOOST_TEST(fresh.exec(upgrade).read_answer().status == 400, upgrade);
  }
}

// T-X01, T-X02.
BOOST_AUTO_TEST_CASE(does_not_open_without_a_101_that_upgrades) {
  struct Refusal {
    const char* answer;
    int status;
  };
  for (const auto& each :
       {Refusal{"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403},
        Refusal{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", 200},
        Refusal{
            "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
            400},
        Refusal{"HTTP/1.1 404 Not Found\r\n\r\nno", 404},
        Refusal{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:2379/\r\n"
                "Content-Length: 0\r\n\r\n",
                502},
        Refusal{"HTTP/1.1 101 Switching Protocols\r\n\r\n", 500},
        Refusal{"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n", 500},
        Refusal{"nonsense\r\n\r\n", 500}}) {
    Joined fresh;
    auto peer = fresh.exec();
    peer.send("GET /pods HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto request = fresh.received("\r\n\r\n");
    fresh.answer(each.answer);
    if (std::string_view(each.answer).find("Length") == std::string_view::npos) {
      fresh.backend->end_writing();
    }
    const auto all = peer.read_to_end();
    const auto rest = fresh.received("never");

    BOOST_TEST(all.starts_with("HTTP/1.1 " + std::to_string(each.status)), each.answer << all);
    BOOST_TEST(test::count_answers(all) == 1, each.answer);
    BOOST_TEST((request + rest).find("GET /pods") == std::string::npos, each.answer);
    BOOST_TEST(all.find("2379") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_relayed_answer, Joined)

BOOST_AUTO_TEST_CASE(streams_as_it_comes_and_leaves_the_connection_usable) {
  auto peer = log();
  received("\r\n\r\n");
  answer(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\none\n\r\n");
  BOOST_TEST(peer.read_until("one\n").find("Content-Type: text/plain\r\n") != std::string::npos);
  answer("4\r\ntwo\n\r\n0\r\n\r\n");
  BOOST_TEST(peer.read_until("0\r\n\r\n") == "\r\n4\r\ntwo\n\r\n0\r\n\r\n");

  BOOST_TEST(peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body == "GET /a ");
}

BOOST_AUTO_TEST_CASE(keeps_its_length_or_lack_of_one) {
  auto peer = log();
  received("\r\n\r\n");
  answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  Joined until_close;
  auto other = until_close.log();
  until_close.received("\r\n\r\n");
  until_close.answer("HTTP/1.0 200 OK\r\n\r\nhello");
  until_close.backend->close();

  BOOST_TEST(peer.read_answer().body == "hello");
  BOOST_TEST(other.read_answer().body == "hello");
}

BOOST_AUTO_TEST_CASE(that_breaks_off_breaks_off_at_the_client_too) {
  for (const auto* framing : {"Content-Length: 50", "Transfer-Encoding: chunked"}) {
    Joined fresh;
    auto peer = fresh.log();
    fresh.received("\r\n\r\n");
    fresh.answer(std::string("HTTP/1.1 200 OK\r\n") + framing + "\r\n\r\n5\r\nhello\r\n");
    peer.read_until("hello");
    fresh.backend->close();

    BOOST_TEST(peer.read_to_end().find("0\r\n\r\n") == std::string::npos, framing);
  }
}

BOOST_AUTO_TEST_CASE(goes_when_its_client_goes) {
  {
    auto peer = log();
    received("\r\n\r\n");
    answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n");
    peer.read_until("one\n");
  }

  BOOST_TEST(received("never") == "");
}

BOOST_AUTO_TEST_CASE(puts_an_error_s_text_into_a_Status_where_that_is_wanted) {
  struct Told {
    const char* answer;
    int status;
    const char* body;
  };
  for (const auto& each :
       {Told{"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nno such c", 400,
             R"("message":"no such c","reason":"BadRequest","code":400)"},
        Told{"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nodd\n\r\n0\r\n\r\n", 500,
             R"("message":"Internal error occurred: odd","reason":"InternalError","code":500)"},
        Told{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 404,
             R"("message":"","reason":"NotFound","code":404)"},
        Told{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nline", 200, "line"}}) {
    Joined fresh;
    auto peer = fresh.log("worded");
    fresh.received("\r\n\r\n");
    fresh.answer(each.answer);

    const auto told = peer.read_answer();

    BOOST_TEST(told.status == each.status);
    BOOST_TEST(told.body.find(each.body) != std::string::npos, told.body);
  }
}

BOOST_AUTO_TEST_CASE(keeps_of_an_error_s_text_so_much_as_a_person_reads) {
  auto peer = log("worded");
  received("\r\n\r\n");
  answer("HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(100'000, 'x'));

  BOOST_TEST(peer.read_answer().body.size() < 2400U);
}

BOOST_AUTO_TEST_CASE(of_a_backend_that_says_nothing_is_an_error) {
  auto peer = log();
  received("\r\n\r\n");
  backend->close();

  BOOST_TEST(peer.read_answer().status == 500);
}

BOOST_AUTO_TEST_SUITE_END()

/// The relay's backend is itself a server of ours, under TLS.
struct SecureBackend {
  SecureBackend()
      : backend({.address = "127.0.0.1", .port = 0, .tls = certificates().server_files()}) {
    backend.start();
    front.handler.on_slow("/slow", [this](Exchange& exchange) {
      const std::lock_guard lock(mutex);
      exchange.relay(
          {.fd = test::connect_to(backend.server->port()),
           .tls = true,
           .ca_pem = ca_pem,
           .certificate_pem = test::read_text(certificates().dir.kubelet_client_certificate()),
           .key_pem = test::read_text(certificates().dir.kubelet_client_key()),
           .host = host,
           .target = "/containerLogs/a/b/c"},
          /*upgrade=*/false);
    });
    front.start();
  }
  test::Answer ask(std::string as_host, std::string by_ca_pem) {
    {
      const std::lock_guard lock(mutex);
      host = std::move(as_host);
      ca_pem = std::move(by_ca_pem);
    }
    return Client(front.server->port()).send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").read_answer();
  }

  test::TestServer backend;
  test::TestServer front;
  const std::string own_ca_pem = test::read_text(certificates().dir.ca_certificate());
  std::mutex mutex;
  std::string ca_pem;  // Guarded by mutex, as is host.
  std::string host;
};

BOOST_FIXTURE_TEST_SUITE(a_relay_over_TLS, SecureBackend)

BOOST_AUTO_TEST_CASE(shows_the_server_s_own_certificate) {
  const auto answer = ask("127.0.0.1:10250", own_ca_pem);

  BOOST_TEST(answer.body == "GET /containerLogs/a/b/c ");
  BOOST_TEST_REQUIRE(backend.handler.seen().size() == 1U);
  BOOST_TEST_REQUIRE(backend.handler.seen()[0].certificate != nullptr);
  BOOST_TEST(backend.handler.seen()[0].certificate->trusted);
}

// T-T07.
BOOST_AUTO_TEST_CASE(refuses_a_backend_with_another_name_or_from_another_authority) {
  const test::Certificates strangers;
  const auto other_name = ask("192.0.2.99:10250", own_ca_pem);
  const auto other_authority =
      ask("127.0.0.1:10250", test::read_text(strangers.dir.ca_certificate()));

  BOOST_TEST(other_name.status == 500);
  BOOST_TEST(other_name.body.find("failed to verify certificate") != std::string::npos);
  BOOST_TEST(other_authority.status == 500);
  BOOST_TEST(backend.handler.handled() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
