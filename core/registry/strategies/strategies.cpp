// find_strategy: which storage name has which strategy. One row a kind.

#include "core/registry/strategies/strategies.hpp"

#include <algorithm>
#include <array>

namespace pintle::registry {
namespace {

struct Row {
  std::string_view storage;
  const Strategy& (*strategy)();
};

const Strategy& plain_strategy() {
  static const Strategy strategy;
  return strategy;
}

/// Sorted by storage name. What is not listed is plain.
constexpr std::array kRows = {
    Row{"apiservices.apiregistration.k8s.io", stateful_strategy},
    Row{"certificatesigningrequests.certificates.k8s.io", csr_strategy},
    Row{"clusterrolebindings.rbac.authorization.k8s.io", cluster_role_binding_strategy},
    Row{"clusterroles.rbac.authorization.k8s.io", cluster_role_strategy},
    Row{"configmaps", config_map_strategy},
    Row{"controllerrevisions.apps", controller_revision_strategy},
    Row{"cronjobs.batch", cron_job_strategy},
    Row{"csidrivers.storage.k8s.io", csi_driver_strategy},
    Row{"csinodes.storage.k8s.io", csi_node_strategy},
    Row{"csistoragecapacities.storage.k8s.io", csi_storage_capacity_strategy},
    Row{"customresourcedefinitions.apiextensions.k8s.io", stateful_strategy},
    Row{"daemonsets.apps", daemon_set_strategy},
    Row{"deployments.apps", deployment_strategy},
    Row{"endpoints", endpoints_strategy},
    Row{"endpointslices.discovery.k8s.io", endpoint_slice_strategy},
    Row{"events", event_strategy},
    Row{"flowschemas.flowcontrol.apiserver.k8s.io", stateful_strategy},
    Row{"horizontalpodautoscalers.autoscaling", hpa_strategy},
    Row{"ingressclasses.networking.k8s.io", ingress_class_strategy},
    Row{"ingresses.networking.k8s.io", ingress_strategy},
    Row{"ipaddresses.networking.k8s.io", ip_address_strategy},
    Row{"jobs.batch", job_strategy},
    Row{"leases.coordination.k8s.io", lease_strategy},
    Row{"limitranges", limit_range_strategy},
    Row{"mutatingwebhookconfigurations.admissionregistration.k8s.io",
        webhook_configuration_strategy},
    Row{"namespaces", namespace_strategy},
    Row{"networkpolicies.networking.k8s.io", network_policy_strategy},
    Row{"nodes", node_strategy},
    Row{"persistentvolumeclaims", persistent_volume_claim_strategy},
    Row{"persistentvolumes", persistent_volume_strategy},
    Row{"poddisruptionbudgets.policy", pod_disruption_budget_strategy},
    Row{"pods", pod_strategy},
    Row{"podtemplates", pod_template_strategy},
    Row{"priorityclasses.scheduling.k8s.io", priority_class_strategy},
    Row{"prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", stateful_strategy},
    Row{"replicasets.apps", replica_set_strategy},
    Row{"replicationcontrollers", replication_controller_strategy},
    Row{"resourceclaims.resource.k8s.io", stateful_strategy},
    Row{"resourcequotas", resource_quota_strategy},
    Row{"rolebindings.rbac.authorization.k8s.io", role_binding_strategy},
    Row{"roles.rbac.authorization.k8s.io", role_strategy},
    Row{"runtimeclasses.node.k8s.io", runtime_class_strategy},
    Row{"secrets", secret_strategy},
    Row{"serviceaccounts", service_account_strategy},
    Row{"servicecidrs.networking.k8s.io", service_cidr_strategy},
    Row{"services", service_strategy},
    Row{"statefulsets.apps", stateful_set_strategy},
    Row{"storageclasses.storage.k8s.io", storage_class_strategy},
    Row{"validatingadmissionpolicies.admissionregistration.k8s.io", stateful_strategy},
    Row{"validatingwebhookconfigurations.admissionregistration.k8s.io",
        webhook_configuration_strategy},
    Row{"volumeattachments.storage.k8s.io", volume_attachment_strategy},
};

static_assert(std::ranges::is_sorted(kRows, {}, &Row::storage));

}  // namespace

const Strategy& find_strategy(std::string_view storage) {
  const auto row = std::ranges::lower_bound(kRows, storage, {}, &Row::storage);
  return row != kRows.end() && row->storage == storage ? row->strategy() : plain_strategy();
}

}  // namespace pintle::registry
