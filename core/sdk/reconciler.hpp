// Reconciler: a controller's loop. Keys in, one call each, again with back-off where it failed.

#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/work_queue.hpp"

namespace pintle::sdk {

/// Brings what `key` names to where it should be. Never called twice at once for one key. An error
/// is logged, and the key is tried again later.
using Reconcile = std::function<Result<void>(const std::string& key, const std::stop_token& stop)>;

/// Threads: every method may be called from any thread, but start() once.
class Reconciler {
 public:
  /// `name` is for the log.
  Reconciler(Host& host, std::string name, const Clock& clock, Reconcile reconcile);
  ~Reconciler();  // Stops, and waits for the calls under way.

  void start(int workers = 1);
  void stop();

  void add(const std::string& key) { queue_.add(key); }
  void add_after(const std::string& key, std::chrono::milliseconds delay) {
    queue_.add_after(key, delay);
  }

  /// Does one key that is due, on the caller's thread: for tests. False where none is.
  bool step();

 private:
  void run(const std::stop_token& stop);
  void work_on(const std::string& key, const std::stop_token& stop);

  Host& host_;
  const std::string name_;
  const Reconcile reconcile_;
  WorkQueue queue_;
  std::vector<std::jthread> workers_;
};

}  // namespace pintle::sdk
