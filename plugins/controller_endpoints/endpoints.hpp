// The Endpoints controller: keeps, beside each Service, the addresses of the pods behind it.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/reconciler.hpp"
#include "core/sdk/trigger_times.hpp"

namespace pintle::controller_endpoints {

/// Source: kubernetes pkg/controller/endpoint.
class Endpoints {
 public:
  static Result<std::unique_ptr<Endpoints>> make(sdk::Host& host, const Json& config);

  Endpoints(sdk::Host& host, const Clock& clock);
  ~Endpoints();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

  /// Brings one Service's Endpoints to where they should be. Called by the workers.
  Result<void> reconcile(const std::string& key);

 private:
  void pod_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);
  Result<void> remove(const std::string& key);
  Result<void> write(const sdk::ObjectHandle& service, const sdk::ObjectHandle& held, Json next);

  sdk::Client client_;
  sdk::EventRecorder events_;
  sdk::TriggerTimes trigger_times_;
  sdk::Reconciler reconciler_;
  sdk::Informer pods_;
  sdk::Informer services_;
  sdk::Informer endpoints_;
};

}  // namespace pintle::controller_endpoints
