// What the engine speaks and believes under TLS. Client certificates are tried from the machine's
// own address, for what is checked against a peer's address only fails there.

#include "core/http/tls.hpp"

#include <array>
#include <fstream>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/core/http/http_support.hpp"

namespace pintle::http {
namespace {

using test::Certificates;
using test::certificates;
using test::Client;

constexpr auto* kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

struct TlsServerFixture : test::TestServer {
  TlsServerFixture()
      : test::TestServer({.address = "0.0.0.0", .port = 0, .tls = certificates().server_files()}) {
    start();
  }

  Client client(const auth::IssuedPair& pair = {}, const std::string& host = "") const {
    auto session =
        make_client_session({.ca_pem = test::read_text(certificates().dir.ca_certificate()),
                             .certificate_pem = pair.certificate_pem,
                             .key_pem = pair.key_pem,
                             .host = host.empty() ? certificates().address : host});
    return Client(server->port(), certificates().address, std::move(session).value());
  }

  std::shared_ptr<const auth::PeerCertificate> certificate_of(Client peer) {
    peer.send(kGet).read_answer();
    const auto seen = handler.seen();
    return seen.empty() ? nullptr : seen.back().certificate;
  }
};

struct SslResumption {
  static void resume(Transport& next, Transport& first) {
    SSL_set_session(next.ssl(), SSL_get_session(first.ssl()));
  }
  static bool was_resumed(Transport& transport) { return SSL_session_reused(transport.ssl()) == 1; }
};

auth::IssuedPair joe(const auth::CertDir& dir, std::chrono::hours life = std::chrono::hours(1)) {
  return auth::issue_client_certificate(dir, "joe", {"devs"}, life, SystemClock()).value();
}

BOOST_FIXTURE_TEST_SUITE(a_TLS_connection, TlsServerFixture)

BOOST_AUTO_TEST_CASE(carries_requests) {
  auto peer = client();

  BOOST_TEST(peer.send(kGet).read_answer().body == "GET / ");
  BOOST_TEST(peer.send(kGet).read_answer().body == "GET / ");
  BOOST_TEST(handler.seen().back().certificate == nullptr);
}

BOOST_AUTO_TEST_CASE(carries_a_body_of_many_records) {
  const std::string body(2'000'000, 'x');
  handler.on("/big", [&](gate::Request request, const gate::Respond& respond) {
    gate::Response response;
    response.body = std::move(request.body);
    respond(std::move(response));
  });
  auto peer = client();
  peer.send("POST /big HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n").send(body);

  BOOST_TEST((peer.read_answer().body == body));
}

BOOST_AUTO_TEST_CASE(knows_a_client_by_its_certificate) {
  const auto certificate = certificate_of(client(joe(certificates().dir)));

  BOOST_TEST_REQUIRE(certificate != nullptr);
  BOOST_TEST(certificate->trusted);
  BOOST_TEST(certificate->common_name == "joe");
  BOOST_TEST((certificate->organizations == std::vector<std::string>{"devs"}));
}

BOOST_AUTO_TEST_CASE(with_a_stranger_s_certificate_is_held_but_does_not_trust_it) {
  Certificates strangers;
  const auto certificate = certificate_of(client(joe(strangers.dir)));

  BOOST_TEST_REQUIRE(certificate != nullptr);
  BOOST_TEST(!certificate->trusted);
  BOOST_TEST(!certificate->fault.empty());
}

BOOST_AUTO_TEST_CASE(with_a_server_s_certificate_for_a_client_s_does_not_trust_it) {
  const auto certificate = certificate_of(
      client({.certificate_pem = test::read_text(certificates().dir.serving_certificate()),
              .key_pem = test::read_text(certificates().dir.serving_key())}));

  BOOST_TEST_REQUIRE(certificate != nullptr);
  BOOST_TEST(!certificate->trusted);
}

BOOST_AUTO_TEST_CASE(with_an_expired_certificate_does_not_trust_it) {
  const auto certificate = certificate_of(client(joe(certificates().dir, std::chrono::hours(-1))));

  BOOST_TEST_REQUIRE(certificate != nullptr);
  BOOST_TEST(!certificate->trusted);
}

BOOST_AUTO_TEST_CASE(resumed_still_knows_its_client_and_what_was_wrong_with_it) {
  Certificates strangers;
  for (const bool is_friend : {true, false}) {
    const auto pair = joe(is_friend ? certificates().dir : strangers.dir);
    auto first = client(pair);
    first.send(kGet).read_answer();
    auto second = client(pair);
    SslResumption::resume(second.transport(), first.transport());

    second.send(kGet).read_answer();

    BOOST_TEST(SslResumption::was_resumed(second.transport()));
    BOOST_TEST_REQUIRE(handler.seen().back().certificate != nullptr);
    BOOST_TEST(handler.seen().back().certificate->trusted == is_friend);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_by_a_client_that_wants_another_name) {
  BOOST_TEST(!client({}, "other.example").handshake());
}

// T-T06.
BOOST_AUTO_TEST_CASE(in_the_clear_is_told_what_is_wrong) {
  Client peer(server->port());

  BOOST_TEST(peer.send(kGet).read_to_end() ==
             "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
}

// T-T06: what comes in the moment between the look and the handshake must not be OpenSSL's to
// judge.
BOOST_AUTO_TEST_CASE(that_has_not_spoken_yet_is_not_one_that_is_silent) {
  int pair[2] = {-1, -1};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
  const Transport near(pair[0], nullptr);
  std::array<char, 1> first{};
  BOOST_TEST(!near.peek(first).has_value());

  BOOST_REQUIRE(::send(pair[1], "G", 1, 0) == 1);
  BOOST_TEST(near.peek(first).value() == 1U);
  BOOST_TEST(near.peek(first).value() == 1U);  // It is still there.
  ::close(pair[1]);

  int ended[2] = {-1, -1};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ended) == 0);
  const Transport far(ended[0], nullptr);
  ::close(ended[1]);
  BOOST_TEST(far.peek(first).value() == 0U);
}

BOOST_AUTO_TEST_CASE(that_says_nonsense_ends_and_harms_nobody) {
  Client(server->port()).send(std::string(100, '\x80')).read_to_end();

  BOOST_TEST(client().send(kGet).read_answer().status == 200);
}

// T-T01, T-T02.
BOOST_AUTO_TEST_CASE(offers_only_TLS_from_1_2_with_forward_secrecy_and_AEAD) {
  const auto works = [&](const std::string& options) {
    const std::string command =
        "openssl s_client -connect 127.0.0.1:" + std::to_string(server->port()) + " " + options +
        " </dev/null >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  };

  BOOST_TEST(works("-tls1_3"));
  BOOST_TEST(works("-tls1_2"));
  BOOST_TEST(works("-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305"));
  BOOST_TEST(!works("-tls1_1 -cipher ALL:@SECLEVEL=0"));
  BOOST_TEST(!works("-tls1 -cipher ALL:@SECLEVEL=0"));
  BOOST_TEST(!works("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0"));
  BOOST_TEST(!works("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"));
  BOOST_TEST(!works("-tls1_2 -cipher AES128-SHA:@SECLEVEL=0"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(reloading_TLS)

// T-T04.
BOOST_AUTO_TEST_CASE(shows_the_new_certificate_and_keeps_the_old_when_the_new_is_bad) {
  Certificates first;
  Certificates second;
  test::TestServer host({.address = "127.0.0.1", .port = 0, .tls = first.server_files()});
  host.start();
  const auto trusts = [&](const Certificates& authority) {
    Client peer(host.server->port(), "127.0.0.1",
                make_client_session({.ca_pem = test::read_text(authority.dir.ca_certificate()),
                                     .certificate_pem = {},
                                     .key_pem = {},
                                     .host = "127.0.0.1"})
                    .value());
    return peer.send(kGet).read_answer().status == 200;
  };
  BOOST_TEST(trusts(first));

  std::ofstream(first.dir.serving_certificate()) << "nonsense";
  BOOST_TEST(!host.server->reload_tls().ok());
  BOOST_TEST(trusts(first));

  std::filesystem::copy_file(second.dir.serving_certificate(), first.dir.serving_certificate(),
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(!host.server->reload_tls().ok());
  std::filesystem::copy_file(second.dir.serving_key(), first.dir.serving_key(),
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(host.server->reload_tls().ok());
  BOOST_TEST(trusts(second));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
