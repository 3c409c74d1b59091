// The scheduler: watches pods and nodes, asks the engine, binds, and tells people.
//
// It holds no state that is not in the cluster: after a restart it reads everything again.

#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "plugins/scheduler/engine.hpp"
#include "plugins/scheduler/reporter.hpp"

namespace pintle::scheduler {

struct SchedulerOptions {
  std::string scheduler_name = "default-scheduler";
  std::int64_t bindings_in_flight = 512;  // At most; more wait.
};

class Scheduler {
 public:
  /// Errors: kInvalid for a wrong setting; kServiceUnavailable where there is no cluster.
  static Result<std::unique_ptr<Scheduler>> make(sdk::Host& host, const Json& config);

  Scheduler(sdk::Host& host, const SchedulerOptions& options);
  ~Scheduler();

 private:
  struct Bound {
    PodPtr pod;
    std::string node;
  };

  void watch_pods();
  void watch_nodes();
  void follow_policies();
  void take_policy(const sdk::Offer& offer, bool added);
  void run(const std::stop_token& stop);
  bool wait_for_work(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void act(const Outcome& outcome);
  void bind_done(const PodPtr& pod, const std::string& node, const Result<void>& result);

  /// Changes the engine under the lock and wakes the loop.
  template <typename Change>
  void change(Change&& what);

  sdk::Host& host_;
  const SchedulerOptions options_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Engine engine_;               // Guarded by mutex_.
  bool has_news_ = false;       // Guarded by mutex_: the engine may have a step to take.
  std::int64_t in_flight_ = 0;  // Guarded by mutex_.
  std::vector<Bound> bound_;    // Guarded by mutex_: to be told of.
  std::vector<std::pair<std::string, void*>> taken_;  // Guarded by mutex_: policies in use.
  sdk::Client client_;
  Reporter reporter_;  // Used by the loop only.
  std::unique_ptr<sdk::Informer> nodes_;
  std::unique_ptr<sdk::Informer> pods_;
  std::jthread thread_;
};

}  // namespace pintle::scheduler
