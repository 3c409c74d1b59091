// Workers: a bounded pool of threads for what must wait: slow routes, password hashes.

#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/log.hpp"

namespace pintle::http {

/// Threads are made when they are first needed. Every method may be called from any thread.
class Workers {
 public:
  /// At most `threads` jobs run at once and as many again, times kQueueFactor, wait.
  Workers(std::size_t threads, Log& log);
  ~Workers();

  /// False if every thread is busy and the queue is full, or after stop().
  bool submit(std::function<void()> job);

  /// Drops what waits, and waits for what runs.
  void stop();

 private:
  static constexpr std::size_t kQueueFactor = 4;

  void run();

  const std::size_t max_threads_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // Guarded by mutex_.
  std::size_t idle_ = 0;                    // Guarded by mutex_.
  bool is_stopping_ = false;                // Guarded by mutex_.
  std::vector<std::jthread> threads_;       // Guarded by mutex_.
};

}  // namespace pintle::http
