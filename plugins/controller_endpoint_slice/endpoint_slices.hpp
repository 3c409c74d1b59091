// The EndpointSlice controller: keeps, for each Service, the slices that list the pods behind it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/pending.hpp"
#include "core/sdk/reconciler.hpp"
#include "core/sdk/trigger_times.hpp"
#include "plugins/controller_endpoint_slice/plan.hpp"

namespace pintle::controller_endpoint_slice {

/// Source: kubernetes pkg/controller/endpointslice.
class EndpointSlices {
 public:
  static Result<std::unique_ptr<EndpointSlices>> make(sdk::Host& host, const Json& config);

  EndpointSlices(sdk::Host& host, const Clock& clock);
  ~EndpointSlices();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

  /// Brings one Service's slices to where they should be. Called by the workers.
  Result<void> reconcile(const std::string& key);

 private:
  void pod_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);
  void node_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);
  void slice_changed(const sdk::ObjectHandle& slice);
  std::string zone_of(std::string_view node) const;
  Result<void> carry_out(const std::string& key, const sdk::ObjectHandle& service,
                         const Plan& plan);

  sdk::Client client_;
  sdk::EventRecorder events_;
  sdk::TriggerTimes trigger_times_;
  sdk::Pending pending_;
  sdk::Reconciler reconciler_;
  sdk::Informer nodes_;
  sdk::Informer pods_;
  sdk::Informer services_;
  sdk::Informer slices_;
};

}  // namespace pintle::controller_endpoint_slice
