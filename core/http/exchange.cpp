// Slow routes: begin and write become a stream that the loop pulls.

#include "core/http/exchange.hpp"

#include <charconv>
#include <exception>
#include <optional>
#include <utility>

#include "core/http/relay.hpp"

namespace pintle::http {
namespace {

class ChannelStream final : public BreakableStream {
 public:
  explicit ChannelStream(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  ~ChannelStream() override { channel_->abandon(); }

  State pull(std::string& out, std::size_t) override {
    const std::lock_guard lock(channel_->mutex);
    out += channel_->buffer;
    channel_->buffer.clear();
    channel_->room.notify_all();
    return channel_->has_ended ? State::kEnd : State::kWait;
  }

  void set_waker(std::function<void()> waker) override {
    const std::lock_guard lock(channel_->mutex);
    channel_->waker = std::move(waker);
  }

  bool is_broken() const override {
    const std::lock_guard lock(channel_->mutex);
    return channel_->has_broken;
  }

  bool finishes() const override { return true; }

 private:
  const std::shared_ptr<Channel> channel_;
};

}  // namespace

bool Channel::push(std::string_view part) {
  std::function<void()> wake;
  {
    std::unique_lock lock(mutex);
    room.wait(lock, [this] { return gone || buffer.size() < kCapacityBytes; });
    if (gone) {
      return false;
    }
    buffer += part;
    wake = waker;
  }
  if (wake) {
    wake();
  }
  return true;
}

void Channel::end(bool broken) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex);
    has_ended = true;
    has_broken = broken;
    wake = waker;
  }
  if (wake) {
    wake();
  }
}

void Channel::abandon() {
  {
    const std::lock_guard lock(mutex);
    gone = true;
    waker = nullptr;
  }
  room.notify_all();
}

bool Channel::is_gone() const {
  const std::lock_guard lock(mutex);
  return gone;
}

WorkerExchange::WorkerExchange(std::shared_ptr<Connection> connection, std::uint64_t number,
                               gate::Request request)
    : connection_(std::move(connection)),
      number_(number),
      request_(std::move(request)),
      channel_(std::make_shared<Channel>()) {}

void WorkerExchange::run() {
  bool has_failed = true;
  try {
    connection_->core().handler.handle_slow(*this);
    has_failed = false;
  } catch (const std::exception& failure) {
    connection_->core().log.error("a slow route threw",
                                  {{"target", request_.target}, {"what", failure.what()}});
  } catch (...) {
    connection_->core().log.error("a slow route threw", {{"target", request_.target}});
  }
  if (!has_begun_) {
    answer(refusal(500, "apiserver panic'd on " + request_.method + " " + request_.target));
  }
  channel_->end(has_failed);
}

void WorkerExchange::answer(gate::Response response) {
  has_begun_ = true;
  connection_->deliver(number_, {.response = std::move(response), .length = {}});
}

void WorkerExchange::begin(int status, const gate::Headers& headers) {
  if (std::exchange(has_begun_, true)) {
    return;
  }
  Outgoing outgoing{.response = {}, .length = {}};
  outgoing.response.status = status;
  outgoing.response.content_type.clear();
  for (const auto& [name, value] : headers) {
    if (equals_ignoring_case(name, "Content-Type")) {
      outgoing.response.content_type = value;
    } else if (equals_ignoring_case(name, "Content-Length")) {
      std::uint64_t length = 0;
      const char* end = value.data() + value.size();
      if (std::from_chars(value.data(), end, length).ptr == end) {
        outgoing.length = length;
      }
    } else if (equals_ignoring_case(name, "Connection")) {
      outgoing.closes = outgoing.closes || equals_ignoring_case(value, "close");
    } else if (!equals_ignoring_case(name, "Transfer-Encoding") &&
               !equals_ignoring_case(name, "Date")) {
      outgoing.response.headers.emplace_back(name, value);
    }
  }
  outgoing.response.body = std::make_unique<ChannelStream>(channel_);
  connection_->deliver(number_, std::move(outgoing));
}

bool WorkerExchange::write(std::string_view part) {
  return part.empty() ? !channel_->is_gone() : channel_->push(part);
}

void WorkerExchange::relay(Backend backend, bool upgrade) {
  auto relay = Relay::make(std::move(backend), upgrade, request_);
  if (std::exchange(has_begun_, true)) {
    return;
  }
  if (!relay.ok()) {
    answer(refusal(http_status_of(relay.error().code), relay.error().message));
    return;
  }
  connection_->loop().post(
      [connection = connection_, number = number_, relay = std::move(relay).value()] {
        connection->start_relay(number, relay);
      });
}

}  // namespace pintle::http
