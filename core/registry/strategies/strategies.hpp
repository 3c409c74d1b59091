// The strategies that find_strategy chooses from: one file a kind, or a few kinds alike.

#pragma once

#include "core/registry/strategy.hpp"

namespace pintle::registry {

const Strategy& pod_strategy();
const Strategy& service_strategy();
const Strategy& node_strategy();
const Strategy& namespace_strategy();
const Strategy& service_account_strategy();
const Strategy& config_map_strategy();
const Strategy& secret_strategy();
const Strategy& event_strategy();
const Strategy& lease_strategy();
const Strategy& endpoints_strategy();
const Strategy& endpoint_slice_strategy();
const Strategy& priority_class_strategy();
const Strategy& role_strategy();
const Strategy& cluster_role_strategy();
const Strategy& role_binding_strategy();
const Strategy& cluster_role_binding_strategy();

// Kinds with a pod template.
const Strategy& deployment_strategy();
const Strategy& replica_set_strategy();
const Strategy& replication_controller_strategy();
const Strategy& stateful_set_strategy();
const Strategy& daemon_set_strategy();
const Strategy& job_strategy();
const Strategy& cron_job_strategy();

/// A create may bring no status.
const Strategy& stateful_strategy();
/// The same for volumes and claims, which begin in phase Pending.
const Strategy& pending_strategy();
/// A PUT of what is not there makes it.
const Strategy& upsert_strategy();

}  // namespace pintle::registry
