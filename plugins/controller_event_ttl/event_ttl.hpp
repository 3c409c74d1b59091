// Event expiry: an event goes when it has not happened for as long as --event-ttl says.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/feed.hpp"
#include "core/sdk/host.hpp"

namespace pintle::controller_event_ttl {

/// When an event last happened or was written: the latest time that stands in it, but not later
/// than `now`. Source of the fields: core/v1 Event.
WallTime last_happened(const Json& event, WallTime now);

/// One thread sleeps until the event that is next is due: nothing is ever scanned.
class EventTtl {
 public:
  static Result<std::unique_ptr<EventTtl>> make(sdk::Host& host, const Json& config);

  EventTtl(sdk::Host& host, std::chrono::seconds ttl, const Clock& clock);

  void start();
  /// Does all that is due, on the caller's thread: for tests.
  void settle();
  /// Events that are waited for.
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Entry {
    WallTime due{};
    std::string ns;
    std::string name;

    bool operator>(const Entry& other) const { return due > other.due; }
  };

  void turn(std::chrono::milliseconds wait, const std::stop_token& stop);
  std::chrono::milliseconds wait_time() const;
  void take(const sdk::ObjectHandle& event);
  void sweep();
  void look_at(Entry entry);
  void remove(const Entry& entry, std::string_view uid, std::string_view version);

  sdk::Host& host_;
  const std::chrono::seconds ttl_;
  const Clock& clock_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> waiting_;  // Each event once.
  std::mutex mutex_;
  std::vector<Entry> again_;  // Whose delete failed. Guarded by mutex_.
  std::atomic<int> under_way_ = 0;
  sdk::Feed feed_;
  sdk::Client client_;
  std::jthread thread_;
};

}  // namespace pintle::controller_event_ttl
