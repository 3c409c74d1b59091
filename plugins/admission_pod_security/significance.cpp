// Significance: see significance.hpp.

#include "plugins/admission_pod_security/significance.hpp"

#include <string>
#include <string_view>

namespace pintle::admission_pod_security {
namespace {

constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";

bool is_same_annotation(const sdk::Value& pod, const sdk::Value& old_pod, std::string_view key) {
  return pod.text("metadata", "annotations", key) == old_pod.text("metadata", "annotations", key);
}

/// The container of that name, wherever in the list; nothing where it is new.
sdk::Value find_by_name(const sdk::Value& containers, std::string_view name) {
  for (const auto container : containers) {
    if (container.text("name") == name) {
      return container;
    }
  }
  return {};
}

}  // namespace

bool is_significant_update(const sdk::Value& pod, const sdk::Value& old_pod) {
  if (!is_same_annotation(pod, old_pod, kSeccompPod)) {
    return true;
  }
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    const auto containers = pod.at("spec", list);
    const auto old_containers = old_pod.at("spec", list);
    for (const auto container : containers) {
      const auto name = container.text("name");
      const auto before = find_by_name(old_containers, name);
      if (!before || before.text("image") != container.text("image")) {
        return true;
      }
      const std::string key = std::string(kSeccompPrefix) + std::string(name);
      if (!is_same_annotation(pod, old_pod, std::string_view(key))) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace pintle::admission_pod_security
