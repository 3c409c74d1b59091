// The namespace controller: gives each namespace what every pod in it needs, and empties those that
// go.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/reconciler.hpp"

namespace pintle::controller_namespace {

/// Source: kubernetes pkg/controller/{namespace,serviceaccount,certificates/rootcacertpublisher}.
class Namespaces {
 public:
  static Result<std::unique_ptr<Namespaces>> make(sdk::Host& host, const Json& config);

  /// `ca` is the PEM text of the cluster's CA; "" publishes none.
  Namespaces(sdk::Host& host, std::string ca, const Clock& clock);
  ~Namespaces();

  void start();

  /// Brings one namespace to where it should be. Called by the workers, and by tests.
  Result<void> reconcile(const std::string& ns);
  bool wait_synced(const std::stop_token& stop) const;

 private:
  Result<void> furnish(const std::string& ns);
  Result<void> publish_ca(const std::string& ns);
  Result<void> take_down(const sdk::ObjectHandle& ns);
  Result<void> finalize(Json ns);

  const std::string ca_;
  const Clock& clock_;
  sdk::Client client_;
  sdk::Reconciler reconciler_;
  sdk::Informer namespaces_;
  sdk::Informer accounts_;    // Only those called "default".
  sdk::Informer ca_configs_;  // Only those called "kube-root-ca.crt".
};

}  // namespace pintle::controller_namespace
