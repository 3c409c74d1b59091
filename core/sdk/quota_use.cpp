// What one object uses of a quota, kind by kind; see quota.hpp.

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/sdk/quota.hpp"

namespace pintle::sdk {
namespace {

Quantity one() {
  return Quantity::of_units(1);
}

void raise_amounts(Amounts& total, const Amounts& other) {
  for (const auto& [name, amount] : other) {
    auto& held = total[name];
    held = std::max(held, amount);
  }
}

/// What a container asks for: with the status, where a resize is under way, whichever is more.
Amounts container_amounts(const Value& pod, const Value& container, std::string_view which) {
  Amounts amounts = read_amounts(container.at("resources", which));
  for (const char* list : {"containerStatuses", "initContainerStatuses"}) {
    for (const auto status : pod.at("status", list)) {
      if (status.text("name") != container.text("name")) {
        continue;
      }
      raise_amounts(amounts, read_amounts(status.at("resources", which)));
      if (which == "requests") {
        raise_amounts(amounts, read_amounts(status.at("allocatedResources")));
      }
    }
  }
  return amounts;
}

/// The most that runs at any one time: sidecars stay beside all that start after them.
/// Source: component-helpers resource.PodRequests, PodLimits.
Amounts pod_amounts(const Value& pod, std::string_view which) {
  Amounts total;
  for (const auto container : pod.at("spec", "containers")) {
    add_amounts(total, container_amounts(pod, container, which));
  }
  Amounts sidecars;
  Amounts starting;
  for (const auto container : pod.at("spec", "initContainers")) {
    Amounts asked = container_amounts(pod, container, which);
    if (container.text("restartPolicy") == "Always") {
      add_amounts(total, asked);
      add_amounts(sidecars, asked);
      raise_amounts(starting, sidecars);
    } else {
      add_amounts(asked, sidecars);
      raise_amounts(starting, asked);
    }
  }
  raise_amounts(total, starting);
  for (const auto& [name, amount] : read_amounts(pod.at("spec", "overhead"))) {
    // What is not limited is not limited by overhead either.
    if (which == "requests" || total.contains(name)) {
      total[name] += amount;
    }
  }
  return total;
}

bool is_extended(std::string_view name) {
  return name.find('/') != std::string_view::npos &&
         name.find("kubernetes.io/") == std::string_view::npos;
}

/// Source: podComputeUsageHelper.
Amounts amounts_of_running_pod(const Value& pod) {
  Amounts amounts{{"count/pods", one()}, {"pods", one()}};
  for (const auto& [name, amount] : pod_amounts(pod, "requests")) {
    const bool is_plain = name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
                          name.starts_with("hugepages-");
    if (is_plain) {
      amounts[name] = amount;
    }
    if (is_plain || is_extended(name)) {
      amounts["requests." + name] = amount;
    }
  }
  for (const auto& [name, amount] : pod_amounts(pod, "limits")) {
    if (name == "cpu" || name == "memory" || name == "ephemeral-storage") {
      amounts["limits." + name] = amount;
    }
  }
  return amounts;
}

/// Source: component-helpers qos.ComputePodQOS.
bool is_best_effort(const Value& pod) {
  if (const auto known = pod.text("status", "qosClass"); !known.empty()) {
    return known == "BestEffort";
  }
  for (const char* list : {"containers", "initContainers"}) {
    for (const auto container : pod.at("spec", list)) {
      for (const char* which : {"requests", "limits"}) {
        const auto amounts = read_amounts(container.at("resources", which));
        for (const char* name : {"cpu", "memory"}) {
          const auto held = amounts.find(name);
          if (held != amounts.end() && !held->second.is_zero()) {
            return false;
          }
        }
      }
    }
  }
  return true;
}

bool names_other_namespaces(const Value& term) {
  return !term.at("namespaces").empty() || term.has("namespaceSelector");
}

/// Source: podevaluator usesCrossNamespacePodAffinity.
bool crosses_namespaces(const Value& pod) {
  for (const char* which : {"podAffinity", "podAntiAffinity"}) {
    const auto affinity = pod.at("spec", "affinity", which);
    for (const auto term : affinity.at("requiredDuringSchedulingIgnoredDuringExecution")) {
      if (names_other_namespaces(term)) {
        return true;
      }
    }
    for (const auto term : affinity.at("preferredDuringSchedulingIgnoredDuringExecution")) {
      if (names_other_namespaces(term.at("podAffinityTerm"))) {
        return true;
      }
    }
  }
  return false;
}

void use_pod(const Value& pod, WallTime now, QuotaUse& use) {
  const auto deadline = pod.at("spec", "activeDeadlineSeconds");
  use.is_terminating = deadline.is_integer() && deadline.integer() >= 0;
  use.is_best_effort = is_best_effort(pod);
  use.crosses_namespaces = crosses_namespaces(pod);
  use.priority_class = pod.text("spec", "priorityClassName");
  const auto phase = pod.text("status", "phase");
  if (phase == "Succeeded" || phase == "Failed") {
    use.amounts = amounts_of_gone_pod();
    return;
  }
  const auto grace = pod.at("metadata", "deletionGracePeriodSeconds");
  const auto deleted = parse_rfc3339(pod.text("metadata", "deletionTimestamp"));
  if (deleted && grace.is_integer()) {
    use.until = *deleted + std::chrono::seconds(grace.integer());
  }
  use.amounts = use.until && now > *use.until ? amounts_of_gone_pod() : amounts_of_running_pod(pod);
}

/// Source: serviceEvaluator.Usage.
void use_service(const Value& service, QuotaUse& use) {
  use.amounts["services"] = one();
  const auto spec = service.at("spec");
  const auto type = spec.text("type");
  auto& node_ports = use.amounts["services.nodeports"];
  auto& balancers = use.amounts["services.loadbalancers"];
  const auto ports = static_cast<std::int64_t>(spec.at("ports").size());
  if (type == "NodePort") {
    node_ports = Quantity::of_units(ports);
  } else if (type == "LoadBalancer") {
    balancers = one();
    std::int64_t counted = ports;
    if (spec.has("allocateLoadBalancerNodePorts") &&
        !spec.boolean("allocateLoadBalancerNodePorts")) {
      counted = 0;
      for (const auto port : spec.at("ports")) {
        counted += port.integer("nodePort") != 0 ? 1 : 0;
      }
    }
    node_ports = Quantity::of_units(counted);
  }
}

/// Source: pvcEvaluator.Usage.
void use_claim(const Value& claim, QuotaUse& use) {
  use.amounts["persistentvolumeclaims"] = one();
  const auto beta =
      claim.text("metadata", "annotations", "volume.beta.kubernetes.io/storage-class");
  const std::string of_class(beta.empty() ? claim.text("spec", "storageClassName") : beta);
  const std::string prefix = of_class + ".storageclass.storage.k8s.io/";
  if (!of_class.empty()) {
    use.amounts[prefix + "persistentvolumeclaims"] = one();
  }
  Amounts asked = read_amounts(claim.at("spec", "resources", "requests"));
  raise_amounts(asked, read_amounts(claim.at("status", "allocatedResources")));
  if (const auto storage = asked.find("storage"); storage != asked.end()) {
    use.amounts["requests.storage"] = storage->second;
    if (!of_class.empty()) {
      use.amounts[prefix + "requests.storage"] = storage->second;
    }
  }
}

}  // namespace

Amounts amounts_of_gone_pod() {
  return {{"count/pods", one()}};
}

QuotaUse quota_use_of(std::string_view group_resource, const Value& object, WallTime now) {
  QuotaUse use{.resource = std::string(group_resource), .amounts = {}};
  if (group_resource == "pods") {
    use_pod(object, now, use);
    return use;
  }
  use.amounts[concat({"count/", group_resource})] = one();
  if (group_resource == "services") {
    use_service(object, use);
  } else if (group_resource == "persistentvolumeclaims") {
    use_claim(object, use);
  } else if (group_resource.find('.') == std::string_view::npos) {
    use.amounts[std::string(group_resource)] = one();
  }
  return use;
}

}  // namespace pintle::sdk
