// Checks: what the Pod Security Standards ask of a pod, one function each, and their sum.
//
// Source: k8s.io/pod-security-admission/policy, the checks of v1.33.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/sdk/object.hpp"
#include "plugins/admission_pod_security/policy.hpp"

namespace pintle::admission_pod_security {

/// A pod, or the template of one.
struct PodView {
  sdk::Value metadata;
  sdk::Value spec;
};

/// What a pod does that a level forbids: `hostPort (container "a" uses hostPort 80)`.
struct Violation {
  std::string reason;
  std::string detail;  // "" where the reason says it all.
};

/// One demand of the standards.
struct Check {
  std::string_view id;
  Level level = Level::kBaseline;
  int since = 0;              // The minor version it came with.
  std::string_view replaces;  // The baseline check that is not asked beside it, or "".
  std::optional<Violation> (*find)(const PodView& pod, Version version) = nullptr;
};

/// Baseline first, then restricted; each sorted by id.
const std::vector<Check>& all_checks();

/// All that `pod` does against `level`, in the checks' order. Empty: it may be.
std::vector<Violation> violations_of(const PodView& pod, const LevelVersion& level);

/// "hostPort (container ...), privileged (...)".
std::string to_details(const std::vector<Violation>& violations);
/// "hostPort, privileged".
std::string to_reasons(const std::vector<Violation>& violations);

namespace checks {

std::optional<Violation> app_armor_profile(const PodView& pod, Version version);
std::optional<Violation> capabilities_baseline(const PodView& pod, Version version);
std::optional<Violation> host_namespaces(const PodView& pod, Version version);
std::optional<Violation> host_path_volumes(const PodView& pod, Version version);
std::optional<Violation> host_ports(const PodView& pod, Version version);
std::optional<Violation> privileged(const PodView& pod, Version version);
std::optional<Violation> proc_mount(const PodView& pod, Version version);
std::optional<Violation> se_linux_options(const PodView& pod, Version version);
std::optional<Violation> seccomp_profile_baseline(const PodView& pod, Version version);
std::optional<Violation> sysctls(const PodView& pod, Version version);
std::optional<Violation> windows_host_process(const PodView& pod, Version version);

std::optional<Violation> allow_privilege_escalation(const PodView& pod, Version version);
std::optional<Violation> capabilities_restricted(const PodView& pod, Version version);
std::optional<Violation> restricted_volumes(const PodView& pod, Version version);
std::optional<Violation> run_as_non_root(const PodView& pod, Version version);
std::optional<Violation> run_as_user(const PodView& pod, Version version);
std::optional<Violation> seccomp_profile_restricted(const PodView& pod, Version version);

}  // namespace checks
}  // namespace pintle::admission_pod_security
