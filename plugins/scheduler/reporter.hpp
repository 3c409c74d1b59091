// The reporter: what people read of a pod's way: events, and the condition PodScheduled.

#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "plugins/scheduler/model.hpp"

namespace pintle::scheduler {

/// Sends and does not wait. Threads: one at a time.
class Reporter {
 public:
  Reporter(sdk::Host& host, sdk::Client& client, const Clock& clock);

  /// The event `Scheduled`: "Successfully assigned default/nginx to n1".
  void scheduled(const Pod& pod, const std::string& node);

  /// The event `FailedScheduling`, and the condition where it says something else so far.
  void unschedulable(const Pod& pod, const std::string& message);

 private:
  sdk::EventRecorder& recorder(const std::string& scheduler_name);
  void set_condition(const Pod& pod, const std::string& message);

  sdk::Host& host_;
  sdk::Client& client_;
  const Clock& clock_;
  std::map<std::string, std::unique_ptr<sdk::EventRecorder>> recorders_;  // By schedulerName.
};

}  // namespace pintle::scheduler
