// Limits: see limits.hpp.

#include "plugins/admission_event_rate_limit/limits.hpp"

#include <algorithm>

namespace pintle::admission_event_rate_limit {

std::string_view name_of(LimitType type) {
  switch (type) {
    case LimitType::kServer:
      return "Server";
    case LimitType::kNamespace:
      return "Namespace";
    case LimitType::kUser:
      return "User";
    case LimitType::kSourceAndObject:
      break;
  }
  return "SourceAndObject";
}

bool Buckets::take(const std::string& key, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
  } else {
    buckets_.push_front({.key = key, .tokens = static_cast<double>(limit_.burst), .filled = now});
    by_key_[buckets_.front().key] = buckets_.begin();
    if (buckets_.size() > static_cast<std::size_t>(limit_.cache_size)) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
  }
  Bucket& bucket = buckets_.front();
  const std::chrono::duration<double> passed = now - bucket.filled;
  bucket.filled = now;
  bucket.tokens = std::min(static_cast<double>(limit_.burst),
                           bucket.tokens + passed.count() * static_cast<double>(limit_.qps));
  if (bucket.tokens < 1) {
    return false;
  }
  bucket.tokens -= 1;
  return true;
}

std::size_t Buckets::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

}  // namespace pintle::admission_event_rate_limit
