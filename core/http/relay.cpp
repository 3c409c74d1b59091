// The relay's beginning: the request goes out, and the backend's answer decides what follows.

#include "core/http/relay.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utility>

#include "core/base/concat.hpp"

namespace pintle::http {
namespace {

constexpr std::uint32_t kEverything = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr std::chrono::seconds kAnswerDeadline{60};

// Source: RFC 9110 section 7.6.1; Connection and Upgrade are written anew.
constexpr std::array<std::string_view, 9> kHopByHop = {
    "Connection", "Keep-Alive",        "Proxy-Connection", "TE", "Trailer", "Upgrade",
    "Expect",     "Transfer-Encoding", "Content-Length"};
constexpr std::array<std::string_view, 4> kNotSentOn = {"Authorization", "Cookie",
                                                        "Proxy-Authorization", "X-Forwarded-For"};

template <typename Names>
bool is_one_of(std::string_view name, const Names& names) {
  return std::ranges::any_of(
      names, [name](std::string_view each) { return equals_ignoring_case(name, each); });
}

bool has_prefix(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() &&
         equals_ignoring_case(name.substr(0, prefix.size()), prefix);
}

bool is_sent_on(std::string_view name, bool browses) {
  const bool is_cookie = browses && equals_ignoring_case(name, "Cookie");
  // A page whose links are rewritten must come as plain text.
  const bool is_replaced = browses && (has_prefix(name, "X-Forwarded-") ||
                                       equals_ignoring_case(name, "Accept-Encoding"));
  return !is_replaced && !is_one_of(name, kHopByHop) &&
         (is_cookie || !is_one_of(name, kNotSentOn)) && !equals_ignoring_case(name, "Host") &&
         !has_prefix(name, "Impersonate-") && !has_prefix(name, "X-Remote-");
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

/// Only what carries exec and its kin: another protocol could mean another thing to the backend.
bool is_known_upgrade(const gate::Request& request) {
  const auto protocol = gate::find_header(request.headers, "Upgrade");
  return header_has_token(request.headers, "Connection", "Upgrade") &&
         (equals_ignoring_case(protocol, "SPDY/3.1") ||
          equals_ignoring_case(protocol, "websocket"));
}

/// Source: apimachinery util/proxy Transport.RoundTrip.
void append_forwarded(std::string& text, const Exchange::Backend& backend,
                      const gate::Request& request) {
  const auto path = backend.target.substr(0, backend.target.find('?'));
  append_field(text, "X-Forwarded-Uri", concat({backend.prefix, path}));
  append_field(text, "X-Forwarded-Host", gate::find_header(request.headers, "Host"));
  append_field(text, "X-Forwarded-Proto", "https");
}

std::string request_text(const Exchange::Backend& backend, bool upgrade,
                         const gate::Request& request) {
  std::string text = concat({request.method, " ", backend.target, " HTTP/1.1\r\n"});
  append_field(text, "Host", backend.host);
  for (const auto& [name, value] : request.headers) {
    if (is_sent_on(name, !backend.prefix.empty())) {
      append_field(text, name, value);
    }
  }
  if (!backend.prefix.empty()) {
    append_forwarded(text, backend, request);
  }
  std::string forwarded(gate::find_header(request.headers, "X-Forwarded-For"));
  const auto colon = request.remote_address.rfind(':');
  forwarded += forwarded.empty() ? "" : ", ";
  forwarded += request.remote_address.substr(0, colon);
  append_field(text, "X-Forwarded-For", forwarded);
  if (upgrade) {
    append_field(text, "Connection", "Upgrade");
    append_field(text, "Upgrade", gate::find_header(request.headers, "Upgrade"));
  } else {
    append_field(text, "Connection", "close");
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    append_field(text, "Content-Length", std::to_string(request.body.size()));
  }
  text += "\r\n";
  text += request.body;
  return text;
}

/// "n1" of "n1:10250", "fd00::2" of "[fd00::2]:10250".
std::string name_of(const std::string& host) {
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  const std::string name = has_port ? host.substr(0, colon) : host;
  const bool is_bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  return is_bracketed ? name.substr(1, name.size() - 2) : name;
}

class FdOwner {
 public:
  explicit FdOwner(int fd) : fd_(fd) {}
  ~FdOwner() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  FdOwner(const FdOwner&) = delete;
  FdOwner& operator=(const FdOwner&) = delete;
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

bool is_safe_target(std::string_view target) {
  return !target.empty() && target.front() == '/' && std::ranges::all_of(target, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f;
  });
}

}  // namespace

Result<std::shared_ptr<Relay>> Relay::make(Exchange::Backend backend, bool upgrade,
                                           const gate::Request& request) {
  ::fcntl(backend.fd, F_SETFL, ::fcntl(backend.fd, F_GETFL) | O_NONBLOCK);
  FdOwner fd(backend.fd);
  if (upgrade && !is_known_upgrade(request)) {
    return Error{Code::kBadRequest, "Upgrade request required"};
  }
  if (!is_safe_target(backend.target)) {
    return Error{Code::kInternalError, "the backend's path is not a path"};
  }
  SslPtr ssl;
  if (backend.tls) {
    PINTLE_TRY(ssl, make_client_session({.ca_pem = backend.ca_pem,
                                         .certificate_pem = backend.certificate_pem,
                                         .key_pem = backend.key_pem,
                                         .host = name_of(backend.host),
                                         .verifies = backend.verifies}));
  }
  return std::make_shared<Relay>(fd.release(), std::move(ssl),
                                 Manner{.upgrade = upgrade,
                                        .words_errors = backend.words_errors && !upgrade,
                                        .prefix = backend.prefix,
                                        .host = backend.host,
                                        .is_head = request.method == "HEAD"},
                                 request_text(backend, upgrade, request));
}

Relay::Relay(int fd, SslPtr ssl, Manner manner, std::string request)
    : backend_(fd, std::move(ssl)), manner_(std::move(manner)), request_(std::move(request)) {}

void Relay::start(std::shared_ptr<Connection> client) {
  const auto self = shared_from_this();
  client_ = std::move(client);
  if (!client_->loop().add(backend_.fd(), shared_from_this(), kEverything)) {
    fail(500, "Internal error occurred: error dialing backend: no file descriptors left");
    return;
  }
  client_->loop().wheel().set(*this, client_->loop().now() + kAnswerDeadline);
  run();
}

void Relay::on_events(std::uint32_t events) {
  backend_.note_events(events);
  run();
}

void Relay::on_deadline() {
  if (state_ == State::kConnecting || state_ == State::kSendingRequest ||
      state_ == State::kReadingHead || state_ == State::kErrorText) {
    fail(504, "the backend did not answer in time");
  }
}

void Relay::close() {
  if (state_ == State::kClosed) {
    return;
  }
  state_ = State::kClosed;
  if (client_) {
    client_->loop().wheel().clear(*this);
    client_->loop().remove(backend_.fd());
  }
  backend_.close();
  body_waker_ = nullptr;
  client_ = nullptr;
}

/// The client gets a Status instead of the backend's answer.
void Relay::fail(int status, std::string_view message) {
  const auto client = client_;
  client->answer({.response = refusal(status, message), .length = {}, .closes = true});
  close();
}

void Relay::run() {
  bool goes_on = true;
  while (goes_on) {
    switch (state_) {
      case State::kConnecting:
        goes_on = run_handshake();
        break;
      case State::kSendingRequest:
        goes_on = send_request();
        break;
      case State::kReadingHead:
        goes_on = read_head();
        break;
      case State::kErrorText:
        read_error_text();
        goes_on = false;
        break;
      case State::kBody:
        if (body_waker_) {
          body_waker_();
        }
        goes_on = false;
        break;
      case State::kTunnel:
        pump();
        goes_on = false;
        break;
      case State::kClosed:
        goes_on = false;
        break;
    }
  }
}

bool Relay::run_handshake() {
  const Io io = backend_.is_secure() ? backend_.handshake() : Io::kOk;
  if (io == Io::kOk) {
    state_ = State::kSendingRequest;
    return true;
  }
  if (io != Io::kWait) {
    fail(500, "Internal error occurred: error dialing backend: tls: " + handshake_fault(backend_));
  }
  return false;
}

bool Relay::send_request() {
  while (request_at_ < request_.size()) {
    std::size_t put = 0;
    const Io io = backend_.write(std::string_view(request_).substr(request_at_), put);
    request_at_ += put;
    if (io == Io::kWait) {
      return false;
    }
    if (io != Io::kOk) {
      fail(500, "Internal error occurred: error dialing backend: connection closed");
      return false;
    }
  }
  std::string().swap(request_);
  state_ = State::kReadingHead;
  return true;
}

bool Relay::read_head() {
  auto& buffer = client_->loop().read_buffer();
  std::size_t got = 0;
  const Io io = backend_.read(buffer, got);
  if (io == Io::kWait) {
    return false;
  }
  if (io != Io::kOk) {
    fail(500,
         "Internal error occurred: error dialing backend: it closed the connection without an "
         "answer");
    return false;
  }
  input_.append(buffer, 0, got);
  const HeadLimits limits;
  const auto scanned = scanner_.scan(input_, limits);
  if (scanned == HeadScanner::State::kFault) {
    fail(500, "Internal error occurred: error dialing backend: malformed answer");
    return false;
  }
  if (scanned == HeadScanner::State::kFound) {
    take_head();
  }
  return state_ != State::kClosed;
}

bool Relay::is_asked_upgrade(const AnswerHead& head) const {
  return manner_.upgrade && header_has_token(head.headers, "Connection", "Upgrade") &&
         !gate::find_header(head.headers, "Upgrade").empty();
}

void Relay::take_head() {
  AnswerHead head;
  const std::string text = input_.substr(0, scanner_.size());
  const HeadLimits limits;
  if (const auto fault = parse_answer_head(text, limits, head)) {
    fail(500, "Internal error occurred: error dialing backend: " + fault->message);
    return;
  }
  input_.erase(0, scanner_.size());
  scanner_.reset();
  if (head.status == 101) {
    if (!is_asked_upgrade(head)) {
      fail(500,
           "Internal error occurred: error dialing backend: it switched protocols without being "
           "asked to");
      return;
    }
    open_tunnel(text);
    return;
  }
  if (head.status < 200) {
    return;  // "100 Continue" and its like announce the answer proper.
  }
  // Source: apimachinery util/proxy, UpgradeAwareHandler.
  const bool may_redirect = !manner_.prefix.empty() && !manner_.upgrade;
  if (head.status >= 300 && head.status < 400 && head.status != 304 && !may_redirect) {
    fail(502, "the backend attempted to redirect this request, which is not permitted");
    return;
  }
  relay_answer(std::move(head));
}

}  // namespace pintle::http
