// Three ordered sets over one map.

#include "plugins/scheduler/queue.hpp"

#include <algorithm>
#include <vector>

namespace pintle::scheduler {
namespace {

using namespace std::chrono_literals;

constexpr auto kMaxParked = 5min;

}  // namespace

std::chrono::milliseconds wait_after(int failures) {
  constexpr std::chrono::milliseconds kLimit = 10s;
  std::chrono::milliseconds wait = 1s;
  for (int i = 1; i < failures && wait < kLimit; ++i) {
    wait *= 2;
  }
  return std::min(wait, kLimit);
}

Queue::ReadyKey Queue::ready_key(const Attempt& attempt) {
  return {-attempt.pod->priority, attempt.arrival, attempt.pod->uid};
}

void Queue::place(Attempt attempt, Place place, SteadyTime since) {
  const std::string uid = attempt.pod->uid;
  if (place == Place::kReady) {
    ready_.insert(ready_key(attempt));
  } else {
    (place == Place::kParked ? parked_ : backing_off_).emplace(since, uid);
  }
  entries_[uid] = Entry{std::move(attempt), place, since};
}

void Queue::take_out(const Entry& entry, const std::string& uid) {
  if (entry.place == Place::kReady) {
    ready_.erase(ready_key(entry.attempt));
  } else {
    (entry.place == Place::kParked ? parked_ : backing_off_).erase({entry.since, uid});
  }
}

void Queue::remove(const std::string& uid) {
  const auto found = entries_.find(uid);
  if (found == entries_.end()) {
    return;
  }
  take_out(found->second, uid);
  entries_.erase(found);
}

void Queue::add(const PodPtr& pod, SteadyTime now) {
  const auto found = entries_.find(pod->uid);
  if (found == entries_.end()) {
    place({.pod = pod, .failures = 0, .arrival = ++arrivals_, .failed_at = {}}, Place::kReady, now);
    return;
  }
  Entry& entry = found->second;
  const bool same = entry.attempt.pod->placement_key == pod->placement_key &&
                    entry.attempt.pod->requests == pod->requests &&
                    entry.attempt.pod->priority == pod->priority;
  if (same) {
    entry.attempt.pod = pod;
    return;
  }
  take_out(entry, pod->uid);
  entry.attempt.pod = pod;
  place(entry.attempt, entry.place, entry.since);
  if (entries_.at(pod->uid).place == Place::kParked) {
    make_ready(pod->uid, now);
  }
}

/// Out of wherever it is; ready if its back-off is over.
void Queue::make_ready(const std::string& uid, SteadyTime now) {
  const Entry entry = entries_.at(uid);
  take_out(entry, uid);
  const SteadyTime due = entry.attempt.failed_at + wait_after(entry.attempt.failures);
  const bool ready = entry.attempt.failures == 0 || due <= now;
  place(entry.attempt, ready ? Place::kReady : Place::kBackingOff, ready ? now : due);
}

void Queue::move_due(SteadyTime now) {
  while (!backing_off_.empty() && backing_off_.begin()->first <= now) {
    make_ready(std::string(backing_off_.begin()->second), now);
  }
  while (!parked_.empty() && parked_.begin()->first + kMaxParked <= now) {
    make_ready(std::string(parked_.begin()->second), now);
  }
}

std::optional<Attempt> Queue::pop(SteadyTime now) {
  move_due(now);
  if (ready_.empty()) {
    return std::nullopt;
  }
  const auto found = entries_.find(std::get<2>(*ready_.begin()));
  Attempt attempt = std::move(found->second.attempt);
  ready_.erase(ready_.begin());
  entries_.erase(found);
  return attempt;
}

void Queue::park(Attempt attempt, SteadyTime now) {
  ++attempt.failures;
  attempt.failed_at = now;
  place(std::move(attempt), Place::kParked, now);
}

void Queue::back_off(Attempt attempt, SteadyTime now) {
  ++attempt.failures;
  attempt.failed_at = now;
  const SteadyTime due = now + wait_after(attempt.failures);
  place(std::move(attempt), Place::kBackingOff, due);
}

void Queue::reconsider(const std::function<bool(const Pod&)>& may_fit, SteadyTime now) {
  std::vector<std::string> hopeful;
  for (const auto& [since, uid] : parked_) {
    if (may_fit(*entries_.at(uid).attempt.pod)) {
      hopeful.push_back(uid);
    }
  }
  for (const auto& uid : hopeful) {
    make_ready(uid, now);
  }
}

std::optional<SteadyTime> Queue::next_due() const {
  std::optional<SteadyTime> due;
  if (!backing_off_.empty()) {
    due = backing_off_.begin()->first;
  }
  if (!parked_.empty()) {
    const SteadyTime flush = parked_.begin()->first + kMaxParked;
    due = due ? std::min(*due, flush) : flush;
  }
  return due;
}

}  // namespace pintle::scheduler
