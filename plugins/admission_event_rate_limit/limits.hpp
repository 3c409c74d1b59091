// Limits: token buckets, one for each key that was seen lately.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/clock.hpp"

namespace pintle::admission_event_rate_limit {

/// Whose events are counted together. Source: eventratelimit.admission.k8s.io LimitType.
enum class LimitType { kServer, kNamespace, kUser, kSourceAndObject };

/// "Server", "Namespace", ...
std::string_view name_of(LimitType type);

struct Limit {
  LimitType type = LimitType::kServer;
  std::int64_t qps = 0;
  std::int64_t burst = 0;
  std::int64_t cache_size = 4096;  // Buckets kept; the one unused for longest goes first.
};

/// Threads: every method may be called from any thread.
class Buckets {
 public:
  explicit Buckets(Limit limit) : limit_(limit) {}

  const Limit& limit() const { return limit_; }

  /// Takes one from the bucket of `key`; false if there is none.
  bool take(const std::string& key, SteadyTime now);
  std::size_t size() const;

 private:
  struct Bucket {
    std::string key;
    double tokens = 0;
    SteadyTime filled{};
  };

  const Limit limit_;
  mutable std::mutex mutex_;
  std::list<Bucket> buckets_;  // Used last stands first. Guarded by mutex_.
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;  // Guarded by mutex_.
};

}  // namespace pintle::admission_event_rate_limit
