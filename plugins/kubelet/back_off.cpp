// Keeps a wait per key.

#include "plugins/kubelet/back_off.hpp"

#include <algorithm>

namespace pintle::kubelet {

void BackOff::failed(const std::string& key, SteadyTime at) {
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[key];
  const bool starts_over = entry.length.count() == 0 || is_stale(entry, at);
  entry.length = starts_over ? limits_.first : std::min(entry.length * 2, limits_.limit);
  entry.noted = clock_.steady();
}

std::chrono::milliseconds BackOff::wait_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(key);
  return entry == entries_.end() ? std::chrono::milliseconds{0}
                                 : left_of(entry->second.noted + entry->second.length);
}

std::chrono::milliseconds BackOff::wait_since(const std::string& key, SteadyTime at) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(key);
  const bool is_free = entry == entries_.end() || is_stale(entry->second, at);
  return is_free ? std::chrono::milliseconds{0} : left_of(at + entry->second.length);
}

std::chrono::milliseconds BackOff::left_of(SteadyTime end) const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock_.steady());
  return std::max(left, std::chrono::milliseconds{0});
}

std::chrono::seconds BackOff::length_of(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(key);
  return entry == entries_.end() ? std::chrono::seconds{0} : entry->second.length;
}

void BackOff::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

void BackOff::forget_all(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.first.starts_with(prefix); });
}

std::string duration_text(std::chrono::seconds duration) {
  const auto total = duration.count();
  if (total < 60) {
    return std::to_string(total) + "s";
  }
  const auto minutes = std::to_string(total / 60 % 60) + "m" + std::to_string(total % 60) + "s";
  return total < 3600 ? minutes : std::to_string(total / 3600) + "h" + minutes;
}

}  // namespace pintle::kubelet
