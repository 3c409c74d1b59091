// Replicas: keeps as many pods of a template as one kind of object asks for.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/events.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/pending.hpp"
#include "core/sdk/reconciler.hpp"

namespace pintle::controller_replica_set {

/// A kind that asks for replicas.
struct ReplicaKind {
  std::string_view group;
  std::string_view resource;
  std::string_view kind;
  std::string_view api_version;
  std::string_view component;  // As events name it.
  int workers = 1;
};

inline constexpr ReplicaKind kReplicaSet{.group = "apps",
                                         .resource = "replicasets",
                                         .kind = "ReplicaSet",
                                         .api_version = "apps/v1",
                                         .component = "replicaset-controller",
                                         .workers = 4};
inline constexpr ReplicaKind kReplicationController{.group = "",
                                                    .resource = "replicationcontrollers",
                                                    .kind = "ReplicationController",
                                                    .api_version = "v1",
                                                    .component = "replication-controller",
                                                    .workers = 1};

/// Source: kubernetes pkg/controller/replicaset, which serves both kinds.
class Replicas {
 public:
  /// `pods` has the index of sdk::owner_keys_of first.
  Replicas(sdk::Host& host, const ReplicaKind& kind, const sdk::Informer& pods, const Clock& clock);
  ~Replicas();

  void start();
  void stop();
  bool wait_synced(const std::stop_token& stop) const;

  /// Called for every change of a pod; `before` or `now` is none where it was made or is gone.
  void pod_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now);

  /// Called when the pods have been listed anew: what was waited for may be among them.
  void pods_listed();

  /// Brings one object's pods to where they should be. Called by the workers, and by tests.
  Result<void> reconcile(const std::string& key);
  /// Does one key that is due: for tests. False where none is.
  bool step() { return reconciler_.step(); }

 private:
  sdk::Path path_of(std::string_view ns, std::string_view name) const;
  void enqueue_controller(const sdk::ObjectHandle& pod);
  void enqueue_admirers(const sdk::ObjectHandle& pod);
  Result<LabelSelector> selector_of(const sdk::ObjectHandle& owner) const;
  Result<std::vector<sdk::ObjectHandle>> claim_pods(const sdk::ObjectHandle& owner,
                                                    LabelSelector selector);
  Result<void> manage(const std::string& key, const sdk::ObjectHandle& owner,
                      const std::vector<sdk::ObjectHandle>& pods);
  Result<void> make_pods(const std::string& key, const sdk::ObjectHandle& owner, std::size_t count);
  Result<void> delete_pods(const std::string& key, const sdk::ObjectHandle& owner,
                           const std::vector<sdk::ObjectHandle>& pods, std::size_t count);
  std::map<std::string, std::size_t, std::less<>> count_by_node(const sdk::ObjectHandle& owner);
  Result<void> write_status(const std::string& key, const sdk::ObjectHandle& owner,
                            const std::vector<sdk::ObjectHandle>& pods,
                            const Result<void>& managed);

  const ReplicaKind kind_;
  const sdk::Informer& pods_;
  const Clock& clock_;
  sdk::Client client_;
  sdk::EventRecorder events_;
  sdk::Pending pending_;
  sdk::Reconciler reconciler_;
  sdk::Informer owners_;
};

}  // namespace pintle::controller_replica_set
