// Event rate limit: a component gone wild can't fill the store with events.

#pragma once

#include <list>
#include <memory>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"
#include "plugins/admission_event_rate_limit/limits.hpp"

namespace pintle::admission_event_rate_limit {

/// Source: kubernetes plugin/pkg/admission/eventratelimit.
class EventRateLimit final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<EventRateLimit>> make(sdk::Host& host, const Json& config);
  /// `clock` outlives the plugin; null is the system's.
  static Result<std::unique_ptr<EventRateLimit>> make(sdk::Host& host, const Json& config,
                                                      const Clock* clock);
  EventRateLimit(const std::vector<Limit>& limits, const Clock* clock);

  int order() const override { return 400; }
  std::string resources() const override { return "events/ events.events.k8s.io/"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  std::list<Buckets> limits_;
  const SystemClock system_clock_;
  const Clock& clock_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_event_rate_limit
