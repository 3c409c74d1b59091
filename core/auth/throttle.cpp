// The throttle: a leaky bucket a place, kept as the one time at which it is empty again.

#include "core/auth/throttle.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pintle::auth {

using std::chrono::seconds;

seconds Throttle::take(const std::string& place) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  make_room(now);
  auto& whole_at = whole_at_.try_emplace(place, now).first->second;
  whole_at = std::max(whole_at, now);
  const auto room_at = whole_at + limits_.regain - limits_.regain * limits_.burst;
  if (room_at > now) {
    return std::chrono::ceil<seconds>(room_at - now);
  }
  whole_at += limits_.regain;
  return seconds{0};
}

void Throttle::forgive(const std::string& place) {
  const std::lock_guard lock(mutex_);
  whole_at_.erase(place);
}

void Throttle::make_room(SteadyTime now) {
  if (whole_at_.size() < limits_.places_max) {
    return;
  }
  std::erase_if(whole_at_, [&](const auto& entry) { return entry.second <= now; });
  // All of them busy: an attacker made up places. Half go, those nearest to being whole.
  if (whole_at_.size() >= limits_.places_max) {
    std::vector<SteadyTime> times;
    for (const auto& [place, time] : whole_at_) {
      times.push_back(time);
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::ranges::nth_element(times, middle);
    std::erase_if(whole_at_, [&](const auto& entry) { return entry.second <= *middle; });
  }
}

}  // namespace pintle::auth
