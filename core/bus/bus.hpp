// The bus: the tail of the commit log, and the cursors that read it.
//
// The store appends each commit once, in revision order. Readers pull at their own pace, so a slow
// watcher never delays a writer. HTTP watches and plugins are the same thing here: a Cursor.
// Memory is bounded: per resource the bus keeps the newest events, by count and by bytes. A cursor
// that falls behind them gets Code::kExpired and must list again: the API's "410 Gone".
//
// Delivery: every matching event after the cursor's start, in revision order, at most once, or
// kExpired. Events are shared by pointer; a cursor wakes only for its own resource.
// Threads: every method may be called from any thread, except as noted.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/object.hpp"

namespace pintle::bus {

struct Limits {
  std::size_t events_per_resource = 100'000;
  std::size_t bytes_per_resource = 64 * 1024 * 1024;  // Of JSON that only the tail still holds.
};

class Topic;

/// A place in the log of one resource. Movable; used by one thread at a time. Outlived by its Bus.
class Cursor {
 public:
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  /// Appends to `out` the events that came since, at most `max`, and steps past them. Never waits.
  /// The number appended; 0 means the cursor has seen all there is and its waker is armed.
  /// Errors: kExpired if it fell out of the log.
  Result<std::size_t> poll(std::vector<Event>& out, std::size_t max);

  /// Waits for the next event and steps past it.
  /// Errors: kExpired if it fell out of the log; kCancelled once `stop` is requested.
  Result<Event> next(const std::stop_token& stop);

  /// Called once, from the committing thread, when events come after a poll() that gave none; then
  /// armed again by the next such poll(). It must be quick and must not call the cursor.
  /// REQUIRES: set before the first poll().
  void set_waker(std::function<void()> waker);

  /// Every event of the resource up to here has been handed out: what a bookmark may promise.
  Revision seen() const;

 private:
  friend class Bus;
  struct State;
  explicit Cursor(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

class Bus {
 public:
  /// Goes on from revision `last`, where the store's recovery left off: events up to it are unknown
  /// here, and a cursor from before it gets kExpired.
  explicit Bus(Limits limits = {}, Revision last = 0);
  ~Bus();

  /// Appends one commit group and wakes the cursors it concerns, each once.
  /// REQUIRES: revisions strictly increase, over all groups; called by the committing thread only.
  void append(std::span<const Event> events);

  /// Tells the bus where recovery ended, and gives it the tail that recovery still knew.
  /// REQUIRES: called once, before the first append or subscribe.
  void restore(std::span<const Event> tail, Revision oldest_known, Revision last);

  /// A cursor over the events of `resource` ("pods", "deployments.apps") later than `after`, the
  /// revision a list was taken at.
  /// Errors: kExpired if `after` is older than the log. One in the future sees nothing until then.
  Result<Cursor> subscribe(std::string_view resource, Revision after);

  /// The newest revision appended.
  Revision last() const;

 private:
  friend class Cursor;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pintle::bus
