// Cluster-role aggregation: a ClusterRole whose rules are those of others, chosen by label.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/reconciler.hpp"

namespace pintle::controller_cluster_role_aggregation {

/// The rules that `role` gathers from `all`, each once. `all` is sorted by name.
/// Errors: kInvalid for a selector that is none.
Result<JsonArray> gathered_rules(const sdk::ObjectHandle& role,
                                 const std::vector<sdk::ObjectHandle>& all);

/// Source: kubernetes pkg/controller/clusterroleaggregation.
class Aggregation {
 public:
  static Result<std::unique_ptr<Aggregation>> make(sdk::Host& host, const Json& config);

  Aggregation(sdk::Host& host, const Clock& clock);
  ~Aggregation();

  void start();
  bool wait_synced(const std::stop_token& stop) const { return roles_.wait_synced(stop); }

  /// Gives one role its rules. Called by the worker, and by tests.
  Result<void> reconcile(const std::string& name);

 private:
  void look_at_all();

  sdk::Client client_;
  sdk::Reconciler reconciler_;
  sdk::Informer roles_;
};

}  // namespace pintle::controller_cluster_role_aggregation
