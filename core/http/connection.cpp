// A connection's life: events, deadlines, and the way from one state to the next.

#include "core/http/connection.hpp"

#include <array>
#include <sys/epoll.h>
#include <utility>

#include "core/http/exchange.hpp"
#include "core/http/relay.hpp"

namespace pintle::http {
namespace {

constexpr std::uint32_t kEverything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr unsigned kStepsATurn = 64;  // Then other connections have their turn.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kMaxLingerBytes = 256 * 1024;
// Source: kubelet streamingConnectionIdleTimeout.
constexpr std::chrono::hours kTunnelIdle{4};

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::shared_ptr<Loop> loop, int fd, SslPtr ssl,
                       std::string address, std::uint16_t port)
    : core_(std::move(core)),
      loop_(std::move(loop)),
      transport_(fd, std::move(ssl)),
      address_(std::move(address)),
      port_(port) {}

Connection::~Connection() {
  if (state_ != State::kClosed) {
    core_->census.leave(address_);
  }
}

void Connection::start() {
  if (!loop_->add(transport_.fd(), shared_from_this(), kEverything)) {
    close();
    return;
  }
  loop_->connections.fetch_add(1, std::memory_order_relaxed);
  set_deadline(core_->limits.handshake);
  if (!transport_.is_secure()) {
    state_ = State::kHead;
    set_deadline(core_->limits.idle);
  }
  run();
  if (is_stopping()) {
    on_stopping();  // Accepted just before the listener closed.
  }
}

void Connection::set_deadline(std::chrono::milliseconds from_now) {
  loop_->wheel().set(*this, loop_->now() + from_now);
}

void Connection::on_events(std::uint32_t events) {
  transport_.note_events(events);
  peer_has_ended_ = peer_has_ended_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool is_broken = (events & (EPOLLHUP | EPOLLERR)) != 0;
  const bool only_waits = state_ == State::kHandling || state_ == State::kSending;
  if (only_waits && (is_broken || (peer_has_ended_ && stream_is_quiet_))) {
    close();
    return;
  }
  run();
}

void Connection::on_woken() {
  take_mail();
  run();
}

void Connection::on_stopping() {
  if (state_ == State::kTunnel) {
    close();
    return;
  }
  // A request that is here already is still answered.
  run();
  if (state_ == State::kHandshake) {
    close();
  } else if (state_ == State::kHead && !head_has_begun_) {
    linger();
    run();
  }
}

void Connection::on_deadline() {
  if (state_ == State::kBody) {
    refuse(408, "the request's body did not come in time");
    run();
    return;
  }
  close();
}

void Connection::run() {
  for (unsigned step = 0; step < kStepsATurn; ++step) {
    bool goes_on = false;
    switch (state_) {
      case State::kHandshake:
        goes_on = run_handshake();
        break;
      case State::kHead:
      case State::kBody:
        goes_on = run_input();
        break;
      case State::kSending:
        goes_on = run_output();
        break;
      case State::kTunnel: {
        const auto relay = relay_;
        relay->pump();
        break;
      }
      case State::kLingering:
        goes_on = run_lingering();
        break;
      case State::kHandling:
      case State::kClosed:
        break;
    }
    if (!goes_on) {
      return;
    }
  }
  visit_again();
}

bool Connection::run_handshake() {
  if (!has_peeked_) {
    std::array<char, 1> first{};
    const auto peeked = transport_.peek(first);
    if (!peeked) {
      return false;  // OpenSSL must not be the first to see what comes next.
    }
    has_peeked_ = true;
    // A TLS record of type handshake begins with 22; a method with a letter.
    if (*peeked == 1 && first[0] >= 'A' && first[0] <= 'Z') {
      answer_cleartext_client();
      return true;
    }
  }
  switch (transport_.handshake()) {
    case Io::kOk:
      certificate_ = peer_certificate(transport_);
      state_ = State::kHead;
      set_deadline(core_->limits.idle);
      return true;
    case Io::kWait:
      return false;
    case Io::kEnd:
    case Io::kFault:
      break;
  }
  close();
  return false;
}

void Connection::answer_cleartext_client() {
  // Source: Go net/http, conn.serve on tls.RecordHeaderError.
  transport_.write_in_the_clear(
      "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  linger();
}

bool Connection::linger() {
  // Closing with unread input would reset the connection and could take the answer with it.
  transport_.end_writing();
  state_ = State::kLingering;
  input_ = {};
  set_deadline(kLinger);
  return true;
}

bool Connection::run_lingering() {
  std::size_t dropped = 0;
  if (!transport_.discard_input(dropped) || dropped > kMaxLingerBytes) {
    close();
  }
  return false;
}

void Connection::start_relay(std::uint64_t number, std::shared_ptr<Relay> relay) {
  if (state_ != State::kHandling || number != number_) {
    return;
  }
  worker_ = nullptr;
  relay_ = std::move(relay);
  relay_->start(std::static_pointer_cast<Connection>(shared_from_this()));
}

void Connection::enter_tunnel() {
  state_ = State::kTunnel;
  set_deadline(kTunnelIdle);
}

void Connection::close() {
  if (state_ == State::kClosed) {
    return;
  }
  state_ = State::kClosed;
  const auto self = shared_from_this();
  loop_->wheel().clear(*this);
  loop_->remove(transport_.fd());
  transport_.close();
  // What a stream or a worker holds is let go here, on the loop, never on a waker's thread.
  stream_ = nullptr;
  if (worker_) {
    worker_->abandon();
    worker_ = nullptr;
  }
  if (const auto relay = std::exchange(relay_, nullptr)) {
    relay->close();
  }
  early_ = std::nullopt;
  take_mail();
  out_ = {};
  body_ = {};
  input_ = {};
  request_ = {};
  loop_->connections.fetch_sub(1, std::memory_order_relaxed);
  core_->census.leave(address_);
}

}  // namespace pintle::http
