// Limits, streams at the client's pace, slow routes, and stopping.

#include <condition_variable>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/core/http/http_support.hpp"

namespace pintle::http {
namespace {

using namespace std::chrono_literals;
using test::Client;
using test::eventually;

struct LimitedServer : test::TestServer {
  LimitedServer()
      : test::TestServer({.address = "127.0.0.1",
                          .port = 0,
                          .plain = true,
                          .limits = {.max_body_bytes = 1000,
                                     .max_head_bytes = 8000,
                                     .max_target_bytes = 2000,
                                     .max_header_count = 20,
                                     .head = 1s,
                                     .body = 1s,
                                     .idle = 1s,
                                     .write_stall = 1s,
                                     .max_connections = 4,
                                     .loops = 1}}) {
    start();
  }
  Client client() const { return Client(server->port()); }
};

BOOST_FIXTURE_TEST_SUITE(a_limit, LimitedServer)

// T-H01.
BOOST_AUTO_TEST_CASE(on_bodies_is_413_to_the_byte) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  const auto full = client().send(head + "1000\r\n\r\n" + std::string(1000, 'a')).read_answer();
  const auto over = client().send(head + "1001\r\n\r\n").read_answer();
  const auto chunked = client()
                           .send(
                               "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3e8\r\n" +
                               std::string(1000, 'a') + "\r\n1\r\n")
                           .read_answer();
  const auto liar = client()
                        .send(head + "99999999999999999999999999\r\nExpect: 100-continue\r\n\r\n")
                        .read_answer();

  BOOST_TEST(full.status == 200);
  BOOST_TEST(over.status == 413);
  BOOST_TEST(over.body.find("Request entity too large: limit is 1000") != std::string::npos);
  BOOST_TEST(chunked.status == 413);
  BOOST_TEST(liar.status == 413);
}

// T-H02, T-H03.
BOOST_AUTO_TEST_CASE(on_heads_is_431_and_on_targets_414) {
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 20; ++i) {
    many += "A: b\r\n";
  }
  const std::string big(9000, 'a');

  BOOST_TEST(client().send(many + "\r\n").read_answer().status == 431);
  BOOST_TEST(client().send("GET / HTTP/1.1\r\nHost: x\r\nA: " + big).read_answer().status == 431);
  BOOST_TEST(client()
                 .send("GET /" + big.substr(0, 2000) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                 .read_answer()
                 .status == 414);
  BOOST_TEST(client().send("GET /" + big).read_answer().status == 414);
}

// T-H04, T-H05, T-T08.
BOOST_AUTO_TEST_CASE(on_time_ends_who_drips_who_idles_and_who_sends_half_a_body) {
  auto drips = client();
  auto idles = client();
  auto half = client();
  drips.send("GET / HTTP/1.1\r\nHos");
  half.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");

  BOOST_TEST(drips.read_to_end() == "");
  BOOST_TEST(idles.read_to_end() == "");
  BOOST_TEST(half.read_answer().status == 408);
  BOOST_TEST(handler.handled() == 0);
}

// T-H14.
BOOST_AUTO_TEST_CASE(on_connections_turns_away_one_too_many_and_serves_again_after) {
  {
    std::vector<std::unique_ptr<Client>> four;
    for (int i = 0; i < 4; ++i) {
      four.push_back(std::make_unique<Client>(server->port()));
      four.back()->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_answer();
    }
    BOOST_TEST(client().read_to_end() == "");
    BOOST_TEST(server->figures().connections_open == 4U);
  }

  BOOST_TEST(eventually([&] { return server->figures().connections_open == 0U; }));
  BOOST_TEST(client().send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 200);
}

// T-H06.
BOOST_AUTO_TEST_CASE(on_stalls_cuts_who_takes_nothing) {
  handler.on("/big", [](const gate::Request&, const gate::Respond& respond) {
    gate::Response response;
    response.body = std::string(64UL << 20U, 'x');
    respond(std::move(response));
  });
  auto peer = client();
  peer.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST_REQUIRE(eventually([&] { return handler.handled() == 1; }));

  BOOST_TEST(eventually([&] { return server->figures().connections_open == 0U; }));
}

BOOST_AUTO_TEST_SUITE_END()

/// A stream whose parts the test feeds, and which tells what it was asked.
class FedStream final : public gate::Stream {
 public:
  struct Feed {
    std::mutex mutex;
    std::string ready;
    bool ends = false;
    bool is_gone = false;
    std::size_t pulls = 0;
    std::size_t endless = 0;  // Bytes given on every pull, whatever is ready.
    std::function<void()> waker;

    void push(const std::string& text, bool last = false) {
      std::function<void()> wake;
      {
        const std::lock_guard lock(mutex);
        ready += text;
        ends = last;
        wake = waker;
      }
      if (wake) {
        wake();
      }
    }
    bool has_waker() {
      const std::lock_guard lock(mutex);
      return static_cast<bool>(waker);
    }
  };

  explicit FedStream(Feed& feed) : feed_(feed) {}
  ~FedStream() override {
    const std::lock_guard lock(feed_.mutex);
    feed_.is_gone = true;
    feed_.waker = nullptr;
  }
  State pull(std::string& out, std::size_t) override {
    const std::lock_guard lock(feed_.mutex);
    ++feed_.pulls;
    if (feed_.endless > 0) {
      out.append(feed_.endless, 'x');
      return State::kMore;
    }
    out += feed_.ready;
    feed_.ready.clear();
    return feed_.ends ? State::kEnd : State::kWait;
  }
  void set_waker(std::function<void()> waker) override {
    const std::lock_guard lock(feed_.mutex);
    feed_.waker = std::move(waker);
  }

 private:
  Feed& feed_;
};

struct StreamServer : test::TestServer {
  StreamServer() {
    handler.on("/watch", [this](const gate::Request&, const gate::Respond& respond) {
      gate::Response response;
      response.body = std::make_unique<FedStream>(feed);
      respond(std::move(response));
    });
    start();
  }
  ~StreamServer() { server->stop(0ms); }
  Client client() const { return Client(server->port()); }
  Client watching() {
    Client peer = client();
    peer.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n").read_until("\r\n\r\n");
    BOOST_TEST_REQUIRE(eventually([&] { return feed.has_waker(); }));
    return peer;
  }

  FedStream::Feed feed;
};

BOOST_FIXTURE_TEST_SUITE(a_stream, StreamServer)

BOOST_AUTO_TEST_CASE(is_sent_part_by_part_as_it_wakes) {
  auto peer = watching();
  feed.push("one\n");
  BOOST_TEST(peer.read_until("\r\n").size() == 3U);
  BOOST_TEST(peer.read_until("\r\n") == "one\n\r\n");
  feed.push("two\n", /*last=*/true);

  BOOST_TEST(peer.read_until("0\r\n\r\n") == "4\r\ntwo\n\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(that_has_ended_leaves_the_connection_for_the_next_request) {
  auto peer = watching();
  feed.push("x", /*last=*/true);
  peer.read_until("0\r\n\r\n");

  BOOST_TEST(peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body == "GET /a ");
}

BOOST_AUTO_TEST_CASE(goes_when_its_client_goes) {
  { auto peer = watching(); }

  BOOST_TEST(eventually([&] {
    const std::lock_guard lock(feed.mutex);
    return feed.is_gone;
  }));
}

// T-H06.
BOOST_AUTO_TEST_CASE(is_not_made_ahead_of_what_its_client_takes) {
  feed.endless = 16 * 1024;
  auto peer = client();
  peer.send("GET /watch HTTP/1.1\r\nHost: x\r\n\r\n");
  std::size_t before = 1;
  BOOST_TEST(eventually([&] {
    // The server's buffers fill up, then nothing more is pulled.
    std::this_thread::sleep_for(50ms);
    const std::lock_guard lock(feed.mutex);
    return feed.pulls > 0 && std::exchange(before, feed.pulls) == feed.pulls;
  }));

  BOOST_TEST(before < 1000U);
  BOOST_TEST(client().send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 200);
}

BOOST_AUTO_TEST_CASE(to_HTTP_1_0_ends_with_the_connection) {
  auto peer = client();
  peer.send("GET /watch HTTP/1.0\r\n\r\n");
  BOOST_TEST_REQUIRE(eventually([&] { return feed.has_waker(); }));
  feed.push("all of it", /*last=*/true);

  BOOST_TEST(peer.read_to_end().ends_with("\r\n\r\nall of it"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_slow_route, StreamServer)

BOOST_AUTO_TEST_CASE(writes_from_its_worker_while_others_are_served) {
  std::mutex mutex;
  std::condition_variable changed;
  bool goes_on = false;
  handler.on_slow("/slow", [&](Exchange& exchange) {
    exchange.begin(201, {{"Content-Type", "text/plain"}, {"X-A", "b"}});
    exchange.write("first,");
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return goes_on; });
    exchange.write("second");
  });
  auto peer = client();
  peer.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  peer.read_until("first,");
  BOOST_TEST(client().send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 200);
  {
    const std::lock_guard lock(mutex);
    goes_on = true;
  }
  changed.notify_all();

  BOOST_TEST(peer.read_until("0\r\n\r\n") == "\r\n6\r\nsecond\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(with_a_length_is_sent_plainly_and_cut_where_it_breaks_its_word) {
  handler.on_slow("/slow", [](Exchange& exchange) {
    exchange.begin(200, {{"Content-Length", "5"}});
    exchange.write("hello");
  });
  handler.on_slow("/slow/short", [](Exchange& exchange) {
    exchange.begin(200, {{"Content-Length", "5"}});
    exchange.write("hel");
  });

  BOOST_TEST(client().send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body == "hello");
  BOOST_TEST(client().send("GET /slow/short HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status ==
             -1);
}

BOOST_AUTO_TEST_CASE(that_throws_is_500_or_cut_off) {
  handler.on_slow("/slow", [](Exchange&) { throw std::runtime_error("no"); });
  handler.on_slow("/slow/late", [](Exchange& exchange) {
    exchange.begin(200, {});
    exchange.write("some");
    throw std::runtime_error("no");
  });

  BOOST_TEST(client().send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status == 500);
  BOOST_TEST(client().send("GET /slow/late HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().status ==
             -1);
}

BOOST_AUTO_TEST_CASE(waits_for_a_slow_client_and_is_told_when_it_goes) {
  std::atomic<int> writes = 0;
  std::atomic<bool> has_returned = false;
  handler.on_slow("/slow", [&](Exchange& exchange) {
    exchange.begin(200, {});
    const std::string part(64UL * 1024, 'x');
    while (exchange.write(part)) {
      ++writes;
    }
    has_returned = true;
  });
  {
    auto peer = client();
    peer.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n").read_until("\r\n\r\n");
    int before = -1;
    BOOST_TEST(eventually([&] {
      std::this_thread::sleep_for(50ms);
      return writes > 0 && std::exchange(before, writes.load()) == writes;
    }));
    BOOST_TEST(before < 1000);
    BOOST_TEST(!has_returned);
  }

  BOOST_TEST(eventually([&] { return has_returned.load(); }));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(stopping, StreamServer)

// P-32.
BOOST_AUTO_TEST_CASE(lets_requests_under_way_finish_and_ends_watches_cleanly) {
  test::KeptRespond later;
  handler.on("/later",
             [&](const gate::Request&, gate::Respond respond) { later.keep(std::move(respond)); });
  auto waits = client();
  waits.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto respond = later.take();
  auto watches = watching();
  auto idles = client();
  idles.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").read_answer();

  std::jthread stops([&] { server->stop(5s); });
  BOOST_TEST(watches.read_to_end() == "0\r\n\r\n");
  BOOST_TEST(idles.read_to_end() == "");
  BOOST_CHECK_THROW(client(), std::runtime_error);
  gate::Response response;
  response.body = std::string("done");
  respond(std::move(response));
  const auto answer = waits.read_answer();

  BOOST_TEST(answer.body == "done");
  BOOST_TEST(gate::find_header(answer.headers, "Connection") == "close");
}

BOOST_AUTO_TEST_CASE(after_its_grace_ends_what_is_left) {
  handler.on("/never", [](const gate::Request&, const gate::Respond&) {});
  auto peer = client();
  peer.send("GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
  BOOST_TEST_REQUIRE(eventually([&] { return handler.handled() == 1; }));

  server->stop(10ms);

  BOOST_TEST(peer.read_to_end() == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_timer, StreamServer)

BOOST_AUTO_TEST_CASE(fires_once_at_its_time_unless_cancelled) {
  std::atomic<int> fired = 0;
  const auto cancel = server->timers().at(clock.steady() + 10ms, [&] { fired += 100; });
  cancel();
  server->timers().at(clock.steady() + 20ms, [&] { ++fired; });

  BOOST_TEST(eventually([&] { return fired == 1; }));
  BOOST_TEST(fired == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(running_out_of_descriptors, StreamServer)

/// Lets this process open no more files, as long as it lives.
struct NoMoreFiles {
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    // Descriptors are given out lowest first: past this one there are only higher ones.
    const int lowest = ::dup(0);
    ::close(lowest);
    const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest), .rlim_max = before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { ::setrlimit(RLIMIT_NOFILE, &before); }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;
  rlimit before{};
};

// D-07.
BOOST_AUTO_TEST_CASE(turns_clients_away_and_serves_again_after) {
  auto stays = client();
  stays.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n").read_answer();
  const int unconnected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  {
    const NoMoreFiles here;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(unconnected, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    char byte = 0;

    BOOST_TEST(::recv(unconnected, &byte, 1, 0) <= 0);
    BOOST_TEST(stays.send("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body == "GET /2 ");
  }
  ::close(unconnected);

  BOOST_TEST(client().send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n").read_answer().body == "GET /3 ");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_port)

BOOST_AUTO_TEST_CASE(in_use_is_named) {
  test::TestServer first;
  test::TestHandler handler;
  const SystemClock clock;
  const auto second =
      Server::make({.address = "127.0.0.1", .port = first.server->port(), .plain = true}, handler,
                   clock, null_log());

  BOOST_TEST_REQUIRE(!second.ok());
  BOOST_TEST((second.error().code == Code::kConflict));
  BOOST_TEST(second.error().message.find(std::to_string(first.server->port())) !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::http
