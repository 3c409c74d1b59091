// TriggerTimes: when the change happened that a Service's endpoints are written for, so that
// whoever reads them can tell how long the news took.
//
// Source: k8s.io/endpointslice/trace TriggerTimeTracker. There each pod's time is kept; here the
// latest of all, which a thousand pods don't make bigger.

#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// Threads: every method may be called from any thread.
class TriggerTimes {
 public:
  /// The first change of `service` or of its pods since the last call; nothing where none has a
  /// time that is later.
  std::optional<WallTime> next(const ObjectHandle& service, const std::vector<ObjectHandle>& pods);
  void forget(const std::string& service);

 private:
  std::mutex mutex_;
  std::map<std::string, WallTime> latest_;  // By service key. Guarded by mutex_.
};

/// The annotation that carries it.
inline constexpr std::string_view kTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

}  // namespace pintle::sdk
