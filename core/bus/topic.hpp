// Topic: the tail of one resource's events, and the cursors that wait for its next one.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <vector>

#include "core/bus/bus.hpp"

namespace pintle::bus {

/// What rings when events come for a cursor. Shared by the cursor and the topic it waits at, so
/// that the committing thread may ring it while the cursor goes away.
class Alarm {
 public:
  void set_waker(std::function<void()> waker);

  /// Forgets the waker; returns when no call of it is under way.
  void disarm();

  void ring();

  /// Waits until it rang since the last wait; false once `stop` is requested.
  bool wait(const std::stop_token& stop);

 private:
  friend class Topic;

  std::mutex mutex_;
  std::function<void()> waker_;                             // Guarded by mutex_.
  std::unique_ptr<std::condition_variable_any> condition_;  // Guarded by mutex_; made by wait().
  bool rang_ = false;                                       // Guarded by mutex_.

  // Where it stands in Topic::armed_: valid while the generations agree. Guarded by Topic::mutex_.
  std::uint64_t generation_ = 0;
  std::size_t place_ = 0;
};

using Alarms = std::vector<std::shared_ptr<Alarm>>;

/// Where a cursor stands in a topic.
struct Place {
  std::uint64_t next = 0;  // The number of the next event, counted from the topic's first.
  Revision seen = 0;       // Events up to here have been handed out, or were not wanted.
};

/// Threads: every method may be called from any thread; append by one at a time.
class Topic {
 public:
  Topic(Limits limits, Revision floor) : limits_(limits), floor_(floor) {}

  /// Adds events in revision order and moves the waiting alarms to `rung`, for the caller to ring
  /// when the whole group is in.
  void append(std::span<const Event> events, Alarms& rung);

  /// Errors: kExpired if events after `after` have been dropped.
  Result<Place> place_after(Revision after) const;

  /// Hands out at most `max` events; where there are none, arms `alarm`. `last` is the bus's newest
  /// revision, read before the call: every event up to it is in its topic.
  /// Errors: kExpired if events after place.seen have been dropped.
  Result<std::size_t> read(Place& place, Revision last, std::vector<Event>& out, std::size_t max,
                           const std::shared_ptr<Alarm>& alarm);

  /// How far a reader at `place` has seen, given the bus's newest revision `last`.
  Revision seen_at(const Place& place, Revision last) const;

  void forget(const Alarm& alarm);

 private:
  void drop_oldest();
  std::size_t index_of(const Place& place) const;
  Error expired(Revision after) const;

  const Limits limits_;
  mutable std::mutex mutex_;
  std::deque<Event> events_;      // By revision. All below are guarded by mutex_.
  std::uint64_t first_ = 0;       // The number of events_.front().
  std::size_t bytes_ = 0;         // Of JSON that the current objects no longer hold.
  Revision floor_;                // Every event after this revision is still here.
  Alarms armed_;                  // In no order.
  std::uint64_t generation_ = 1;  // Of armed_: counts how often it was handed over whole.
};

}  // namespace pintle::bus
