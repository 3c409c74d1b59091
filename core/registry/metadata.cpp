// What is filled in, carried over and refused in metadata.

#include "core/registry/metadata.hpp"

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "core/object/status.hpp"
#include "core/registry/field_manager.hpp"

namespace pintle::registry {
namespace {

/// Kinds whose strategies count generations. Sorted.
/// Source: kube-apiserver's strategies, v1.33: those whose PrepareForCreate sets Generation.
constexpr std::array<std::string_view, 17> kCountsGenerations = {
    "cronjobs.batch",
    "daemonsets.apps",
    "deployments.apps",
    "endpointslices.discovery.k8s.io",
    "ingressclasses.networking.k8s.io",
    "ingresses.networking.k8s.io",
    "jobs.batch",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "networkpolicies.networking.k8s.io",
    "poddisruptionbudgets.policy",
    "pods",
    "priorityclasses.scheduling.k8s.io",
    "replicasets.apps",
    "replicationcontrollers",
    "runtimeclasses.node.k8s.io",
    "statefulsets.apps",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
};

constexpr std::size_t kMaxAnnotationBytes = 256 * 1024;  // Source: TotalAnnotationSizeLimitB.

void validate_labels(const JsonObject& labels, std::vector<Cause>& causes) {
  for (const auto& label : labels) {
    const std::string_view key = label.key();
    if (const auto fault = check_label_key(key)) {
      causes.push_back(invalid_value("metadata.labels", quoted(key), *fault));
    }
    if (!label.value().is_string()) {
      continue;
    }
    const std::string_view value = label.value().as_string();
    if (const auto fault = check_label_value(value)) {
      causes.push_back(invalid_value("metadata.labels", quoted(value), *fault));
    }
  }
}

void validate_annotations(const JsonObject& annotations, std::vector<Cause>& causes) {
  std::size_t size = 0;
  for (const auto& annotation : annotations) {
    const std::string_view key = annotation.key();
    size += key.size();
    size += annotation.value().is_string() ? annotation.value().as_string().size() : 0;
    std::string lower(key);
    std::ranges::transform(lower, lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (const auto fault = check_label_key(lower)) {
      causes.push_back(invalid_value("metadata.annotations", quoted(key), *fault));
    }
  }
  if (size > kMaxAnnotationBytes) {
    causes.push_back(too_long_value("metadata.annotations", kMaxAnnotationBytes));
  }
}

void validate_owner(const Json& owner, const std::string& path, std::vector<Cause>& causes) {
  const auto must_not_be_empty = [&](std::string_view field, std::string_view why) {
    if (text_at(owner, {field}).empty()) {
      causes.push_back(invalid_value(concat({path, ".", field}), "\"\"", why));
    }
  };
  must_not_be_empty("apiVersion", "version must not be empty");
  must_not_be_empty("kind", "must not be empty");
  must_not_be_empty("name", "must not be empty");
  must_not_be_empty("uid", "must not be empty");
  if (text_at(owner, {"kind"}) == "Event" && text_at(owner, {"apiVersion"}) == "v1") {
    causes.push_back(invalid_value(path, quoted("/v1, Kind=Event"),
                                   "/v1, Kind=Event is disallowed from being an owner"));
  }
}

void validate_owners(const JsonArray& owners, std::vector<Cause>& causes) {
  std::string_view controller;
  for (std::size_t i = 0; i < owners.size(); ++i) {
    validate_owner(owners[i], concat({"metadata.ownerReferences[", std::to_string(i), "]"}),
                   causes);
    const auto* controls = find_member(owners[i], "controller");
    if (controls == nullptr || !controls->is_bool() || !controls->as_bool()) {
      continue;
    }
    const auto name = text_at(owners[i], {"name"});
    if (controller.empty()) {
      controller = name;
      continue;
    }
    causes.push_back(invalid_value(
        "metadata.ownerReferences", to_json(Json(owners)),
        concat({"Only one reference can have Controller set to true. Found \"true\" in references "
                "for ",
                controller, " and ", name})));
  }
}

void validate_finalizers(const JsonArray& finalizers, std::vector<Cause>& causes) {
  bool orphans = false;
  bool foreground = false;
  for (const auto& item : finalizers) {
    const auto name = item.is_string() ? std::string_view(item.as_string()) : std::string_view();
    if (const auto fault = check_label_key(name)) {
      causes.push_back(invalid_value("metadata.finalizers", quoted(name), *fault));
    }
    orphans = orphans || name == "orphan";
    foreground = foreground || name == "foregroundDeletion";
  }
  if (orphans && foreground) {
    causes.push_back(invalid_value("metadata.finalizers", to_json(Json(finalizers)),
                                   "finalizer orphan and foregroundDeletion cannot be both set"));
  }
}

void validate_common(const Json& object, std::vector<Cause>& causes) {
  validate_labels(object_at(object, {"metadata", "labels"}), causes);
  validate_annotations(object_at(object, {"metadata", "annotations"}), causes);
  validate_owners(array_at(object, {"metadata", "ownerReferences"}), causes);
  validate_finalizers(array_at(object, {"metadata", "finalizers"}), causes);
  validate_managed_fields(object, causes);
}

/// The value under `key`, for a message: quoted text, or JSON.
std::string shown(const Json* value) {
  if (value == nullptr) {
    return "null";
  }
  return value->is_string() ? quoted(value->as_string()) : to_json(*value);
}

bool same(const Json* a, const Json* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

}  // namespace

void fill_metadata(const api::Resource& resource, Json& object, WallTime now) {
  auto& metadata = ensure_object(object.as_object(), "metadata");
  for (const auto* key : {"deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"}) {
    metadata.erase(key);
  }
  metadata["uid"] = make_uuid();
  metadata["creationTimestamp"] = to_rfc3339(now);
  if (counts_generations(resource)) {
    metadata["generation"] = 1;
  } else {
    metadata.erase("generation");
  }
}

void carry_metadata(const api::Resource& resource, Json& next, const Json& current) {
  auto& metadata = ensure_object(next.as_object(), "metadata");
  const auto& old = object_at(current, {"metadata"});
  metadata.erase("selfLink");
  for (const auto* key :
       {"uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    if (const auto* value = old.if_contains(key); value != nullptr && !metadata.contains(key)) {
      metadata[key] = *value;
    }
  }
  metadata.erase("generation");
  if (const auto* generation = old.if_contains("generation")) {
    metadata["generation"] = *generation;
  }
  if (resource.namespaced && text_at(next, {"metadata", "namespace"}).empty()) {
    metadata["namespace"] = text_at(current, {"metadata", "namespace"});
  }
}

bool counts_generations(const api::Resource& resource) {
  return std::ranges::binary_search(kCountsGenerations, resource.storage);
}

void count_generation(Json& next, const Json& current) {
  const auto old = integer_at(current, {"metadata", "generation"}).value_or(0);
  ensure_object(next.as_object(), "metadata")["generation"] = old + 1;
}

void validate_metadata(const api::Resource& resource, const Strategy& strategy, const Json& object,
                       std::vector<Cause>& causes) {
  const auto generate = text_at(object, {"metadata", "generateName"});
  if (!generate.empty()) {
    // A prefix may end in a dash, which the suffix then makes good.
    std::string prefix(generate);
    if (prefix.ends_with('-')) {
      prefix.back() = 'a';
    }
    if (const auto fault = strategy.check_name(prefix)) {
      causes.push_back(invalid_value("metadata.generateName", quoted(generate), *fault));
    }
  }
  const auto name = text_at(object, {"metadata", "name"});
  if (name.empty()) {
    causes.push_back(required_value("metadata.name", "name or generateName is required"));
  } else if (const auto fault = strategy.check_name(name)) {
    causes.push_back(invalid_value("metadata.name", quoted(name), *fault));
  }
  if (resource.namespaced) {
    const auto ns = text_at(object, {"metadata", "namespace"});
    if (const auto fault = check_dns_label(ns)) {
      causes.push_back(invalid_value("metadata.namespace", quoted(ns), *fault));
    }
  }
  validate_common(object, causes);
}

void validate_metadata_update(const Json& next, const Json& current, std::vector<Cause>& causes) {
  for (const auto* key : {"name", "namespace", "uid", "creationTimestamp", "deletionTimestamp",
                          "deletionGracePeriodSeconds"}) {
    const auto* value = find_path(next, {"metadata", key});
    if (!same(value, find_path(current, {"metadata", key}))) {
      causes.push_back(
          invalid_value(concat({"metadata.", key}), shown(value), "field is immutable"));
    }
  }
  validate_common(next, causes);
  if (text_at(current, {"metadata", "deletionTimestamp"}).empty()) {
    return;
  }
  std::string added;
  const auto& before = array_at(current, {"metadata", "finalizers"});
  for (const auto& finalizer : array_at(next, {"metadata", "finalizers"})) {
    if (std::find(before.begin(), before.end(), finalizer) == before.end()) {
      added += (added.empty() ? "" : ", ") + shown(&finalizer);
    }
  }
  if (!added.empty()) {
    causes.push_back(forbidden_value(
        "metadata.finalizers",
        concat({"no new finalizers can be added if the object is being deleted, found new "
                "finalizers []string{",
                added, "}"})));
  }
}

bool is_held(const api::Resource& resource, const Json& object) {
  if (!array_at(object, {"metadata", "finalizers"}).empty()) {
    return true;
  }
  return resource.storage == "namespaces" && !array_at(object, {"spec", "finalizers"}).empty();
}

}  // namespace pintle::registry
