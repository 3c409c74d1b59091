// Restricted: the checks that hold a pod to what hardening asks for.

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "plugins/admission_pod_security/checks.hpp"
#include "plugins/admission_pod_security/wording.hpp"

namespace pintle::admission_pod_security::checks {
namespace {

constexpr std::array<std::string_view, 8> kAllowedVolumes = {
    "configMap", "csi",       "downwardAPI", "emptyDir",
    "ephemeral", "projected", "secret",      "persistentVolumeClaim"};

/// From 1.25 on a pod that says that it is for Windows is spared what only Linux has.
bool is_windows(const PodView& pod, Version version) {
  constexpr int kOsSince = 25;
  return version.minor >= kOsSince && pod.spec.text("os", "name") == "windows";
}

std::string type_of(const sdk::Value& volume) {
  for (const auto [key, value] : volume.members()) {
    if (key != "name") {
      return std::string(key);
    }
  }
  return "unknown";
}

bool has_allowed_type(const sdk::Value& volume) {
  return std::ranges::any_of(kAllowedVolumes,
                             [&](std::string_view type) { return volume.has(type); });
}

bool is_fine_seccomp(std::string_view type) {
  return type == "RuntimeDefault" || type == "Localhost";
}

}  // namespace

std::optional<Violation> allow_privilege_escalation(const PodView& pod, Version version) {
  if (is_windows(pod, version)) {
    return std::nullopt;
  }
  const auto bad = containers_where(pod, [](const sdk::Value& container) {
    const auto allows = container.at("securityContext", "allowPrivilegeEscalation");
    return !allows || allows.boolean();
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  return Violation{
      "allowPrivilegeEscalation != false",
      containers_text(bad) + " must set securityContext.allowPrivilegeEscalation=false"};
}

std::optional<Violation> capabilities_restricted(const PodView& pod, Version version) {
  if (is_windows(pod, version)) {
    return std::nullopt;
  }
  const auto keeping = containers_where(pod, [](const sdk::Value& container) {
    for (const auto capability : container.at("securityContext", "capabilities", "drop")) {
      if (capability.text() == "ALL") {
        return false;
      }
    }
    return true;
  });
  SortedNames added;
  const auto adding = containers_where(pod, [&added](const sdk::Value& container) {
    bool is_bad = false;
    for (const auto capability : container.at("securityContext", "capabilities", "add")) {
      if (capability.text() != "NET_BIND_SERVICE") {
        added.emplace(capability.text());
        is_bad = true;
      }
    }
    return is_bad;
  });
  std::string detail;
  if (!keeping.empty()) {
    detail = containers_text(keeping) + R"( must set securityContext.capabilities.drop=["ALL"])";
  }
  if (!adding.empty()) {
    detail += concat({detail.empty() ? "" : "; ", containers_text(adding), " must not include ",
                      join_quoted(added), " in securityContext.capabilities.add"});
  }
  return detail.empty() ? std::nullopt
                        : std::optional(Violation{"unrestricted capabilities", detail});
}

std::optional<Violation> restricted_volumes(const PodView& pod, Version /*version*/) {
  Names volumes;
  SortedNames types;
  for (const auto volume : pod.spec.at("volumes")) {
    if (!has_allowed_type(volume)) {
      volumes.emplace_back(volume.text("name"));
      types.insert(type_of(volume));
    }
  }
  if (volumes.empty()) {
    return std::nullopt;
  }
  return Violation{
      "restricted volume types",
      concat({plural("volume", "volumes", volumes.size()), " ", join_quoted(volumes), " ",
              plural("uses", "use", volumes.size()), " ",
              plural("restricted volume type", "restricted volume types", types.size()), " ",
              join_quoted(types)})};
}

std::optional<Violation> run_as_non_root(const PodView& pod, Version /*version*/) {
  const auto by_pod = pod.spec.at("securityContext", "runAsNonRoot");
  const auto refusing = containers_where(pod, [](const sdk::Value& container) {
    const auto own = container.at("securityContext", "runAsNonRoot");
    return own && !own.boolean();
  });
  const auto setters = setters_text(by_pod && !by_pod.boolean(), refusing);
  if (!setters.empty()) {
    return Violation{"runAsNonRoot != true",
                     setters + " must not set securityContext.runAsNonRoot=false"};
  }
  if (by_pod) {
    return std::nullopt;
  }
  const auto silent = containers_where(pod, [](const sdk::Value& container) {
    return !container.has("securityContext", "runAsNonRoot");
  });
  if (silent.empty()) {
    return std::nullopt;
  }
  return Violation{"runAsNonRoot != true", concat({"pod or ", containers_text(silent),
                                                   " must set securityContext.runAsNonRoot=true"})};
}

std::optional<Violation> run_as_user(const PodView& pod, Version /*version*/) {
  const auto is_bad = [](const sdk::Value& of) {
    const auto user = of.at("securityContext", "runAsUser");
    return user && user.integer() == 0;
  };
  const auto setters = setters_text(is_bad(pod.spec), containers_where(pod, is_bad));
  return setters.empty()
             ? std::nullopt
             : std::optional(Violation{"runAsUser=0", setters + " must not set runAsUser=0"});
}

std::optional<Violation> seccomp_profile_restricted(const PodView& pod, Version version) {
  if (is_windows(pod, version)) {
    return std::nullopt;
  }
  SortedNames values;
  const auto is_bad = [&values](const sdk::Value& of) {
    const auto profile = of.at("securityContext", "seccompProfile");
    if (!profile || is_fine_seccomp(profile.text("type"))) {
      return false;
    }
    values.emplace(profile.text("type"));
    return true;
  };
  const bool by_pod = is_bad(pod.spec);
  const auto by_containers = containers_where(pod, is_bad);
  if (!values.empty()) {
    return Violation{
        "seccompProfile",
        concat({setters_text(by_pod, by_containers),
                " must not set securityContext.seccompProfile.type to ", join_quoted(values)})};
  }
  if (pod.spec.has("securityContext", "seccompProfile")) {
    return std::nullopt;
  }
  const auto silent = containers_where(pod, [](const sdk::Value& container) {
    return !container.has("securityContext", "seccompProfile");
  });
  if (silent.empty()) {
    return std::nullopt;
  }
  return Violation{"seccompProfile",
                   concat({"pod or ", containers_text(silent),
                           R"( must set securityContext.seccompProfile.type to "RuntimeDefault" )"
                           R"(or "Localhost")"})};
}

}  // namespace pintle::admission_pod_security::checks
