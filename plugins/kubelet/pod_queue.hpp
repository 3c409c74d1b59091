// PodQueue: which pods want a look and when. A pod is looked at by one thread at a time.

#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/base/clock.hpp"

namespace pintle::kubelet {

/// Threads: every method may be called from any thread.
class PodQueue {
 public:
  explicit PodQueue(const Clock& clock) : clock_(clock) {}

  /// `uid` wants a look at `due` or, if one is asked for earlier, then.
  void add(const std::string& uid, SteadyTime due);
  void add(const std::string& uid) { add(uid, clock_.steady()); }

  /// The next pod whose time has come; give it back with done(). Nothing once `stop` is requested.
  std::optional<std::string> pop(const std::stop_token& stop);
  void done(const std::string& uid);

 private:
  struct Entry {
    std::optional<SteadyTime> due;
    bool is_taken = false;
  };

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, Entry> entries_;  // Guarded by mutex_.
};

}  // namespace pintle::kubelet
