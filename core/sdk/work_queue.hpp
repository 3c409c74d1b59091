// WorkQueue: keys that wait for a worker, each at most once. As client-go's rate-limiting queue.

#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "core/base/clock.hpp"

namespace pintle::sdk {

/// How long a key waits before it is tried again: doubled each time, from `first` up to `limit`.
/// Source: client-go ItemExponentialFailureRateLimiter, 5 ms to 1000 s.
struct Backoff {
  std::chrono::milliseconds first{5};
  std::chrono::milliseconds limit{1'000'000};
};

/// The wait before try number `failures` + 1. Total for any count; never above `backoff.limit`.
std::chrono::milliseconds wait_after(int failures, const Backoff& backoff);

/// A key that is added while it waits stays one; one that is added while a worker has it is given
/// out again after that worker is done. Threads: every method may be called from any thread.
class WorkQueue {
 public:
  explicit WorkQueue(const Clock& clock, Backoff backoff = Backoff());

  void add(const std::string& key);
  /// An earlier time for the same key stands.
  void add_after(const std::string& key, std::chrono::milliseconds delay);
  /// After a failure: waits longer each time, until forget().
  void add_rate_limited(const std::string& key);
  /// The key did well: its failures count no more.
  void forget(const std::string& key);
  int failures(const std::string& key) const;

  /// Waits for a key that is due; nothing once `stop` is requested. Followed by done().
  std::optional<std::string> take(const std::stop_token& stop);
  /// The same without waiting; nothing where no key is due.
  std::optional<std::string> try_take();
  void done(const std::string& key);

  /// When the next key is due: now or in the past where one waits; nothing where none is known.
  std::optional<SteadyTime> next_due() const;
  /// Keys that are due and wait for a worker.
  std::size_t size() const;

 private:
  void add_locked(const std::string& key);
  void move_due_locked();
  std::optional<std::string> pop_locked();

  const Clock& clock_;
  const Backoff backoff_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::string> ready_;                 // All guarded by mutex_.
  std::set<std::string> dirty_;                   // To be done: in ready_, or in work and again.
  std::set<std::string> in_work_;                 // Taken and not done.
  std::multimap<SteadyTime, std::string> later_;  // By when they are due;
  std::map<std::string, SteadyTime> due_;         // and each key's time.
  std::map<std::string, int> failures_;
};

}  // namespace pintle::sdk
