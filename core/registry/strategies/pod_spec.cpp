// Defaults of a pod's spec and the checks of what concerns the pod as a whole.
//
// Source: pkg/apis/core/v1/defaults.go, pkg/apis/core/validation ValidatePodSpec.

#include "core/registry/strategies/pod_spec.hpp"

#include <array>
#include <limits>
#include <map>
#include <set>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"

namespace pintle::registry {
namespace {

constexpr std::array<std::string_view, 3> kContainerLists = {"initContainers", "containers",
                                                             "ephemeralContainers"};

/// True for "nginx" and "nginx:latest", whose content may change under the name.
bool is_latest(std::string_view image) {
  if (image.find('@') != std::string_view::npos) {
    return false;
  }
  const auto slash = image.rfind('/');
  const auto name = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const auto colon = name.find(':');
  return colon == std::string_view::npos || name.substr(colon + 1) == "latest";
}

void request_what_is_limited(JsonObject& container) {
  Json* resources = container.if_contains("resources");
  if (resources == nullptr || !resources->is_object()) {
    return;
  }
  const Json* limits = find_member(*resources, "limits");
  if (limits == nullptr || !limits->is_object() || limits->get_object().empty()) {
    return;
  }
  JsonObject& requests = ensure_object(resources->get_object(), "requests");
  for (const auto& limit : limits->get_object()) {
    if (!requests.contains(limit.key())) {
      requests[limit.key()] = limit.value();
    }
  }
}

void publish_on_host(JsonObject& container) {
  Json* ports = container.if_contains("ports");
  if (ports == nullptr || !ports->is_array()) {
    return;
  }
  for (Json& port : ports->get_array()) {
    const auto number = integer_at(port, {"containerPort"});
    if (number && !port.get_object().contains("hostPort")) {
      port.get_object()["hostPort"] = *number;
    }
  }
}

void default_container(JsonObject& container, bool on_host) {
  if (!container.contains("imagePullPolicy")) {
    const Json* image = container.if_contains("image");
    const bool latest = image == nullptr || !image->is_string() || is_latest(image->get_string());
    container["imagePullPolicy"] = latest ? "Always" : "IfNotPresent";
  }
  request_what_is_limited(container);
  if (on_host) {
    publish_on_host(container);
  }
}

void default_volumes(JsonObject& spec) {
  Json* volumes = spec.if_contains("volumes");
  if (volumes == nullptr || !volumes->is_array()) {
    return;
  }
  for (Json& volume : volumes->get_array()) {
    if (volume.is_object() && volume.get_object().size() == 1 &&
        volume.get_object().contains("name")) {
      volume.get_object()["emptyDir"].emplace_object();
    }
  }
}

void validate_names(const Json& spec, const std::string& path, Causes& causes) {
  for (const auto field :
       {"nodeName", "serviceAccountName", "priorityClassName", "runtimeClassName"}) {
    if (const auto name = text_at(spec, {field}); !name.empty()) {
      check_name_at(causes, sub_path(path, field), name, check_dns_subdomain(name));
    }
  }
  for (const auto field : {"hostname", "subdomain"}) {
    if (const auto name = text_at(spec, {field}); !name.empty()) {
      check_name_at(causes, sub_path(path, field), name, check_dns_label(name));
    }
  }
  for (const auto& label : object_at(spec, {"nodeSelector"})) {
    const std::string_view value =
        label.value().is_string() ? std::string_view(label.value().get_string()) : "";
    check_name_at(causes, sub_path(path, "nodeSelector"), label.key(),
                  check_label_key(label.key()));
    check_name_at(causes, sub_path(path, "nodeSelector"), value, check_label_value(value));
  }
}

/// Host ports of one pod may not meet on one address and protocol.
void validate_host_ports(const Json& spec, const std::string& path, Causes& causes) {
  std::set<std::string> taken;
  const JsonArray& containers = array_at(spec, {"containers"});
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const JsonArray& ports = array_at(containers[i], {"ports"});
    for (std::size_t j = 0; j < ports.size(); ++j) {
      const auto number = integer_at(ports[j], {"hostPort"}).value_or(0);
      const std::string key = concat({text_at(ports[j], {"protocol"}), "/",
                                      text_at(ports[j], {"hostIP"}), "/", std::to_string(number)});
      if (number != 0 && !taken.insert(key).second) {
        const auto port =
            item_path(sub_path(item_path(sub_path(path, "containers"), i), "ports"), j);
        causes.push_back(duplicate_value(sub_path(port, "hostPort"), quoted(key)));
      }
    }
  }
}

void validate_lists(const Json& spec, const std::string& path, Causes& causes) {
  std::set<std::string_view> names;
  for (const auto list : kContainerLists) {
    const std::string list_path = sub_path(path, list);
    const JsonArray& containers = array_at(spec, {list});
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const std::string here = item_path(list_path, i);
      const auto name = text_at(containers[i], {"name"});
      if (!name.empty() && !names.insert(name).second) {
        causes.push_back(duplicate_value(sub_path(here, "name"), quoted(name)));
      }
      validate_container(containers[i], spec, here, list == "initContainers", causes);
      if (list == "ephemeralContainers") {
        validate_ephemeral_container(containers[i], spec, here, causes);
      }
    }
  }
}

void validate_security(const Json& spec, const std::string& path, Causes& causes) {
  for (const auto field : {"runAsUser", "runAsGroup", "fsGroup"}) {
    if (const auto id = integer_at(spec, {"securityContext", field})) {
      check_range(causes, concat({path, ".securityContext.", field}), *id, 0,
                  std::numeric_limits<std::int32_t>::max());
    }
  }
}

/// The cpu and memory amounts of one list ("limits", "requests") of a container.
std::map<std::string, Quantity> computable(const Json& container, std::string_view list) {
  std::map<std::string, Quantity> amounts;
  for (const auto& entry : object_at(container, {"resources", list})) {
    if (entry.key() != "cpu" && entry.key() != "memory") {
      continue;
    }
    const auto amount = parse_quantity(entry.value().is_string() ? entry.value().get_string() : "");
    if (amount.ok() && !amount.value().is_zero()) {
      amounts.emplace(entry.key(), amount.value());
    }
  }
  return amounts;
}

}  // namespace

void apply_pod_spec_defaults(Json& spec) {
  if (!spec.is_object()) {
    return;
  }
  JsonObject& members = spec.get_object();
  const bool on_host = is_true(spec, {"hostNetwork"});
  for (const auto list : kContainerLists) {
    Json* containers = members.if_contains(list);
    if (containers == nullptr || !containers->is_array()) {
      continue;
    }
    for (Json& container : containers->get_array()) {
      if (container.is_object()) {
        default_container(container.get_object(), on_host);
      }
    }
  }
  default_volumes(members);
  // The old name of the field; both are always the same.
  if (members.contains("serviceAccountName")) {
    members["serviceAccount"] = members["serviceAccountName"];
  } else if (members.contains("serviceAccount")) {
    members["serviceAccountName"] = members["serviceAccount"];
  }
}

void validate_pod_spec(const Json& spec, const std::string& path, Causes& causes) {
  validate_volumes(spec, path, causes);
  validate_lists(spec, path, causes);
  validate_host_ports(spec, path, causes);
  validate_names(spec, path, causes);
  validate_security(spec, path, causes);
  validate_tolerations(array_at(spec, {"tolerations"}), sub_path(path, "tolerations"), causes);
  validate_node_affinity(spec, path, causes);
  if (const auto deadline = integer_at(spec, {"activeDeadlineSeconds"})) {
    check_range(causes, sub_path(path, "activeDeadlineSeconds"), *deadline, 1,
                std::numeric_limits<std::int32_t>::max());
  }
  if (text_at(spec, {"dnsPolicy"}) == "None" &&
      array_at(spec, {"dnsConfig", "nameservers"}).empty()) {
    causes.push_back(
        required_value(sub_path(path, "dnsConfig.nameservers"),
                       "must provide at least one DNS nameserver when `dnsPolicy` is None"));
  }
}

std::string_view qos_class_of(const Json& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const auto list : {"initContainers", "containers"}) {
    for (const Json& container : array_at(spec, {list})) {
      const auto limits = computable(container, "limits");
      const auto requests = computable(container, "requests");
      any = any || !limits.empty() || !requests.empty();
      guaranteed = guaranteed && limits.size() == 2 && requests == limits;
    }
  }
  return !any ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

}  // namespace pintle::registry
