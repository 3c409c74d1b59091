// A pod as the agent carries it about: the object, where it came from, and what is asked of it
// everywhere.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"

namespace pintle::kubelet {

/// Annotations on static pods and their mirrors. Source: kubelet types.
inline constexpr std::string_view kConfigSource = "kubernetes.io/config.source";
inline constexpr std::string_view kConfigHash = "kubernetes.io/config.hash";
inline constexpr std::string_view kConfigMirror = "kubernetes.io/config.mirror";
inline constexpr std::string_view kConfigSeen = "kubernetes.io/config.seen";

struct Pod {
  std::string uid;  // A static pod's is made from its manifest.
  std::string ns;
  std::string name;
  bool is_static = false;
  std::shared_ptr<const Json> object;

  const Json& json() const { return *object; }
};

using PodPtr = std::shared_ptr<const Pod>;

/// The pod of a v1 Pod object.
PodPtr make_pod(Json object, bool is_static);

/// "nginx_default(0c1f…)": as messages name a pod. Source: kubelet format.Pod.
std::string to_text(const Pod& pod);

/// The value of an annotation; "" where there is none.
std::string_view annotation_of(const Json& pod, std::string_view name);

const JsonArray& containers_of(const Json& pod);
const JsonArray& init_containers_of(const Json& pod);
/// The container `name`, init containers included; null where there is none.
const Json* find_container(const Json& pod, std::string_view name);
/// "spec.containers{web}", "spec.initContainers{setup}": the fieldPath of events.
std::string field_path_of(const Json& pod, std::string_view container);

std::string_view name_of(const Json& container);
/// "Always", "OnFailure" or "Never".
std::string_view restart_policy_of(const Json& pod);
/// An init container that keeps running beside the others: a sidecar.
bool is_sidecar(const Json& init_container);
bool is_on_host_network(const Json& pod);
bool is_being_deleted(const Json& pod);
/// How long the pod has from SIGTERM to SIGKILL.
std::chrono::seconds grace_period_of(const Json& pod);

/// "Guaranteed", "Burstable" or "BestEffort". Source: kubelet qos.
std::string_view qos_class_of(const Json& pod);

/// Changes when the container must be made anew: its name or image. Source: kubelet HashContainer.
std::string hash_of_container(const Json& container);

/// 32 hex digits that depend on every byte: for names and comparisons, not for secrets.
std::string hash_of(std::string_view text);

/// "docker.io/library/nginx:latest": the image's whole name. Source: distribution/reference.
std::string whole_image_name(std::string_view image);

/// "busybox" -> true, "busybox:1.36" -> false: whether `latest` is meant, which is pulled always.
bool is_latest_image(std::string_view image);

/// The wall time of nanoseconds since the epoch, as metav1.Time.
std::string time_text(std::int64_t since_epoch_ns);

}  // namespace pintle::kubelet
