// Checks: the table of them, and which are asked for a level.

#include "plugins/admission_pod_security/checks.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::admission_pod_security {

const std::vector<Check>& all_checks() {
  using namespace checks;
  constexpr auto kBaseline = Level::kBaseline;
  constexpr auto kRestricted = Level::kRestricted;
  static const std::vector<Check> checks = {
      {"appArmorProfile", kBaseline, 0, "", app_armor_profile},
      {"capabilities_baseline", kBaseline, 0, "", capabilities_baseline},
      {"hostNamespaces", kBaseline, 0, "", host_namespaces},
      {"hostPathVolumes", kBaseline, 0, "", host_path_volumes},
      {"hostPorts", kBaseline, 0, "", host_ports},
      {"privileged", kBaseline, 0, "", privileged},
      {"procMount", kBaseline, 0, "", proc_mount},
      {"seLinuxOptions", kBaseline, 0, "", se_linux_options},
      {"seccompProfile_baseline", kBaseline, 0, "", seccomp_profile_baseline},
      {"sysctls", kBaseline, 0, "", sysctls},
      {"windowsHostProcess", kBaseline, 0, "", windows_host_process},
      {"allowPrivilegeEscalation", kRestricted, 8, "", allow_privilege_escalation},
      {"capabilities_restricted", kRestricted, 22, "capabilities_baseline",
       capabilities_restricted},
      {"restrictedVolumes", kRestricted, 0, "hostPathVolumes", restricted_volumes},
      {"runAsNonRoot", kRestricted, 0, "", run_as_non_root},
      {"runAsUser", kRestricted, 23, "", run_as_user},
      {"seccompProfile_restricted", kRestricted, 19, "seccompProfile_baseline",
       seccomp_profile_restricted},
  };
  return checks;
}

std::vector<Violation> violations_of(const PodView& pod, const LevelVersion& level) {
  std::vector<Violation> found;
  const auto& checks = all_checks();
  const auto is_asked = [&](const Check& check) {
    return check.level <= level.level && check.since <= level.version.minor;
  };
  for (const auto& check : checks) {
    const bool is_replaced = std::ranges::any_of(
        checks, [&](const Check& other) { return other.replaces == check.id && is_asked(other); });
    if (!is_asked(check) || is_replaced) {
      continue;
    }
    if (auto violation = check.find(pod, level.version)) {
      found.push_back(std::move(*violation));
    }
  }
  return found;
}

std::string to_details(const std::vector<Violation>& violations) {
  std::string text;
  for (const auto& violation : violations) {
    text += concat({text.empty() ? "" : ", ", violation.reason});
    if (!violation.detail.empty()) {
      text += concat({" (", violation.detail, ")"});
    }
  }
  return text;
}

std::string to_reasons(const std::vector<Violation>& violations) {
  std::string text;
  for (const auto& violation : violations) {
    text += concat({text.empty() ? "" : ", ", violation.reason});
  }
  return text;
}

}  // namespace pintle::admission_pod_security
