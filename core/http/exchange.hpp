// The worker's side of a slow route: an Exchange that may block, and the channel its body takes to
// the loop.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/http/connection.hpp"
#include "core/http/server.hpp"

namespace pintle::http {

/// A body on its way from a worker to the loop: bounded, so that the worker waits for the client.
/// Threads: every method may be called from any thread.
struct Channel {
  static constexpr std::size_t kCapacityBytes = 64 * 1024;

  /// Waits for room. False once the client is gone.
  bool push(std::string_view part);
  /// The body is whole; or, `broken`, it will never be.
  void end(bool broken);
  /// The client is gone: whoever waits is let go.
  void abandon();
  bool is_gone() const;

  mutable std::mutex mutex;
  std::condition_variable room;
  std::string buffer;  // Guarded by mutex, as all below.
  std::function<void()> waker;
  bool has_ended = false;
  bool has_broken = false;
  bool gone = false;
};

class WorkerExchange final : public Exchange {
 public:
  WorkerExchange(std::shared_ptr<Connection> connection, std::uint64_t number,
                 gate::Request request);

  const std::shared_ptr<Channel>& channel() const { return channel_; }

  /// Runs the handler and sees that the client gets an answer, whatever it did.
  void run();

  const gate::Request& request() const override { return request_; }
  void begin(int status, const gate::Headers& headers) override;
  bool write(std::string_view part) override;
  bool client_gone() override { return channel_->is_gone(); }
  void relay(Backend backend, bool upgrade) override;

 private:
  void answer(gate::Response response);

  const std::shared_ptr<Connection> connection_;
  const std::uint64_t number_;
  const gate::Request request_;
  const std::shared_ptr<Channel> channel_;
  bool has_begun_ = false;
};

}  // namespace pintle::http
