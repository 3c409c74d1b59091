// The worker pool.

#include "core/http/workers.hpp"

#include <exception>
#include <utility>

namespace pintle::http {

Workers::Workers(std::size_t threads, Log& log) : max_threads_(threads), log_(log) {}

Workers::~Workers() {
  stop();
}

bool Workers::submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || jobs_.size() >= max_threads_ * kQueueFactor) {
      return false;
    }
    jobs_.push_back(std::move(job));
    if (jobs_.size() > idle_ && threads_.size() < max_threads_) {
      threads_.emplace_back([this] { run(); });
    }
  }
  changed_.notify_one();
  return true;
}

void Workers::stop() {
  std::vector<std::jthread> threads;
  std::deque<std::function<void()>> dropped;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    threads.swap(threads_);
    dropped.swap(jobs_);
  }
  changed_.notify_all();
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) {
      return;
    }
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    try {
      job();
    } catch (const std::exception& failure) {
      log_.error("a job on a worker thread threw", {{"what", failure.what()}});
    } catch (...) {
      log_.error("a job on a worker thread threw", {});
    }
    lock.lock();
  }
}

}  // namespace pintle::http
