// The strategies that find_strategy chooses from: one file a kind, or a few kinds alike.

#pragma once

#include "core/registry/part.hpp"
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
const Strategy& csr_strategy();
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

const Strategy& hpa_strategy();
const Strategy& pod_disruption_budget_strategy();
const Strategy& ingress_strategy();
const Strategy& ingress_class_strategy();
const Strategy& network_policy_strategy();
const Strategy& persistent_volume_strategy();
const Strategy& persistent_volume_claim_strategy();
const Strategy& storage_class_strategy();
const Strategy& csi_driver_strategy();
const Strategy& csi_node_strategy();
const Strategy& csi_storage_capacity_strategy();
const Strategy& volume_attachment_strategy();
const Strategy& limit_range_strategy();
const Strategy& resource_quota_strategy();
const Strategy& pod_template_strategy();
const Strategy& controller_revision_strategy();
const Strategy& runtime_class_strategy();
const Strategy& service_cidr_strategy();
const Strategy& ip_address_strategy();
const Strategy& webhook_configuration_strategy();

// Subresources with rules of their own.
const Part& pod_ephemeral_containers_part();
const Part& pod_resize_part();
const Part& namespace_finalize_part();
const Part& csr_status_part();
const Part& csr_approval_part();

/// A create may bring no status.
const Strategy& stateful_strategy();

}  // namespace pintle::registry
