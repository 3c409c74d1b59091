// Decodes, defaults and validates static pods: the few rules of core/api that a lone node needs.

#include "plugins/kubelet/manifest.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "core/base/concat.hpp"
#include "core/object/names.hpp"
#include "core/object/quantity.hpp"
#include "core/object/status.hpp"
#include "core/object/yaml.hpp"

namespace pintle::kubelet {
namespace {

void set_default(JsonObject& object, std::string_view key, Json value) {
  auto& member = object[key];
  if (member.is_null()) {
    member = std::move(value);
  }
}

// ---- defaults. Source: Kubernetes core/v1 SetDefaults_Pod and friends.
// ---------------------------

void default_probe(JsonObject& container, std::string_view key) {
  auto* probe = container.if_contains(key);
  if (probe == nullptr || !probe->is_object()) {
    return;
  }
  auto& object = probe->as_object();
  set_default(object, "timeoutSeconds", 1);
  set_default(object, "periodSeconds", 10);
  set_default(object, "successThreshold", 1);
  set_default(object, "failureThreshold", 3);
  if (auto* http = object.if_contains("httpGet"); http != nullptr && http->is_object()) {
    set_default(http->as_object(), "path", "/");
    set_default(http->as_object(), "scheme", "HTTP");
  }
}

void default_resources(JsonObject& container) {
  auto& resources = ensure_object(container, "resources");
  const auto* limits = resources.if_contains("limits");
  if (limits == nullptr || !limits->is_object()) {
    return;
  }
  const JsonObject copied = limits->as_object();
  auto& requests = ensure_object(resources, "requests");
  for (const auto& [name, value] : copied) {
    set_default(requests, name, value);
  }
}

void default_container(JsonObject& container) {
  set_default(container, "imagePullPolicy",
              is_latest_image(text_at(Json(container), {"image"})) ? "Always" : "IfNotPresent");
  set_default(container, "terminationMessagePath", "/dev/termination-log");
  set_default(container, "terminationMessagePolicy", "File");
  default_resources(container);
  for (const auto* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    default_probe(container, probe);
  }
  auto* ports = container.if_contains("ports");
  if (ports != nullptr && ports->is_array()) {
    for (auto& port : ports->as_array()) {
      if (port.is_object()) {
        set_default(port.as_object(), "protocol", "TCP");
      }
    }
  }
}

void default_spec(JsonObject& spec, std::string_view node_name) {
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "securityContext", JsonObject{});
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "enableServiceLinks", true);
  spec["nodeName"] = node_name;
  for (const auto* key : {"initContainers", "containers"}) {
    auto* list = spec.if_contains(key);
    if (list == nullptr || !list->is_array()) {
      continue;
    }
    for (auto& container : list->as_array()) {
      if (container.is_object()) {
        default_container(container.as_object());
      }
    }
  }
  if (auto* volumes = spec.if_contains("volumes"); volumes != nullptr && volumes->is_array()) {
    for (auto& volume : volumes->as_array()) {
      auto* host_path = find_path(volume, {"hostPath"});
      if (host_path != nullptr && host_path->is_object()) {
        set_default(host_path->as_object(), "type", "");
      }
      if (volume.is_object() && volume.as_object().size() == 1) {
        volume.as_object()["emptyDir"] = JsonObject{};
      }
    }
  }
  // Nothing may drive a static pod off its node. Source: kubelet applyDefaults.
  spec["tolerations"] = JsonArray{JsonObject{{"operator", "Exists"}, {"effect", "NoExecute"}}};
}

// ---- checks
// ---------------------------------------------------------------------------------------

using Causes = std::vector<Cause>;

void check_name(Causes& causes, std::string field, std::string_view name, NameFault fault) {
  if (name.empty()) {
    causes.push_back(required_value(std::move(field)));
  } else if (fault) {
    causes.push_back(invalid_value(std::move(field), to_json(Json(name)), *fault));
  }
}

void check_resources(Causes& causes, const std::string& field, const Json& container) {
  for (const auto* key : {"limits", "requests"}) {
    for (const auto& [name, value] : object_at(container, {"resources", key})) {
      const auto text = value.is_string() ? std::string(value.as_string()) : to_json(value);
      const auto quantity = parse_quantity(text);
      if (!quantity) {
        causes.push_back(invalid_value(concat({field, ".resources.", key, "[", name, "]"}),
                                       to_json(value), quantity.error().message));
      }
    }
  }
}

void check_container(Causes& causes, const std::string& field, const Json& container,
                     const std::set<std::string>& volumes, std::set<std::string>& names) {
  const auto name = name_of(container);
  check_name(causes, field + ".name", name, check_dns_label(name));
  if (!names.emplace(name).second) {
    causes.push_back(duplicate_value(field + ".name", to_json(Json(name))));
  }
  if (text_at(container, {"image"}).empty()) {
    causes.push_back(required_value(field + ".image"));
  }
  check_resources(causes, field, container);
  std::size_t i = 0;
  for (const auto& mount : array_at(container, {"volumeMounts"})) {
    const auto at = concat({field, ".volumeMounts[", std::to_string(i++), "]"});
    if (!volumes.contains(std::string(text_at(mount, {"name"})))) {
      causes.push_back(not_found_value(at + ".name", to_json(Json(text_at(mount, {"name"})))));
    }
    if (text_at(mount, {"mountPath"}).empty()) {
      causes.push_back(required_value(at + ".mountPath"));
    }
  }
  i = 0;
  for (const auto& port : array_at(container, {"ports"})) {
    const auto at = concat({field, ".ports[", std::to_string(i++), "].containerPort"});
    const auto number = integer_at(port, {"containerPort"});
    if (!number) {
      causes.push_back(required_value(at));
    } else if (*number < 1 || *number > 65535) {
      causes.push_back(
          invalid_value(at, std::to_string(*number), "must be between 1 and 65535, inclusive"));
    }
  }
}

/// The volumes a lone node can fill, and what it may not: objects of the API (T-M08).
void check_volumes(Causes& causes, const Json& pod, std::set<std::string>& names) {
  std::size_t i = 0;
  for (const auto& volume : array_at(pod, {"spec", "volumes"})) {
    const auto field = concat({"spec.volumes[", std::to_string(i++), "]"});
    const auto name = text_at(volume, {"name"});
    check_name(causes, field + ".name", name, check_dns_label(name));
    if (!names.emplace(name).second) {
      causes.push_back(duplicate_value(field + ".name", to_json(Json(name))));
    }
    for (const auto* kind : {"secret", "configMap", "projected", "persistentVolumeClaim"}) {
      if (find_member(volume, kind) != nullptr) {
        causes.push_back(forbidden_value(concat({field, ".", kind}),
                                         "a static pod may not refer to objects of the API"));
      }
    }
  }
}

void check_references(Causes& causes, const Json& pod) {
  for (const auto* key : {"serviceAccountName", "serviceAccount"}) {
    if (!text_at(pod, {"spec", key}).empty()) {
      causes.push_back(forbidden_value(concat({"spec.", key}),
                                       "a static pod may not refer to objects of the API"));
    }
  }
  for (const auto* list : {"initContainers", "containers"}) {
    std::size_t i = 0;
    for (const auto& container : array_at(pod, {"spec", list})) {
      const auto field = concat({"spec.", list, "[", std::to_string(i++), "]"});
      bool refers = !array_at(container, {"envFrom"}).empty();
      for (const auto& env : array_at(container, {"env"})) {
        refers = refers || find_path(env, {"valueFrom", "secretKeyRef"}) != nullptr ||
                 find_path(env, {"valueFrom", "configMapKeyRef"}) != nullptr;
      }
      if (refers) {
        causes.push_back(
            forbidden_value(field + ".env", "a static pod may not refer to objects of the API"));
      }
    }
  }
}

Result<void> check_pod(const Json& pod, std::string_view name) {
  Causes causes;
  check_name(causes, "metadata.name", name, check_dns_subdomain(name));
  const auto ns = text_at(pod, {"metadata", "namespace"});
  check_name(causes, "metadata.namespace", ns, check_dns_label(ns));
  std::set<std::string> volumes;
  check_volumes(causes, pod, volumes);
  check_references(causes, pod);
  if (containers_of(pod).empty()) {
    causes.push_back(required_value("spec.containers"));
  }
  std::set<std::string> names;
  for (const auto* list : {"containers", "initContainers"}) {
    std::size_t i = 0;
    for (const auto& container : array_at(pod, {"spec", list})) {
      check_container(causes, concat({"spec.", list, "[", std::to_string(i++), "]"}), container,
                      volumes, names);
    }
  }
  const auto policy = restart_policy_of(pod);
  if (policy != "Always" && policy != "OnFailure" && policy != "Never") {
    causes.push_back(
        unsupported_value("spec.restartPolicy", policy, {"Always", "OnFailure", "Never"}));
  }
  if (!causes.empty()) {
    return invalid("", "Pod", name, std::move(causes));
  }
  return {};
}

/// The one object in `text`, which must say that it is a v1 Pod.
Result<Json> decode(std::string_view text) {
  PINTLE_TRY(auto documents, parse_json_or_yaml(text));
  if (documents.size() != 1) {
    return Error{Code::kBadRequest,
                 "a manifest holds one pod; this one holds " + std::to_string(documents.size())};
  }
  auto& parsed = documents.front();
  if (!parsed.duplicates.empty()) {
    return Error{Code::kBadRequest,
                 concat({"the key ", parsed.duplicates.front(), " is set twice"})};
  }
  const auto kind = text_at(parsed.value, {"kind"});
  const auto version = text_at(parsed.value, {"apiVersion"});
  if (kind != "Pod" || version != "v1") {
    return Error{Code::kBadRequest, concat({"a manifest is a Pod of v1; this one is ",
                                            kind.empty() ? "without kind" : kind, " of ",
                                            version.empty() ? "no apiVersion" : version})};
  }
  for (const auto* key : {"metadata", "spec"}) {
    const auto* part = find_member(parsed.value, key);
    if (part == nullptr || !part->is_object()) {
      return Error{Code::kBadRequest, concat({"the pod's ", key, " is missing or no object"})};
    }
  }
  return std::move(parsed.value);
}

}  // namespace

Result<PodPtr> parse_manifest(std::string_view text, std::string_view path,
                              std::string_view node_name) {
  PINTLE_TRY(auto pod, decode(text));
  const auto hash = hash_of(concat({"host:", node_name, "file:", path, "\n", text}));
  auto& object = pod.as_object();
  object.erase("status");
  auto& metadata = object["metadata"].as_object();
  const std::string name(text_at(pod, {"metadata", "name"}));
  set_default(metadata, "namespace", "default");
  default_spec(object["spec"].as_object(), node_name);
  PINTLE_TRY_STATUS(check_pod(pod, name));

  metadata["name"] = concat({name, "-", node_name});
  metadata["uid"] = hash;
  auto& annotations = ensure_object(metadata, "annotations");
  annotations[kConfigSource] = "file";
  annotations[kConfigHash] = hash;
  return make_pod(std::move(pod), true);
}

}  // namespace pintle::kubelet
