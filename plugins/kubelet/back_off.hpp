// BackOff: how long something that failed waits before it is tried again, by key.

#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "core/base/clock.hpp"

namespace pintle::kubelet {

/// 10 s, doubled at every failure up to 300 s, and 10 s again after 600 s without one.
/// Source: kubelet MaxContainerBackOff, client-go flowcontrol.Backoff.
struct BackOffLimits {
  std::chrono::seconds first{10};
  std::chrono::seconds limit{300};
  std::chrono::seconds forget_after{600};
};

/// Threads: every method may be called from any thread.
class BackOff {
 public:
  explicit BackOff(const Clock& clock, BackOffLimits limits = {})
      : clock_(clock), limits_(limits) {}

  /// Notes a failure that happened at `at`: the wait after it is the first, or twice the last.
  void failed(const std::string& key, SteadyTime at);
  /// How long `key` must still wait after what failed last; zero if it need not.
  std::chrono::milliseconds wait_of(const std::string& key) const;
  /// The same, counted from `at` instead of from the failure noted last: how a container that ended
  /// then waits out what its earlier restarts earned it.
  std::chrono::milliseconds wait_since(const std::string& key, SteadyTime at) const;
  /// The whole length of the wait `key` is in: what messages show.
  std::chrono::seconds length_of(const std::string& key) const;
  void forget(const std::string& key);
  /// Forgets every key that begins so.
  void forget_all(const std::string& prefix);

 private:
  struct Entry {
    std::chrono::seconds length{0};
    SteadyTime noted;
  };

  bool is_stale(const Entry& entry, SteadyTime at) const {
    return at - entry.noted > limits_.forget_after;
  }

  std::chrono::milliseconds left_of(SteadyTime end) const;

  const Clock& clock_;
  const BackOffLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // Guarded by mutex_.
};

/// "10s", "2m40s", "5m0s": as Go prints a duration.
std::string duration_text(std::chrono::seconds duration);

}  // namespace pintle::kubelet
