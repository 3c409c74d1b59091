// One entry a pod: due, taken, or both.

#include "plugins/kubelet/pod_queue.hpp"

#include <algorithm>

namespace pintle::kubelet {

void PodQueue::add(const std::string& uid, SteadyTime due) {
  {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[uid];
    entry.due = entry.due ? std::min(*entry.due, due) : due;
  }
  changed_.notify_all();
}

std::optional<std::string> PodQueue::pop(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    auto next = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->second.due && !entry->second.is_taken &&
          (next == entries_.end() || *entry->second.due < *next->second.due)) {
        next = entry;
      }
    }
    if (next == entries_.end()) {
      changed_.wait(lock, stop, [this] {
        return std::ranges::any_of(
            entries_, [](const auto& e) { return e.second.due && !e.second.is_taken; });
      });
      continue;
    }
    const auto due = *next->second.due;
    if (due <= clock_.steady()) {
      next->second.due.reset();
      next->second.is_taken = true;
      return next->first;
    }
    changed_.wait_until(lock, stop, due, [&] {
      return std::ranges::any_of(entries_, [&](const auto& e) {
        return e.second.due && !e.second.is_taken && *e.second.due < due;
      });
    });
  }
  return std::nullopt;
}

void PodQueue::done(const std::string& uid) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(uid);
    if (entry == entries_.end()) {
      return;
    }
    entry->second.is_taken = false;
    if (!entry->second.due) {
      entries_.erase(entry);
    }
  }
  changed_.notify_all();
}

}  // namespace pintle::kubelet
