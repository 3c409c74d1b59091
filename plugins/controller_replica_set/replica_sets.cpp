// The ReplicaSet controller; see replica_sets.hpp.

#include "plugins/controller_replica_set/replica_sets.hpp"

#include "core/sdk/owners.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_replica_set {
namespace {

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace

Result<std::unique_ptr<ReplicaSets>> ReplicaSets::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<ReplicaSets>(host, system_clock());
  made->start();
  return made;
}

ReplicaSets::ReplicaSets(sdk::Host& host, const Clock& clock)
    : pods_(host, {.resource = "pods"},
            {.added = [this](const auto& pod) { pod_changed({}, pod); },
             .modified = [this](const auto& before, const auto& now) { pod_changed(before, now); },
             .deleted = [this](const auto& pod) { pod_changed(pod, {}); },
             .listed =
                 [this] {
                   replica_sets_.pods_listed();
                   replication_controllers_.pods_listed();
                 }},
            {.indexes = {sdk::owner_keys_of}}),
      replica_sets_(host, kReplicaSet, pods_, clock),
      replication_controllers_(host, kReplicationController, pods_, clock) {}

ReplicaSets::~ReplicaSets() {
  pods_.stop();
  replica_sets_.stop();
  replication_controllers_.stop();
}

void ReplicaSets::start() {
  pods_.start();
  replica_sets_.start();
  replication_controllers_.start();
}

bool ReplicaSets::wait_synced(const std::stop_token& stop) const {
  return pods_.wait_synced(stop) && replica_sets_.wait_synced(stop) &&
         replication_controllers_.wait_synced(stop);
}

void ReplicaSets::pod_changed(const sdk::ObjectHandle& before, const sdk::ObjectHandle& now) {
  replica_sets_.pod_changed(before, now);
  replication_controllers_.pod_changed(before, now);
}

}  // namespace pintle::controller_replica_set

PINTLE_PLUGIN("controller_replica_set", "0.1.0", pintle::controller_replica_set::ReplicaSets)
