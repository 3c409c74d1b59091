// TriggerTimes: when the change happened; see trigger_times.hpp.

#include "core/sdk/trigger_times.hpp"

#include <algorithm>

#include "core/sdk/pods.hpp"

namespace pintle::sdk {

std::optional<WallTime> TriggerTimes::next(const ObjectHandle& service,
                                           const std::vector<ObjectHandle>& pods) {
  const std::lock_guard lock(mutex_);
  auto& latest = latest_[key_of(service)];  // The epoch at first: everything is later.
  const WallTime before = latest;
  std::optional<WallTime> first;
  const auto note = [&](std::optional<WallTime> time) {
    if (time && *time > before) {
      first = first ? std::min(*first, *time) : *time;
      latest = std::max(latest, *time);
    }
  };
  for (const auto& pod : pods) {
    const Value ready = find_condition(pod.root(), "Ready");
    note(parse_rfc3339(ready.text("lastTransitionTime")));
  }
  note(parse_rfc3339(service.text("metadata", "creationTimestamp")));
  return first;
}

void TriggerTimes::forget(const std::string& service) {
  const std::lock_guard lock(mutex_);
  latest_.erase(service);
}

}  // namespace pintle::sdk
