// An elastic pool. Its threads are detached: stop() counts them out.

#include "plugins/kubelet/executor.hpp"

#include <thread>
#include <utility>

namespace pintle::kubelet {
namespace {

constexpr std::chrono::seconds kIdleLife{10};

}  // namespace

Executor::~Executor() {
  stop();
}

void Executor::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    return;
  }
  jobs_.push_back(std::move(job));
  if (jobs_.size() > idle_ && threads_ < max_threads_) {
    ++threads_;
    std::thread([this] { work(); }).detach();
  }
  changed_.notify_all();
}

void Executor::sleep(std::chrono::milliseconds duration) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, duration, [this] { return stopping_; });
}

void Executor::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  jobs_.clear();
  changed_.notify_all();
  changed_.wait(lock, [this] { return threads_ == 0; });
}

void Executor::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    ++idle_;
    const bool has_work =
        changed_.wait_for(lock, kIdleLife, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (!has_work) {
      break;
    }
    if (stopping_) {
      break;
    }
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
  --threads_;
  // Under the lock: once it is given back, `this` may be gone.
  changed_.notify_all();
}

}  // namespace pintle::kubelet
