// The ReplicaSet controller, and the ReplicationController's: one engine, two kinds.

#pragma once

#include <memory>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "plugins/controller_replica_set/replicas.hpp"

namespace pintle::controller_replica_set {

class ReplicaSets {
 public:
  static Result<std::unique_ptr<ReplicaSets>> make(sdk::Host& host, const Json& config);

  ReplicaSets(sdk::Host& host, const Clock& clock);
  ~ReplicaSets();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

 private:
  void pod_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);

  sdk::Informer pods_;
  Replicas replica_sets_;
  Replicas replication_controllers_;
};

}  // namespace pintle::controller_replica_set
