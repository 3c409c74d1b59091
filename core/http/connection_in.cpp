// A connection's way in: the head, the body, and off to a handler.

#include <algorithm>
#include <exception>
#include <utility>

#include "core/http/connection.hpp"
#include "core/http/exchange.hpp"

namespace pintle::http {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kFirstReserveBytes = 64 * 1024;

std::string join_address(const std::string& address, std::uint16_t port) {
  const std::string tail = ":" + std::to_string(port);
  return address.find(':') == std::string::npos ? address + tail : "[" + address + "]" + tail;
}

}  // namespace

bool Connection::run_input() {
  if (input_is_fresh_) {
    input_is_fresh_ = false;
    return take_head({});
  }
  if (!out_.empty() && !flush_pending()) {
    return false;
  }
  auto& buffer = loop_->read_buffer();
  std::size_t got = 0;
  const Io io = transport_.read(buffer, got);
  if (io != Io::kOk) {
    return ends_input(io);
  }
  const std::string_view fresh(buffer.data(), got);
  return state_ == State::kHead ? take_head(fresh) : take_body(fresh);
}

bool Connection::ends_input(Io io) {
  if (io != Io::kWait) {
    close();  // Cut off in the middle or at a boundary: nobody is there to hear of it.
  }
  return false;
}

/// Takes a head from input_ and `fresh` behind it, and as much of its body as came along.
bool Connection::take_head(std::string_view fresh) {
  const bool is_own = !input_.empty();
  if (is_own) {
    input_.append(fresh);
  }
  const std::string_view data = is_own ? std::string_view(input_) : fresh;
  if (!head_has_begun_) {
    head_has_begun_ = true;
    set_deadline(core_->limits.head);
  }
  switch (scanner_.scan(data, core_->head_limits)) {
    case HeadScanner::State::kMore:
      if (!is_own) {
        input_.assign(fresh);
      }
      return true;
    case HeadScanner::State::kFault:
      return refuse(scanner_.fault().status, scanner_.fault().message);
    case HeadScanner::State::kFound:
      break;
  }
  RequestHead head;
  if (const auto fault =
          parse_request_head(data.substr(0, scanner_.size()), core_->head_limits, head)) {
    is_http_1_0_ = head.is_http_1_0;
    return refuse(fault->status, fault->message);
  }
  is_http_1_0_ = head.is_http_1_0;
  is_head_request_ = head.method == "HEAD";
  keeps_alive_ = head.keeps_alive;
  framing_ = head.framing;
  request_.method = std::move(head.method);
  request_.target = std::move(head.target);
  request_.headers = std::move(head.headers);
  if (framing_.length.value_or(0) > core_->limits.max_body_bytes) {
    return refuse(
        413, "Request entity too large: limit is " + std::to_string(core_->limits.max_body_bytes));
  }
  const std::string rest(data.substr(scanner_.size()));
  scanner_.reset();
  std::string().swap(input_);
  const bool has_body = framing_.chunked || framing_.length.value_or(0) > 0;
  if (has_body && head.expects_continue && rest.empty()) {
    send(kContinue);
  }
  return begin_body(rest);
}

bool Connection::begin_body(std::string_view rest) {
  chunks_ = {};
  if (!framing_.chunked && framing_.length.value_or(0) == 0) {
    input_.assign(rest);
    return dispatch();
  }
  state_ = State::kBody;
  set_deadline(core_->limits.body);
  if (framing_.length) {
    request_.body.reserve(
        static_cast<std::size_t>(std::min<std::uint64_t>(*framing_.length, kFirstReserveBytes)));
  }
  return rest.empty() || take_body(rest);
}

bool Connection::take_body(std::string_view data) {
  if (framing_.chunked) {
    return take_chunks(data);
  }
  const auto missing = static_cast<std::size_t>(*framing_.length) - request_.body.size();
  const auto part = data.substr(0, missing);
  request_.body.append(part);
  if (part.size() < missing) {
    return true;
  }
  input_.assign(data.substr(part.size()));
  return dispatch();
}

bool Connection::take_chunks(std::string_view data) {
  const auto limit = core_->limits.max_body_bytes;
  std::size_t used = 0;
  const auto state = chunks_.feed(data, request_.body, limit + 1, used);
  if (state == ChunkDecoder::State::kFault) {
    return refuse(400, "malformed chunked body");
  }
  if (chunks_.announced() > limit) {
    return refuse(413, "Request entity too large: limit is " + std::to_string(limit));
  }
  if (state == ChunkDecoder::State::kMore) {
    return true;
  }
  input_.assign(data.substr(used));
  return dispatch();
}

bool Connection::refuse(int status, std::string_view message) {
  request_ = {};
  worker_ = nullptr;
  return begin_answer({.response = refusal(status, message), .length = {}, .closes = true});
}

bool Connection::dispatch() {
  state_ = State::kHandling;
  loop_->wheel().clear(*this);
  loop_->requests.fetch_add(1, std::memory_order_relaxed);
  head_has_begun_ = false;
  input_is_fresh_ = !input_.empty();
  const auto number = ++number_;
  request_.certificate = certificate_;
  request_.remote_address = join_address(address_, port_);
  const std::string what = request_.method + " " + request_.target;
  is_in_handler_ = true;
  try {
    if (core_->handler.is_slow(request_)) {
      hand_to_worker(number);
    } else {
      core_->handler.handle(
          std::move(request_), [self = std::static_pointer_cast<Connection>(shared_from_this()),
                                number](gate::Response response) {
            self->deliver(number, {.response = std::move(response), .length = {}});
          });
    }
  } catch (const std::exception& failure) {
    core_->log.error("a handler threw", {{"request", what}, {"what", failure.what()}});
    early_ = Outgoing{.response = refusal(500, "apiserver panic'd on " + what), .length = {}};
  } catch (...) {
    core_->log.error("a handler threw", {{"request", what}});
    early_ = Outgoing{.response = refusal(500, "apiserver panic'd on " + what), .length = {}};
  }
  is_in_handler_ = false;
  request_ = {};
  if (!early_) {
    return false;
  }
  auto outgoing = std::move(*early_);
  early_ = std::nullopt;
  return begin_answer(std::move(outgoing));
}

void Connection::hand_to_worker(std::uint64_t number) {
  const auto exchange = std::make_shared<WorkerExchange>(
      std::static_pointer_cast<Connection>(shared_from_this()), number, std::move(request_));
  worker_ = exchange->channel();
  if (!core_->workers.submit([exchange] { exchange->run(); })) {
    worker_ = nullptr;
    early_ = Outgoing{.response = refusal(429, "Too many requests, please try again later."),
                      .length = {}};
  }
}

}  // namespace pintle::http
