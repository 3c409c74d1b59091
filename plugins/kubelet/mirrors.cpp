// Creates, finds and deletes mirror pods.

#include "plugins/kubelet/mirrors.hpp"

#include <functional>
#include <vector>

#include "core/base/concat.hpp"

namespace pintle::kubelet {

Json make_mirror(const Pod& pod, const std::string& node_name, const std::string& node_uid) {
  auto mirror = pod.json();
  auto& object = mirror.as_object();
  object.erase("status");
  auto& metadata = object["metadata"].as_object();
  for (const auto* key : {"uid", "resourceVersion", "creationTimestamp", "managedFields"}) {
    metadata.erase(key);
  }
  auto& annotations = ensure_object(metadata, "annotations");
  annotations[kConfigMirror] = annotation_of(pod.json(), kConfigHash);
  if (!node_uid.empty()) {
    metadata["ownerReferences"] = JsonArray{JsonObject{{"apiVersion", "v1"},
                                                       {"kind", "Node"},
                                                       {"name", node_name},
                                                       {"uid", node_uid},
                                                       {"controller", true}}};
  }
  return mirror;
}

void Mirrors::seen(const Pod& mirror) {
  const std::lock_guard lock(mutex_);
  mirrors_[concat({mirror.ns, "/", mirror.name})] = {
      {mirror.ns, mirror.name, mirror.uid},
      std::string(annotation_of(mirror.json(), kConfigMirror)),
      is_being_deleted(mirror.json())};
}

void Mirrors::gone(const Pod& mirror) {
  const std::lock_guard lock(mutex_);
  const auto known = mirrors_.find(concat({mirror.ns, "/", mirror.name}));
  if (known != mirrors_.end() && known->second.pod.uid == mirror.uid) {
    mirrors_.erase(known);
  }
}

std::optional<ServerPod> Mirrors::find(const Pod& pod) const {
  const std::lock_guard lock(mutex_);
  const auto known = mirrors_.find(concat({pod.ns, "/", pod.name}));
  if (known == mirrors_.end() || known->second.hash != annotation_of(pod.json(), kConfigHash)) {
    return std::nullopt;
  }
  return known->second.pod;
}

void Mirrors::ensure(const Pod& pod, const std::string& node_uid) {
  std::optional<Mirror> known;
  {
    const std::lock_guard lock(mutex_);
    const auto found = mirrors_.find(concat({pod.ns, "/", pod.name}));
    if (found != mirrors_.end()) {
      known = found->second;
    }
  }
  const auto hash = annotation_of(pod.json(), kConfigHash);
  if (known && known->hash == hash && !known->is_going) {
    return;
  }
  if (known) {
    remove(*known);
  }
  const auto made = cluster_.create(concat({"/api/v1/namespaces/", pod.ns, "/pods"}),
                                    make_mirror(pod, node_name_, node_uid));
  if (made) {
    seen(*make_pod(made.value(), false));
  } else if (made.error().code != Code::kAlreadyExists) {
    log_.warning("mirror pod not created",
                 {{"pod", to_text(pod)}, {"error", made.error().message}});
  }
}

void Mirrors::remove(const Mirror& mirror) {
  const JsonObject options{{"apiVersion", "v1"},
                           {"kind", "DeleteOptions"},
                           {"gracePeriodSeconds", 0},
                           {"preconditions", JsonObject{{"uid", mirror.pod.uid}}}};
  const auto removed = cluster_.request(
      "DELETE", concat({"/api/v1/namespaces/", mirror.pod.ns, "/pods/", mirror.pod.name}),
      "application/json", to_json(options));
  if (!removed && removed.error().code != Code::kNotFound) {
    log_.warning("mirror pod not deleted",
                 {{"pod", mirror.pod.name}, {"error", removed.error().message}});
  }
}

void Mirrors::remove(const Pod& pod) {
  std::optional<Mirror> known;
  {
    const std::lock_guard lock(mutex_);
    const auto found = mirrors_.find(concat({pod.ns, "/", pod.name}));
    if (found == mirrors_.end()) {
      return;
    }
    known = found->second;
  }
  remove(*known);
}

void Mirrors::remove_strays(const std::function<bool(const std::string& key)>& is_known) {
  std::vector<Mirror> strays;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, mirror] : mirrors_) {
      if (!is_known(key)) {
        strays.push_back(mirror);
      }
    }
  }
  for (const auto& stray : strays) {
    remove(stray);
  }
}

}  // namespace pintle::kubelet
