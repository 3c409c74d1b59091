// RemoteSubscription: a list, then a watch that is taken up again wherever it broke off.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/base/log.hpp"
#include "core/http/remote_client.hpp"
#include "core/http/remote_object.hpp"
#include "core/loader/loader.hpp"

namespace pintle::http {

/// Follows `path` on a thread of its own. Only next() waits; a slow reader holds the thread back,
/// and the server's bus in the end tells it to list again.
/// Source: client-go reflector: back-off 800 ms to 30 s with jitter; 410 lists anew.
class RemoteSubscription final : public loader::Backend::Subscription {
 public:
  /// `first` is the first list's body, where it is there already.
  RemoteSubscription(RemoteClient& client, Log& log, std::string path, std::string resource,
                     std::optional<std::string> first);
  ~RemoteSubscription() override;

  int next(std::uint32_t timeout_ms, loader::Backend::Change& change) override;
  void wake() override;
  void on_ready(std::function<void()> ready) override;

 private:
  enum class Outcome { kEnded, kExpired, kFailed };

  void run(const std::stop_token& stop);
  bool list(const std::stop_token& stop, std::optional<std::string> body);
  Outcome watch(const std::stop_token& stop);
  std::optional<Outcome> take_line(const std::stop_token& stop, std::string_view line);
  void push(const std::stop_token& stop, std::uint32_t type, ObjectPtr object);
  void wait(const std::stop_token& stop);

  RemoteClient& client_;
  Log& log_;
  const std::string path_;
  const std::string resource_;
  std::optional<std::string> first_;
  std::string version_;  // The newest resourceVersion seen; used by the thread only.
  bool has_listed_ = false;
  int failures_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<loader::Backend::Change> changes_;  // Guarded by mutex_.
  bool is_woken_ = false;                        // Guarded by mutex_.
  std::function<void()> ready_;                  // Guarded by mutex_.
  int watched_fd_ = -1;                          // Of the watch under way. Guarded by mutex_.
  std::jthread thread_;
};

}  // namespace pintle::http
