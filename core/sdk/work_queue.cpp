// WorkQueue: keys that wait for a worker, each at most once; see work_queue.hpp.

#include "core/sdk/work_queue.hpp"

#include <algorithm>

namespace pintle::sdk {

using std::chrono::milliseconds;

milliseconds wait_after(int failures, const Backoff& backoff) {
  // Sixty doublings of a millisecond outlast any limit, and one more would overflow.
  constexpr int kMaxDoublings = 60;
  milliseconds wait = backoff.first;
  for (int i = 0; i < failures && i < kMaxDoublings && wait < backoff.limit; ++i) {
    wait *= 2;
  }
  return std::min(wait, backoff.limit);
}

WorkQueue::WorkQueue(const Clock& clock, Backoff backoff) : clock_(clock), backoff_(backoff) {}

void WorkQueue::add(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    add_locked(key);
  }
  changed_.notify_one();
}

void WorkQueue::add_locked(const std::string& key) {
  if (dirty_.insert(key).second && !in_work_.contains(key)) {
    ready_.push_back(key);
  }
}

void WorkQueue::add_after(const std::string& key, milliseconds delay) {
  if (delay <= milliseconds::zero()) {
    add(key);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime when = clock_.steady() + delay;
    const auto known = due_.find(key);
    if (known != due_.end() && known->second <= when) {
      return;
    }
    if (known != due_.end()) {
      const auto [from, to] = later_.equal_range(known->second);
      later_.erase(std::find_if(from, to, [&](const auto& entry) { return entry.second == key; }));
    }
    due_[key] = when;
    later_.emplace(when, key);
  }
  changed_.notify_one();
}

void WorkQueue::add_rate_limited(const std::string& key) {
  int failed = 0;
  {
    const std::lock_guard lock(mutex_);
    failed = failures_[key]++;
  }
  add_after(key, wait_after(failed, backoff_));
}

void WorkQueue::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  failures_.erase(key);
}

int WorkQueue::failures(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto count = failures_.find(key);
  return count == failures_.end() ? 0 : count->second;
}

void WorkQueue::move_due_locked() {
  const SteadyTime now = clock_.steady();
  while (!later_.empty() && later_.begin()->first <= now) {
    const std::string key = later_.begin()->second;
    later_.erase(later_.begin());
    due_.erase(key);
    add_locked(key);
  }
}

std::optional<std::string> WorkQueue::pop_locked() {
  if (ready_.empty()) {
    return std::nullopt;
  }
  std::string key = std::move(ready_.front());
  ready_.pop_front();
  dirty_.erase(key);
  in_work_.insert(key);
  return key;
}

std::optional<std::string> WorkQueue::try_take() {
  const std::lock_guard lock(mutex_);
  move_due_locked();
  return pop_locked();
}

std::optional<std::string> WorkQueue::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    move_due_locked();
    if (auto key = pop_locked()) {
      return key;
    }
    const auto has_news = [this,
                           waits_for = later_.empty() ? SteadyTime::max() : later_.begin()->first] {
      return !ready_.empty() || (!later_.empty() && later_.begin()->first < waits_for);
    };
    if (later_.empty()) {
      changed_.wait(lock, stop, [this] { return !ready_.empty() || !later_.empty(); });
    } else {
      const auto wait = later_.begin()->first - clock_.steady();
      changed_.wait_for(lock, stop, wait, has_news);
    }
  }
  return std::nullopt;
}

void WorkQueue::done(const std::string& key) {
  {
    const std::lock_guard lock(mutex_);
    in_work_.erase(key);
    if (!dirty_.contains(key)) {
      return;
    }
    ready_.push_back(key);
  }
  changed_.notify_one();
}

std::optional<SteadyTime> WorkQueue::next_due() const {
  const std::lock_guard lock(mutex_);
  if (!ready_.empty()) {
    return SteadyTime();
  }
  return later_.empty() ? std::nullopt : std::optional(later_.begin()->first);
}

std::size_t WorkQueue::size() const {
  const std::lock_guard lock(mutex_);
  return ready_.size();
}

}  // namespace pintle::sdk
