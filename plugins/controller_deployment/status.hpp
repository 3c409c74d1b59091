// Status: what a Deployment tells about its ReplicaSets, and whether it is done or stuck.
//
// Source: pkg/controller/deployment/sync.go calculateStatus, progress.go.

#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.hpp"
#include "plugins/controller_deployment/replica_set.hpp"

namespace pintle::controller_deployment {

/// Everything but the conditions on progress and failures; Available is in it.
JsonObject status_of(const Wish& wish, const ReplicaSets& all, const ReplicaSet* current,
                     WallTime now);

/// The status that a rollout under way has: status_of, with Progressing and ReplicaFailure.
JsonObject rollout_status_of(const Wish& wish, const ReplicaSets& all, const ReplicaSet* current,
                             WallTime now);

/// All pods are of the current template, and available. `status` is a Deployment's.
bool is_complete(const Wish& wish, const JsonObject& status);

/// How long until `status`, which the Deployment has, is to be looked at again for its deadline;
/// nothing where it needn't.
std::optional<std::chrono::milliseconds> next_look(const Wish& wish, const JsonObject& status,
                                                   WallTime now);

/// A copy of status.conditions.
JsonArray conditions_of(const Json& deployment);

}  // namespace pintle::controller_deployment
