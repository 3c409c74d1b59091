// The Deployment controller: watches what belongs to a Deployment, and starts its rollout's steps.

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

namespace pintle::controller_deployment {

/// Source: kubernetes pkg/controller/deployment.
class Deployments {
 public:
  static Result<std::unique_ptr<Deployments>> make(sdk::Host& host, const Json& config);

  Deployments(sdk::Host& host, const Clock& clock);
  ~Deployments();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

  /// Brings one Deployment a step nearer to where it should be. Called by the workers.
  Result<void> reconcile(const std::string& key);

 private:
  void replica_set_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);
  void pod_gone(const sdk::ObjectHandle& pod);
  void enqueue_controller(const sdk::ObjectHandle& replica_set);
  Result<void> tell_selects_all(const sdk::ObjectHandle& deployment);

  const Clock& clock_;
  sdk::Client client_;
  sdk::EventRecorder events_;
  sdk::Reconciler reconciler_;
  sdk::Informer pods_;
  sdk::Informer replica_sets_;
  sdk::Informer deployments_;
};

}  // namespace pintle::controller_deployment
