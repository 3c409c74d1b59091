// The checks of one container. Source: pkg/apis/core/validation validateContainerCommon.

#include <array>
#include <limits>
#include <set>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"
#include "core/registry/strategies/pod_spec.hpp"

namespace pintle::registry {
namespace {

constexpr std::array<std::string_view, 10> kPodFields = {
    "metadata.name",           "metadata.namespace",  "metadata.uid",   "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP",       "status.hostIPs", "status.podIP",
    "status.podIPs",           "metadata.annotations"};

bool is_pod_field(std::string_view path) {
  for (const std::string_view map : {"metadata.labels['", "metadata.annotations['"}) {
    if (path.starts_with(map) && path.ends_with("']") && path.size() > map.size() + 2) {
      return true;
    }
  }
  return std::find(kPodFields.begin(), kPodFields.end() - 1, path) != kPodFields.end() - 1;
}

void validate_ports(const Json& container, const Json& spec, const std::string& path,
                    Causes& causes) {
  std::set<std::string_view> names;
  const JsonArray& ports = array_at(container, {"ports"});
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string here = item_path(sub_path(path, "ports"), i);
    if (const auto name = text_at(ports[i], {"name"}); !name.empty()) {
      check_name_at(causes, sub_path(here, "name"), name, check_port_name(name));
      if (!names.insert(name).second) {
        causes.push_back(duplicate_value(sub_path(here, "name"), quoted(name)));
      }
    }
    const auto number = integer_at(ports[i], {"containerPort"}).value_or(0);
    if (number != 0) {
      check_port(causes, sub_path(here, "containerPort"), number);
    }
    const auto host_port = integer_at(ports[i], {"hostPort"}).value_or(0);
    if (host_port != 0) {
      check_port(causes, sub_path(here, "hostPort"), host_port);
    }
    if (is_true(spec, {"hostNetwork"}) && host_port != number) {
      causes.push_back(invalid_value(sub_path(here, "containerPort"), std::to_string(number),
                                     "must match `hostPort` when `hostNetwork` is true"));
    }
  }
}

void validate_value_from(const Json& from, bool has_value, const std::string& path,
                         Causes& causes) {
  std::size_t sources = 0;
  for (const auto source : {"fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"}) {
    sources += find_member(from, source) != nullptr ? 1 : 0;
  }
  if (sources == 0) {
    causes.push_back(invalid_value(path, "\"\"",
                                   "must specify one of: `fieldRef`, `resourceFieldRef`, "
                                   "`configMapKeyRef` or `secretKeyRef`"));
  } else if (has_value) {
    causes.push_back(invalid_value(path, "\"\"", "may not be specified when `value` is not empty"));
  } else if (sources > 1) {
    causes.push_back(
        invalid_value(path, "\"\"", "may not have more than one field specified at a time"));
  }
  const auto field = text_at(from, {"fieldRef", "fieldPath"});
  if (!field.empty() && !is_pod_field(field)) {
    causes.push_back(
        invalid_value(concat({path, ".fieldRef.fieldPath"}), quoted(field),
                      concat({"error converting fieldPath: field label not supported: ", field})));
  }
}

void validate_env(const Json& container, const std::string& path, Causes& causes) {
  const JsonArray& env = array_at(container, {"env"});
  for (std::size_t i = 0; i < env.size(); ++i) {
    const std::string here = item_path(sub_path(path, "env"), i);
    if (const auto name = text_at(env[i], {"name"}); !name.empty()) {
      check_name_at(causes, sub_path(here, "name"), name, check_env_name(name));
    }
    if (const Json* from = find_member(env[i], "valueFrom")) {
      validate_value_from(*from, !text_at(env[i], {"value"}).empty(), sub_path(here, "valueFrom"),
                          causes);
    }
  }
  const JsonArray& sources = array_at(container, {"envFrom"});
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string here = item_path(sub_path(path, "envFrom"), i);
    const bool config = find_member(sources[i], "configMapRef") != nullptr;
    const bool secret = find_member(sources[i], "secretRef") != nullptr;
    if (config == secret) {
      causes.push_back(invalid_value(here, "\"\"",
                                     config
                                         ? "may not have more than one field specified at a time"
                                         : "must specify one of: `configMapRef` or `secretRef`"));
    }
  }
}

void validate_mounts(const Json& container, const Json& spec, const std::string& path,
                     Causes& causes) {
  std::set<std::string_view> paths;
  const JsonArray& mounts = array_at(container, {"volumeMounts"});
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const std::string here = item_path(sub_path(path, "volumeMounts"), i);
    const auto name = text_at(mounts[i], {"name"});
    const JsonArray& volumes = array_at(spec, {"volumes"});
    const bool known = std::any_of(volumes.begin(), volumes.end(), [name](const Json& volume) {
      return text_at(volume, {"name"}) == name;
    });
    if (!name.empty() && !known) {
      causes.push_back(not_found_value(sub_path(here, "name"), quoted(name)));
    }
    const auto mount_path = text_at(mounts[i], {"mountPath"});
    if (!mount_path.empty() && !paths.insert(mount_path).second) {
      causes.push_back(
          invalid_value(sub_path(here, "mountPath"), quoted(mount_path), "must be unique"));
    }
    for (const auto field : {"subPath", "subPathExpr"}) {
      const auto sub = text_at(mounts[i], {field});
      if (sub.starts_with('/')) {
        causes.push_back(
            invalid_value(sub_path(here, field), quoted(sub), "must be a relative path"));
      }
      if (sub == ".." || sub.starts_with("../") || sub.find("/../") != std::string_view::npos ||
          sub.ends_with("/..")) {
        causes.push_back(
            invalid_value(sub_path(here, field), quoted(sub), "must not contain '..'"));
      }
    }
  }
}

void validate_amounts(const Json& container, std::string_view list, const std::string& path,
                      Causes& causes) {
  for (const auto& entry : object_at(container, {"resources", list})) {
    const std::string_view text =
        entry.value().is_string() ? std::string_view(entry.value().get_string()) : "";
    const std::string here = concat({path, ".resources.", list, "[", entry.key(), "]"});
    const auto amount = parse_quantity(text);
    if (amount.ok() && amount.value().is_negative()) {
      causes.push_back(invalid_value(here, quoted(text), "must be greater than or equal to 0"));
    }
    check_name_at(causes, concat({path, ".resources.", list}), entry.key(),
                  check_label_key(entry.key()));
  }
}

void validate_resources(const Json& container, const std::string& path, Causes& causes) {
  validate_amounts(container, "limits", path, causes);
  validate_amounts(container, "requests", path, causes);
  for (const auto& entry : object_at(container, {"resources", "requests"})) {
    const auto limit_text = text_at(container, {"resources", "limits", entry.key()});
    if (limit_text.empty() || !entry.value().is_string()) {
      continue;
    }
    const std::string_view request_text = entry.value().get_string();
    const auto request = parse_quantity(request_text);
    const auto limit = parse_quantity(limit_text);
    if (request.ok() && limit.ok() && request.value() > limit.value()) {
      causes.push_back(invalid_value(
          sub_path(path, "resources.requests"), quoted(request_text),
          concat({"must be less than or equal to ", entry.key(), " limit of ", limit_text})));
    }
  }
}

void validate_security(const Json& container, const std::string& path, Causes& causes) {
  const Json* security = find_member(container, "securityContext");
  if (security == nullptr) {
    return;
  }
  const std::string here = sub_path(path, "securityContext");
  for (const auto field : {"runAsUser", "runAsGroup"}) {
    if (const auto id = integer_at(*security, {field})) {
      check_range(causes, sub_path(here, field), *id, 0, std::numeric_limits<std::int32_t>::max());
    }
  }
  const Json* escalation = find_member(*security, "allowPrivilegeEscalation");
  const bool refused = escalation != nullptr && escalation->is_bool() && !escalation->get_bool();
  if (refused && is_true(*security, {"privileged"})) {
    causes.push_back(
        invalid_value(here, to_json(*security),
                      "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"));
  }
}

}  // namespace

void validate_container(const Json& container, const Json& spec, const std::string& path,
                        bool is_init, Causes& causes) {
  if (const auto name = text_at(container, {"name"}); !name.empty()) {
    check_name_at(causes, sub_path(path, "name"), name, check_dns_label(name));
  }
  const auto image = text_at(container, {"image"});
  if (image.empty()) {
    causes.push_back(required_value(sub_path(path, "image")));
  } else if (image.find_first_of(" \t\r\n") == 0 ||
             image.find_last_of(" \t\r\n") == image.size() - 1) {
    causes.push_back(invalid_value(sub_path(path, "image"), quoted(image),
                                   "must not have leading or trailing whitespace"));
  }
  validate_ports(container, spec, path, causes);
  validate_env(container, path, causes);
  validate_mounts(container, spec, path, causes);
  validate_resources(container, path, causes);
  validate_security(container, path, causes);
  validate_probes(container, path, is_init, causes);
}

}  // namespace pintle::registry
