// Core: what all connections of one server share.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/http/head.hpp"
#include "core/http/server.hpp"
#include "core/http/tls.hpp"
#include "core/http/workers.hpp"

namespace pintle::http {

/// Counts the connections, in all and by client address, and lets stop() wait for the last.
/// Threads: every method may be called from any thread.
class Census {
 public:
  Census(std::size_t max, std::size_t max_per_address)
      : max_(max), max_per_address_(max_per_address) {}

  /// False if one more from `address` is too many.
  bool admit(const std::string& address);
  void leave(const std::string& address);
  std::uint64_t total() const;  // Ever admitted.
  /// Waits until none is open; false after `grace`.
  bool wait_for_none(std::chrono::milliseconds grace);

 private:
  const std::size_t max_;
  const std::size_t max_per_address_;
  mutable std::mutex mutex_;
  std::condition_variable none_left_;
  std::size_t open_ = 0;                           // Guarded by mutex_.
  std::uint64_t total_ = 0;                        // Guarded by mutex_.
  std::map<std::string, std::size_t> by_address_;  // Guarded by mutex_.
};

struct Core {
  Core(Handler& handler_in, Limits limits_in, const Clock& clock_in, Log& log_in)
      : handler(handler_in),
        limits(limits_in),
        head_limits{limits_in.max_head_bytes, limits_in.max_target_bytes,
                    limits_in.max_header_count},
        clock(clock_in),
        log(log_in),
        workers(limits_in.workers, log_in),
        census(limits_in.max_connections, limits_in.max_connections_per_address) {}

  std::shared_ptr<const TlsServer> tls() const {
    const std::lock_guard lock(tls_mutex);
    return tls_now;
  }
  void set_tls(std::shared_ptr<const TlsServer> tls_in) {
    const std::lock_guard lock(tls_mutex);
    tls_now = std::move(tls_in);
  }

  Handler& handler;
  const Limits limits;
  const HeadLimits head_limits;
  const Clock& clock;
  Log& log;
  Workers workers;
  Census census;
  std::atomic<bool> is_stopping = false;

 private:
  mutable std::mutex tls_mutex;
  std::shared_ptr<const TlsServer> tls_now;  // Null in plain mode. Guarded by tls_mutex.
};

}  // namespace pintle::http
