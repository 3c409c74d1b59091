// The pods that wait: ready ones by priority, failed ones behind their back-off, hopeless ones
// until something changes.
//
// Source: kube-scheduler's activeQ, backoffQ and unschedulablePods; back-off 1 s to 10 s, parked
// pods tried again after 5 minutes.

#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "core/base/clock.hpp"
#include "plugins/scheduler/model.hpp"

namespace pintle::scheduler {

/// A pod on its way through the queue.
struct Attempt {
  PodPtr pod;
  int failures = 0;
  std::uint64_t arrival = 0;  // Earlier ones go first among equal priorities.
  SteadyTime failed_at{};
};

/// How long a pod waits after its `failures`th failed try.
std::chrono::milliseconds wait_after(int failures);

/// Threads: one at a time.
class Queue {
 public:
  /// A pod that is new, or has changed: it is ready, unless its back-off goes on. One that waits
  /// and asks for the same as before stays where it is.
  void add(const PodPtr& pod, SteadyTime now);
  void remove(const std::string& uid);
  bool contains(const std::string& uid) const { return entries_.contains(uid); }

  /// The next pod to try. It leaves the queue: give it back by park() or back_off(), or it's done.
  std::optional<Attempt> pop(SteadyTime now);

  /// Found no node: waits until reconsider() or five minutes.
  void park(Attempt attempt, SteadyTime now);
  /// Failed for another reason: tried again after its back-off.
  void back_off(Attempt attempt, SteadyTime now);

  /// Makes the parked pods ready for which `may_fit`, each after its back-off.
  void reconsider(const std::function<bool(const Pod&)>& may_fit, SteadyTime now);

  /// When pop() may give more than it does now; nothing if only a change can bring that about.
  std::optional<SteadyTime> next_due() const;

  std::size_t size() const { return entries_.size(); }
  std::size_t parked() const { return parked_.size(); }

 private:
  enum class Place { kReady, kBackingOff, kParked };
  struct Entry {
    Attempt attempt;
    Place place = Place::kReady;
    SteadyTime since{};  // The key in backing_off_ or parked_.
  };
  using ReadyKey = std::tuple<std::int64_t, std::uint64_t, std::string>;  // -priority, arrival, uid
  using TimedKey = std::pair<SteadyTime, std::string>;

  static ReadyKey ready_key(const Attempt& attempt);
  void place(Attempt attempt, Place place, SteadyTime since);
  void take_out(const Entry& entry, const std::string& uid);
  void make_ready(const std::string& uid, SteadyTime now);
  void move_due(SteadyTime now);

  std::unordered_map<std::string, Entry> entries_;  // By uid.
  std::set<ReadyKey> ready_;
  std::set<TimedKey> backing_off_;  // By when it ends.
  std::set<TimedKey> parked_;       // By when it began.
  std::uint64_t arrivals_ = 0;
};

}  // namespace pintle::scheduler
