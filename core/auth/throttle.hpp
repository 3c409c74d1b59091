// The throttle: how often a password may be tried in vain before trying must wait.

#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/base/clock.hpp"

namespace pintle::auth {

struct ThrottleLimits {
  int burst = 10;                   // Tries that cost no waiting.
  std::chrono::seconds regain{6};   // One more try each.
  std::size_t places_max = 16'384;  // Remembered; the oldest go first.
};

/// Counts tries per place: a client's address and the user it asked for. Nobody is locked out from
/// elsewhere. Threads: every method may be called from any thread.
class Throttle {
 public:
  explicit Throttle(const Clock& clock, ThrottleLimits limits = {})
      : clock_(clock), limits_(limits) {}

  /// Takes one try; how long to wait instead, where there is none left (0: go on).
  std::chrono::seconds take(const std::string& place);

  /// The try was good: gives all of the place's tries back.
  void forgive(const std::string& place);

 private:
  void make_room(SteadyTime now);

  const Clock& clock_;
  const ThrottleLimits limits_;
  std::mutex mutex_;
  // When each place will have all its tries again. Guarded by mutex_.
  std::unordered_map<std::string, SteadyTime> whole_at_;
};

}  // namespace pintle::auth
