// Executor: runs jobs that wait for the outside. Threads come when all others wait, and go when
// there is nothing to do.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace pintle::kubelet {

/// Threads: every method may be called from any thread.
class Executor {
 public:
  explicit Executor(std::size_t max_threads) : max_threads_(max_threads) {}
  ~Executor();

  /// Runs `job` soon. After stop() it is dropped.
  void run(std::function<void()> job);
  /// Keeps a job waiting; less long once stop() is called.
  void sleep(std::chrono::milliseconds duration);
  /// Drops what has not begun and waits for what has.
  void stop();

 private:
  void work();

  const std::size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // Guarded by mutex_, as is all below.
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace pintle::kubelet
