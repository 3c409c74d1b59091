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
    Row{"certificatesigningrequests.certificates.k8s.io", stateful_strategy},
    Row{"clusterrolebindings.rbac.authorization.k8s.io", cluster_role_binding_strategy},
    Row{"clusterroles.rbac.authorization.k8s.io", cluster_role_strategy},
    Row{"configmaps", config_map_strategy},
    Row{"cronjobs.batch", cron_job_strategy},
    Row{"customresourcedefinitions.apiextensions.k8s.io", stateful_strategy},
    Row{"daemonsets.apps", daemon_set_strategy},
    Row{"deployments.apps", deployment_strategy},
    Row{"endpoints", endpoints_strategy},
    Row{"endpointslices.discovery.k8s.io", endpoint_slice_strategy},
    Row{"events", event_strategy},
    Row{"flowschemas.flowcontrol.apiserver.k8s.io", stateful_strategy},
    Row{"horizontalpodautoscalers.autoscaling", stateful_strategy},
    Row{"ingresses.networking.k8s.io", stateful_strategy},
    Row{"jobs.batch", job_strategy},
    Row{"leases.coordination.k8s.io", lease_strategy},
    Row{"limitranges", upsert_strategy},
    Row{"namespaces", namespace_strategy},
    Row{"nodes", node_strategy},
    Row{"persistentvolumeclaims", pending_strategy},
    Row{"persistentvolumes", pending_strategy},
    Row{"poddisruptionbudgets.policy", stateful_strategy},
    Row{"pods", pod_strategy},
    Row{"podtemplates", upsert_strategy},
    Row{"priorityclasses.scheduling.k8s.io", priority_class_strategy},
    Row{"prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", stateful_strategy},
    Row{"replicasets.apps", replica_set_strategy},
    Row{"replicationcontrollers", replication_controller_strategy},
    Row{"resourceclaims.resource.k8s.io", stateful_strategy},
    Row{"resourcequotas", stateful_strategy},
    Row{"rolebindings.rbac.authorization.k8s.io", role_binding_strategy},
    Row{"roles.rbac.authorization.k8s.io", role_strategy},
    Row{"secrets", secret_strategy},
    Row{"serviceaccounts", service_account_strategy},
    Row{"servicecidrs.networking.k8s.io", stateful_strategy},
    Row{"services", service_strategy},
    Row{"statefulsets.apps", stateful_set_strategy},
    Row{"validatingadmissionpolicies.admissionregistration.k8s.io", stateful_strategy},
    Row{"volumeattachments.storage.k8s.io", stateful_strategy},
};

static_assert(std::ranges::is_sorted(kRows, {}, &Row::storage));

}  // namespace

const Strategy& find_strategy(std::string_view storage) {
  const auto row = std::ranges::lower_bound(kRows, storage, {}, &Row::storage);
  return row != kRows.end() && row->storage == storage ? row->strategy() : plain_strategy();
}

}  // namespace pintle::registry
