// Baseline: the checks that keep a pod from the known ways to more rights.

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "plugins/admission_pod_security/checks.hpp"
#include "plugins/admission_pod_security/wording.hpp"

namespace pintle::admission_pod_security::checks {
namespace {

constexpr std::string_view kAppArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";

constexpr std::array<std::string_view, 13> kUsualCapabilities = {
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};

/// A value that is fine, and the minor version from which on it is.
struct Since {
  std::string_view value;
  int minor = 0;
};

constexpr Since kSeLinuxTypes[] = {
    {""}, {"container_t"}, {"container_init_t"}, {"container_kvm_t"}, {"container_engine_t", 31}};

constexpr Since kSysctls[] = {{"kernel.shm_rmid_forced"},
                              {"net.ipv4.ip_local_port_range"},
                              {"net.ipv4.tcp_syncookies"},
                              {"net.ipv4.ping_group_range"},
                              {"net.ipv4.ip_unprivileged_port_start"},
                              {"net.ipv4.ip_local_reserved_ports", 27},
                              {"net.ipv4.tcp_keepalive_time", 29},
                              {"net.ipv4.tcp_fin_timeout", 29},
                              {"net.ipv4.tcp_keepalive_intvl", 29},
                              {"net.ipv4.tcp_keepalive_probes", 29},
                              {"net.ipv4.tcp_rmem", 32},
                              {"net.ipv4.tcp_wmem", 32}};

template <std::size_t N>
bool is_fine(const Since (&values)[N], std::string_view value, Version version) {
  return std::ranges::any_of(
      values, [&](const Since& row) { return row.value == value && row.minor <= version.minor; });
}

bool is_fine_app_armor(std::string_view annotation) {
  return annotation.empty() || annotation == "runtime/default" ||
         annotation.starts_with("localhost/");
}

bool is_fine_seccomp(std::string_view annotation) {
  return annotation == "runtime/default" || annotation == "docker/default" ||
         annotation.starts_with("localhost/");
}

/// What is set at `securityContext.<member>.type`, in the pod or in containers, and may not be.
struct BadTypes {
  bool by_pod = false;
  Names by_containers;
  SortedNames values;
};

BadTypes bad_types(const PodView& pod, std::string_view member,
                   const std::function<bool(std::string_view type)>& is_allowed) {
  BadTypes bad;
  const auto is_bad = [&](const sdk::Value& of) {
    const auto profile = of.at("securityContext", member);
    if (!profile || is_allowed(profile.text("type"))) {
      return false;
    }
    bad.values.emplace(profile.text("type"));
    return true;
  };
  bad.by_pod = is_bad(pod.spec);
  bad.by_containers = containers_where(pod, is_bad);
  return bad;
}

}  // namespace

std::optional<Violation> app_armor_profile(const PodView& pod, Version /*version*/) {
  const auto bad = bad_types(pod, "appArmorProfile", [](std::string_view type) {
    return type.empty() || type == "RuntimeDefault" || type == "Localhost";
  });
  std::string setters = setters_text(bad.by_pod, bad.by_containers);
  std::string values = join_quoted(bad.values);
  SortedNames annotations;
  for (const auto [key, value] : pod.metadata.at("annotations").members()) {
    if (key.starts_with(kAppArmorPrefix) && !is_fine_app_armor(value.text())) {
      annotations.insert(concat({key, "=", quoted(value.text())}));
    }
  }
  if (!annotations.empty()) {
    setters += concat(
        {setters.empty() ? "" : " and ", plural("annotation", "annotations", annotations.size())});
    values += concat({values.empty() ? "" : ", ", join_quoted(annotations)});
  }
  if (setters.empty()) {
    return std::nullopt;
  }
  return Violation{std::string(plural("forbidden AppArmor profile", "forbidden AppArmor profiles",
                                      bad.values.size() + annotations.size())),
                   concat({setters, " must not set AppArmor profile type to ", values})};
}

std::optional<Violation> capabilities_baseline(const PodView& pod, Version /*version*/) {
  SortedNames unusual;
  const auto bad = containers_where(pod, [&unusual](const sdk::Value& container) {
    bool is_bad = false;
    for (const auto capability : container.at("securityContext", "capabilities", "add")) {
      if (std::ranges::find(kUsualCapabilities, capability.text()) == kUsualCapabilities.end()) {
        unusual.emplace(capability.text());
        is_bad = true;
      }
    }
    return is_bad;
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  return Violation{"non-default capabilities",
                   concat({containers_text(bad), " must not include ", join_quoted(unusual),
                           " in securityContext.capabilities.add"})};
}

std::optional<Violation> host_namespaces(const PodView& pod, Version /*version*/) {
  std::string set;
  for (const std::string_view field : {"hostNetwork", "hostPID", "hostIPC"}) {
    if (pod.spec.boolean(field)) {
      set += concat({set.empty() ? "" : ", ", field, "=true"});
    }
  }
  return set.empty() ? std::nullopt : std::optional(Violation{"host namespaces", set});
}

std::optional<Violation> host_path_volumes(const PodView& pod, Version /*version*/) {
  Names volumes;
  for (const auto volume : pod.spec.at("volumes")) {
    if (volume.has("hostPath")) {
      volumes.emplace_back(volume.text("name"));
    }
  }
  if (volumes.empty()) {
    return std::nullopt;
  }
  return Violation{"hostPath volumes", concat({plural("volume", "volumes", volumes.size()), " ",
                                               join_quoted(volumes)})};
}

std::optional<Violation> host_ports(const PodView& pod, Version /*version*/) {
  SortedNames ports;
  const auto bad = containers_where(pod, [&ports](const sdk::Value& container) {
    bool is_bad = false;
    for (const auto port : container.at("ports")) {
      if (const auto number = port.integer("hostPort"); number != 0) {
        ports.insert(std::to_string(number));
        is_bad = true;
      }
    }
    return is_bad;
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  std::string list;
  for (const auto& port : ports) {
    list += concat({list.empty() ? "" : ", ", port});
  }
  return Violation{"hostPort",
                   concat({containers_text(bad), " ", plural("uses", "use", bad.size()), " ",
                           plural("hostPort", "hostPorts", ports.size()), " ", list})};
}

std::optional<Violation> privileged(const PodView& pod, Version /*version*/) {
  const auto bad = containers_where(pod, [](const sdk::Value& container) {
    return container.boolean("securityContext", "privileged");
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  return Violation{"privileged",
                   containers_text(bad) + " must not set securityContext.privileged=true"};
}

std::optional<Violation> proc_mount(const PodView& pod, Version /*version*/) {
  SortedNames values;
  const auto bad = containers_where(pod, [&values](const sdk::Value& container) {
    const auto mount = container.at("securityContext", "procMount");
    if (!mount || mount.text() == "Default") {
      return false;
    }
    values.emplace(mount.text());
    return true;
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  return Violation{"procMount",
                   concat({containers_text(bad), " must not set securityContext.procMount to ",
                           join_quoted(values)})};
}

std::optional<Violation> se_linux_options(const PodView& pod, Version version) {
  SortedNames types;
  bool sets_user = false;
  bool sets_role = false;
  const auto is_bad = [&](const sdk::Value& of) {
    const auto options = of.at("securityContext", "seLinuxOptions");
    const auto type = options.text("type");
    const bool bad_type = !is_fine(kSeLinuxTypes, type, version);
    if (bad_type) {
      types.emplace(type);
    }
    sets_user = sets_user || !options.text("user").empty();
    sets_role = sets_role || !options.text("role").empty();
    return bad_type || !options.text("user").empty() || !options.text("role").empty();
  };
  const bool by_pod = is_bad(pod.spec);
  const auto by_containers = containers_where(pod, is_bad);
  if (!by_pod && by_containers.empty()) {
    return std::nullopt;
  }
  Names what;
  if (!types.empty()) {
    what.push_back(concat({plural("type", "types", types.size()), " ", join_quoted(types)}));
  }
  if (sets_user) {
    what.emplace_back("user may not be set");
  }
  if (sets_role) {
    what.emplace_back("role may not be set");
  }
  std::string all;
  for (const auto& part : what) {
    all += concat({all.empty() ? "" : "; ", part});
  }
  return Violation{"seLinuxOptions",
                   concat({setters_text(by_pod, by_containers),
                           " set forbidden securityContext.seLinuxOptions: ", all})};
}

std::optional<Violation> seccomp_profile_baseline(const PodView& pod, Version version) {
  constexpr int kFieldsSince = 19;
  if (version.minor >= kFieldsSince) {
    const auto bad = bad_types(pod, "seccompProfile", [](std::string_view type) {
      return type == "RuntimeDefault" || type == "Localhost";
    });
    if (bad.values.empty()) {
      return std::nullopt;
    }
    return Violation{
        "seccompProfile",
        concat({setters_text(bad.by_pod, bad.by_containers),
                " must not set securityContext.seccompProfile.type to ", join_quoted(bad.values)})};
  }
  const auto annotations = pod.metadata.at("annotations");
  SortedNames bad;
  const auto look_at = [&](const std::string& key) {
    const auto value = annotations.at(std::string_view(key));
    if (value && !is_fine_seccomp(value.text())) {
      bad.insert(concat({key, "=", quoted(value.text())}));
    }
  };
  look_at(std::string(kSeccompPod));
  for_each_container(pod, [&](const sdk::Value& container) {
    look_at(concat({kSeccompPrefix, container.text("name")}));
  });
  if (bad.empty()) {
    return std::nullopt;
  }
  std::string list;
  for (const auto& annotation : bad) {
    list += concat({list.empty() ? "" : ", ", annotation});
  }
  return Violation{
      "seccompProfile",
      concat({"forbidden ", plural("annotation", "annotations", bad.size()), " ", list})};
}

std::optional<Violation> sysctls(const PodView& pod, Version version) {
  std::string bad;
  for (const auto sysctl : pod.spec.at("securityContext", "sysctls")) {
    if (!is_fine(kSysctls, sysctl.text("name"), version)) {
      bad += concat({bad.empty() ? "" : ", ", sysctl.text("name")});
    }
  }
  return bad.empty() ? std::nullopt : std::optional(Violation{"forbidden sysctls", bad});
}

std::optional<Violation> windows_host_process(const PodView& pod, Version /*version*/) {
  const auto is_bad = [](const sdk::Value& of) {
    return of.boolean("securityContext", "windowsOptions", "hostProcess");
  };
  const auto setters = setters_text(is_bad(pod.spec), containers_where(pod, is_bad));
  if (setters.empty()) {
    return std::nullopt;
  }
  return Violation{"hostProcess",
                   setters + " must not set securityContext.windowsOptions.hostProcess=true"};
}

}  // namespace pintle::admission_pod_security::checks
