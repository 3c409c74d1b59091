// What the engine refuses as a request, and that it answers each request once and no more.

#include <array>
#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

#include "core/http/chunks.hpp"
#include "core/http/head.hpp"
#include "tests/core/http/http_support.hpp"

namespace pintle::http {
namespace {

using test::Client;
using test::count_answers;
using namespace std::string_view_literals;

struct PlainServer : test::TestServer {
  PlainServer() { start(); }
  Client client() const { return Client(server->port()); }
};

struct Malformed {
  std::string_view name;
  std::string_view bytes;
  int status;
};

constexpr std::array kMalformed = {
    Malformed{
        "length beside chunks",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n"sv,
        400},
    Malformed{"two lengths",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: "
              "4\r\n\r\nabcd"sv,
              400},
    Malformed{"one length twice",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
              "Content-Length: 3\r\n\r\nabc"sv,
              400},
    Malformed{"a list of lengths",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc"sv, 400},
    Malformed{"a length with a sign",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc"sv, 400},
    Malformed{"a negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"sv,
              400},
    Malformed{"a hexadecimal length",
              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc"sv, 400},
    Malformed{"an empty length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n"sv, 400},
    Malformed{"an unknown coding",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"sv, 400},
    Malformed{"chunked and more",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"sv,
              400},
    Malformed{"chunked twice",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
              "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
              400},
    Malformed{"a vertical tab before chunked",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"sv, 400},
    Malformed{"chunks in HTTP/1.0",
              "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv, 400},
    Malformed{"a space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"sv, 400},
    Malformed{"a folded line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"sv, 400},
    Malformed{"a line without colon", "GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"sv, 400},
    Malformed{"no Host", "GET / HTTP/1.1\r\n\r\n"sv, 400},
    Malformed{"two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"sv, 400},
    Malformed{"a Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"sv, 400},
    Malformed{"bare LF", "GET / HTTP/1.1\nHost: x\n\n"sv, 400},
    Malformed{"bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"sv, 400},
    Malformed{"NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"sv, 400},
    Malformed{"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"a control character in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n"sv,
              400},
    Malformed{"no method", " / HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"no version", "GET /\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"a relative target", "GET pods HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"an authority for a target", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"a small version", "GET / http/1.1\r\nHost: x\r\n\r\n"sv, 400},
    Malformed{"a version to come", "GET / HTTP/2.0\r\nHost: x\r\n\r\n"sv, 505},
    Malformed{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n"sv, 505},
    Malformed{"an expectation nobody knows",
              "POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 1\r\n\r\na"sv, 417},
    Malformed{"a chunk size that is none",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n\r\n"sv, 400},
    Malformed{"a negative chunk size",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"sv, 400},
    Malformed{"a chunk size past 32 bits",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
              "100000000000000000\r\na"sv,
              400},
    Malformed{"a chunk longer than said",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n"sv,
              400},
    Malformed{"a chunk line with bare LF",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n"sv, 400},
    Malformed{"a NUL in a chunk's extension",
              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;a\0\r\nabc\r\n"sv,
              400},
};

// A request that must not be taken for one of its own if the malformed one before it is misread.
constexpr std::string_view kSmuggled =
    "GET /api/v1/secrets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

BOOST_FIXTURE_TEST_SUITE(a_malformed_request, PlainServer)

// T-H07, T-H08.
BOOST_AUTO_TEST_CASE(gets_one_answer_and_the_connection_ends) {
  for (const auto& each : kMalformed) {
    auto peer = client();
    const auto answer = peer.send(each.bytes).send(kSmuggled).read_to_end();

    BOOST_TEST(count_answers(answer) == 1, each.name << ": " << answer);
    BOOST_TEST(answer.substr(0, 12).ends_with(" " + std::to_string(each.status)),
               each.name << ": " << answer.substr(0, 40));
    BOOST_TEST(answer.find("\"kind\":\"Status\"") != std::string::npos, each.name << ": a Status");
  }
  BOOST_TEST(handler.handled() == 0);
}

BOOST_AUTO_TEST_CASE(is_refused_however_its_bytes_are_cut_into_packets) {
  for (const auto& each : kMalformed) {
    auto peer = client();
    for (const char c : each.bytes) {
      peer.send({&c, 1});
    }

    BOOST_TEST(peer.read_answer().status == each.status, each.name);
  }
}

BOOST_AUTO_TEST_CASE(does_not_keep_the_next_connection_from_being_served) {
  client().send(kMalformed[0].bytes).read_to_end();

  BOOST_TEST(client().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_truncated_request, PlainServer)

// T-H09.
BOOST_AUTO_TEST_CASE(never_reaches_a_handler) {
  for (const std::string_view bytes :
       {"GET / HTTP/1.1\r\nHost: x\r\n"sv, "GET / HTTP/1.1\r\nHost"sv, "GET"sv,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"sv,
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"sv}) {
    auto peer = client();
    peer.send(bytes).end_writing();
    peer.read_to_end();
  }

  BOOST_TEST(handler.handled() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_connection, PlainServer)

BOOST_AUTO_TEST_CASE(answers_pipelined_requests_in_order) {
  auto peer = client();
  peer.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
      "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"
      "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n");

  BOOST_TEST(peer.read_answer().body == "GET /1 ");
  BOOST_TEST(peer.read_answer().body == "POST /2 abc");
  BOOST_TEST(peer.read_answer().body == "POST /3 xyz");
  BOOST_TEST(peer.read_answer().body == "GET /4 ");
}

BOOST_AUTO_TEST_CASE(reads_the_second_request_only_after_the_first_is_answered) {
  test::KeptRespond later;
  handler.on("/later",
             [&](const gate::Request&, gate::Respond respond) { later.keep(std::move(respond)); });
  auto peer = client();
  peer.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");

  gate::Response response;
  response.body = std::string("first");
  later.take()(std::move(response));

  BOOST_TEST(peer.read_answer().body == "first");
  BOOST_TEST(peer.read_answer().body == "GET /next ");
}

BOOST_AUTO_TEST_CASE(of_http_1_0_ends_with_the_answer_unless_asked_to_stay) {
  const auto ended = client().send("GET / HTTP/1.0\r\n\r\n").read_to_end();
  auto stays = client();
  stays.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto first = stays.read_answer();
  stays.send("GET /2 HTTP/1.0\r\n\r\n");

  BOOST_TEST(count_answers(ended) == 1);
  BOOST_TEST(gate::find_header(first.headers, "Connection") == "keep-alive");
  BOOST_TEST(stays.read_answer().body == "GET /2 ");
}

BOOST_AUTO_TEST_CASE(sends_no_body_to_HEAD) {
  auto peer = client();
  const auto head = peer.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n").read_answer(true);
  peer.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");

  BOOST_TEST(gate::find_header(head.headers, "Content-Length") == "8");
  BOOST_TEST(peer.read_answer().body == "GET /b ");
}

BOOST_AUTO_TEST_CASE(bids_go_on_to_who_expects_it) {
  auto peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  BOOST_TEST(peer.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");

  BOOST_TEST(peer.send("ok").read_answer().body == "POST / ok");
}

BOOST_AUTO_TEST_CASE(takes_a_whole_URL_for_a_target) {
  BOOST_TEST(client().send("GET http://x/a?b HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body ==
             "GET /a?b ");
}

BOOST_AUTO_TEST_CASE(drops_trailers_and_extensions) {
  const auto answer = client()
                          .send(
                              "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n")
                          .read_answer();

  BOOST_TEST(answer.body == "POST / abc");
}

// T-H16.
BOOST_AUTO_TEST_CASE(lets_no_handler_split_its_answer) {
  handler.on("/split", [](const gate::Request&, const gate::Respond& respond) {
    gate::Response response;
    response.headers.emplace_back("Warning", "a\r\nSet-Cookie: b");
    response.headers.emplace_back("Bad Name", "x");
    response.body = std::string("{}");
    respond(std::move(response));
  });
  const auto answer = client().send("GET /split HTTP/1.1\r\nHost: x\r\n\r\n").read_answer();

  BOOST_TEST(gate::find_header(answer.headers, "Set-Cookie") == "");
  BOOST_TEST(gate::find_header(answer.headers, "Warning") == "a  Set-Cookie: b");
}

// T-H13.
BOOST_AUTO_TEST_CASE(survives_a_handler_that_throws) {
  handler.on("/std", [](const gate::Request&, const gate::Respond&) { throw std::bad_alloc(); });
  handler.on("/int", [](const gate::Request&, const gate::Respond&) { throw 7; });
  auto peer = client();

  for (const auto* path : {"/std", "/int"}) {
    peer.send(std::string("GET ") + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto answer = peer.read_answer();
    BOOST_TEST(answer.status == 500);
    BOOST_TEST(answer.body.find("apiserver panic'd") != std::string::npos);
  }
  BOOST_TEST(peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 200);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_chunk_decoder)

BOOST_AUTO_TEST_CASE(reads_the_same_whatever_the_cuts) {
  constexpr std::string_view kText =
      "5\r\nhello\r\n1;x\r\n,\r\n6\r\n world\r\n0\r\nT: v\r\n\r\nrest";
  for (std::size_t cut = 0; cut <= kText.size(); ++cut) {
    ChunkDecoder decoder;
    std::string body;
    std::size_t first = 0;
    std::size_t second = 0;
    auto state = decoder.feed(kText.substr(0, cut), body, 1000, first);
    if (state == ChunkDecoder::State::kMore) {
      state = decoder.feed(kText.substr(cut), body, 1000, second);
    }

    BOOST_TEST((state == ChunkDecoder::State::kEnd));
    BOOST_TEST(body == "hello, world");
    BOOST_TEST(first + second == kText.size() - 4);
  }
}

BOOST_AUTO_TEST_CASE(stops_when_there_is_no_room) {
  ChunkDecoder decoder;
  std::string body;
  std::size_t used = 0;

  BOOST_TEST(
      (decoder.feed("5\r\nhello\r\n0\r\n\r\n", body, 3, used) == ChunkDecoder::State::kMore));
  BOOST_TEST(body == "hel");
  BOOST_TEST(used == 6U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
