// Merges security contexts and turns resources into cgroup numbers.

#include "plugins/kubelet/security.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"

namespace pintle::kubelet {
namespace {

/// Source: kubelet securitycontext defaultMaskedPaths and defaultReadonlyPaths.
constexpr const char* kMaskedPaths[] = {
    "/proc/asound",     "/proc/acpi",        "/proc/interrupts",
    "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
constexpr const char* kReadonlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                          "/proc/sysrq-trigger"};

Error unsupported(std::string_view field) {
  return {Code::kInvalid, concat({field, " is not supported by this node"})};
}

bool is_set(const Json& object, std::string_view key) {
  const auto* member = find_member(object, key);
  return member != nullptr && !member->is_null();
}

bool flag_at(const Json& object, std::string_view key) {
  const auto* member = find_member(object, key);
  return member != nullptr && member->is_bool() && member->as_bool();
}

const Json& context_of(const Json& part) {
  static const Json kNone = JsonObject{};
  const auto* context = find_member(part, "securityContext");
  return context != nullptr && context->is_object() ? *context : kNone;
}

const Json& spec_of(const Json& pod) {
  static const Json kNone = JsonObject{};
  const auto* spec = find_member(pod, "spec");
  return spec != nullptr ? *spec : kNone;
}

/// The container's number, else the pod's.
std::optional<std::int64_t> number_of(const Json& pod_context, const Json& context,
                                      std::string_view key) {
  const auto own = integer_at(context, {key});
  return own ? own : integer_at(pod_context, {key});
}

Result<SecurityProfile> seccomp_of(const Json& context, std::string_view where) {
  const auto type = text_at(context, {"seccompProfile", "type"});
  if (type == "RuntimeDefault") {
    return SecurityProfile{SecurityProfile::Type::kRuntimeDefault, ""};
  }
  if (type.empty() || type == "Unconfined") {
    return SecurityProfile{};
  }
  return unsupported(concat({where, ".seccompProfile.type ", type}));
}

Result<void> check_context(const Json& context, std::string_view where) {
  for (const auto* key : {"seLinuxOptions", "windowsOptions"}) {
    if (is_set(context, key)) {
      return unsupported(concat({where, ".", key}));
    }
  }
  if (const auto type = text_at(context, {"appArmorProfile", "type"});
      !type.empty() && type != "Unconfined") {
    return unsupported(concat({where, ".appArmorProfile.type ", type}));
  }
  return {};
}

Result<void> check_non_root(const Json& pod_context, const Json& context,
                            const LinuxSecurity& security, const ImageInfo& image) {
  const bool wanted = is_set(context, "runAsNonRoot") ? flag_at(context, "runAsNonRoot")
                                                      : flag_at(pod_context, "runAsNonRoot");
  if (!wanted) {
    return {};
  }
  if (security.run_as_user) {
    return *security.run_as_user != 0
               ? Result<void>()
               : Error{Code::kInvalid, "container's runAsUser breaks non-root policy"};
  }
  if (image.uid && *image.uid != 0) {
    return {};
  }
  if (!image.uid && !image.username.empty()) {
    return Error{Code::kInvalid,
                 concat({"container has runAsNonRoot and image has non-numeric user (",
                         image.username, "), cannot verify user is non-root"})};
  }
  return Error{Code::kInvalid, "container has runAsNonRoot and image will run as root"};
}

Namespaces namespaces_of(const Json& pod) {
  const auto& spec = spec_of(pod);
  Namespaces namespaces;
  namespaces.network = flag_at(spec, "hostNetwork") ? NamespaceMode::kNode : NamespaceMode::kPod;
  namespaces.ipc = flag_at(spec, "hostIPC") ? NamespaceMode::kNode : NamespaceMode::kPod;
  if (flag_at(spec, "hostPID")) {
    namespaces.pid = NamespaceMode::kNode;
  } else if (flag_at(spec, "shareProcessNamespace")) {
    namespaces.pid = NamespaceMode::kPod;
  }
  return namespaces;
}

void add_supplemental_groups(std::vector<std::int64_t>& groups, const Json& pod_context) {
  for (const auto& group : array_at(pod_context, {"supplementalGroups"})) {
    if (group.is_int64()) {
      groups.push_back(group.as_int64());
    }
  }
  if (const auto group = integer_at(pod_context, {"fsGroup"})) {
    groups.push_back(*group);
  }
}

std::int64_t millis_of(const Json& container, std::string_view list) {
  const auto quantity = parse_quantity(text_at(container, {"resources", list, "cpu"}));
  return quantity ? quantity.value().millis() : 0;
}

std::int64_t bytes_of(const Json& container, std::string_view list) {
  const auto quantity = parse_quantity(text_at(container, {"resources", list, "memory"}));
  return quantity ? quantity.value().units() : 0;
}

std::int64_t oom_score_of(const Json& pod, const Json& container, std::int64_t node_memory_bytes) {
  constexpr std::int64_t kCritical = -997;
  constexpr std::int64_t kBestEffort = 1000;
  constexpr std::int64_t kSystemCriticalPriority = 2'000'000'000;
  const auto priority = integer_at(pod, {"spec", "priority"}).value_or(0);
  const auto qos = qos_class_of(pod);
  if (qos == "Guaranteed" || priority >= kSystemCriticalPriority) {
    return kCritical;
  }
  if (qos == "BestEffort" || node_memory_bytes <= 0) {
    return kBestEffort;
  }
  const auto score = 1000 - 1000 * bytes_of(container, "requests") / node_memory_bytes;
  return std::clamp<std::int64_t>(score, 1000 + kCritical, kBestEffort - 1);
}

}  // namespace

Result<LinuxSecurity> make_security(const Json& pod, const Json& container,
                                    const ImageInfo& image) {
  const auto& pod_context = context_of(spec_of(pod));
  const auto& context = context_of(container);
  PINTLE_TRY_STATUS(check_context(context, "securityContext"));
  LinuxSecurity security;
  security.privileged = flag_at(context, "privileged");
  security.readonly_rootfs = flag_at(context, "readOnlyRootFilesystem");
  security.namespaces = namespaces_of(pod);
  security.run_as_user = number_of(pod_context, context, "runAsUser");
  security.run_as_group = number_of(pod_context, context, "runAsGroup");
  PINTLE_TRY_STATUS(check_non_root(pod_context, context, security, image));
  if (!security.run_as_user) {
    security.run_as_user = image.uid;
    security.run_as_username = image.uid ? "" : image.username;
  }
  // A group alone is an error to the runtime; with neither, the image's user is root.
  if (security.run_as_group && !security.run_as_user && security.run_as_username.empty()) {
    security.run_as_user = 0;
  }
  add_supplemental_groups(security.supplemental_groups, pod_context);
  for (const auto& name : array_at(context, {"capabilities", "add"})) {
    security.add_capabilities.emplace_back(name.is_string() ? name.as_string().c_str() : "");
  }
  for (const auto& name : array_at(context, {"capabilities", "drop"})) {
    security.drop_capabilities.emplace_back(name.is_string() ? name.as_string().c_str() : "");
  }
  const auto* escalation = find_member(context, "allowPrivilegeEscalation");
  security.no_new_privileges =
      escalation != nullptr && escalation->is_bool() && !escalation->as_bool();
  PINTLE_TRY(security.seccomp, is_set(context, "seccompProfile")
                                   ? seccomp_of(context, "securityContext")
                                   : seccomp_of(pod_context, "spec.securityContext"));
  if (!security.privileged && text_at(context, {"procMount"}) != "Unmasked") {
    security.masked_paths.assign(std::begin(kMaskedPaths), std::end(kMaskedPaths));
    security.readonly_paths.assign(std::begin(kReadonlyPaths), std::end(kReadonlyPaths));
  }
  return security;
}

Result<void> fill_sandbox_security(SandboxConfig& sandbox, const Json& pod) {
  const auto& context = context_of(spec_of(pod));
  PINTLE_TRY_STATUS(check_context(context, "spec.securityContext"));
  if (text_at(context, {"supplementalGroupsPolicy"}) == "Strict") {
    return unsupported("spec.securityContext.supplementalGroupsPolicy Strict");
  }
  sandbox.namespaces = namespaces_of(pod);
  sandbox.run_as_user = integer_at(context, {"runAsUser"});
  sandbox.run_as_group = integer_at(context, {"runAsGroup"});
  if (sandbox.run_as_group && !sandbox.run_as_user) {
    sandbox.run_as_user = 0;
  }
  add_supplemental_groups(sandbox.supplemental_groups, context);
  for (const auto& sysctl : array_at(context, {"sysctls"})) {
    sandbox.sysctls[std::string(name_of(sysctl))] = std::string(text_at(sysctl, {"value"}));
  }
  PINTLE_TRY(sandbox.seccomp, seccomp_of(context, "spec.securityContext"));
  for (const auto* list : {&containers_of(pod), &init_containers_of(pod)}) {
    for (const auto& container : *list) {
      sandbox.privileged = sandbox.privileged || flag_at(context_of(container), "privileged");
    }
  }
  return {};
}

Result<void> check_supported(const Json& pod) {
  const auto& spec = spec_of(pod);
  if (const auto runtime_class = text_at(spec, {"runtimeClassName"}); !runtime_class.empty()) {
    return unsupported(concat({"spec.runtimeClassName ", runtime_class}));
  }
  if (is_set(spec, "hostUsers") && !flag_at(spec, "hostUsers")) {
    return unsupported("spec.hostUsers false");
  }
  for (const auto* key : {"ephemeralContainers", "resourceClaims"}) {
    if (!array_at(spec, {key}).empty()) {
      return unsupported(concat({"spec.", key}));
    }
  }
  if (is_set(spec, "resources")) {
    return unsupported("spec.resources");
  }
  return {};
}

Result<void> check_supported_container(const Json& container) {
  if (!array_at(container, {"volumeDevices"}).empty()) {
    return unsupported("volumeDevices");
  }
  if (!array_at(container, {"resources", "claims"}).empty()) {
    return unsupported("resources.claims");
  }
  if (!text_at(container, {"lifecycle", "stopSignal"}).empty()) {
    return unsupported("lifecycle.stopSignal");
  }
  for (const auto& [name, amount] : object_at(container, {"resources", "limits"})) {
    if (name != "cpu" && name != "memory" && name != "ephemeral-storage") {
      return unsupported(concat({"resources.limits[", std::string_view(name), "]"}));
    }
  }
  for (const auto* probe : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    if (text_at(container, {probe, "httpGet", "scheme"}) == "HTTPS") {
      return unsupported(concat({probe, ".httpGet.scheme HTTPS"}));
    }
  }
  for (const auto* hook : {"postStart", "preStop"}) {
    if (text_at(container, {"lifecycle", hook, "httpGet", "scheme"}) == "HTTPS") {
      return unsupported(concat({"lifecycle.", hook, ".httpGet.scheme HTTPS"}));
    }
  }
  return {};
}

std::optional<std::int64_t> fs_group_of(const Json& pod) {
  return integer_at(pod, {"spec", "securityContext", "fsGroup"});
}

LinuxResources make_resources(const Json& pod, const Json& container,
                              std::int64_t node_memory_bytes) {
  constexpr std::int64_t kPeriodMicros = 100'000;
  constexpr std::int64_t kMinShares = 2;
  constexpr std::int64_t kMaxShares = 262'144;
  constexpr std::int64_t kMinQuotaMicros = 1000;
  LinuxResources resources;
  const auto limit_millis = millis_of(container, "limits");
  const auto has_request = !text_at(container, {"resources", "requests", "cpu"}).empty();
  const auto request_millis = has_request ? millis_of(container, "requests") : limit_millis;
  resources.cpu_shares = std::clamp(request_millis * 1024 / 1000, kMinShares, kMaxShares);
  if (limit_millis > 0) {
    resources.cpu_period = kPeriodMicros;
    resources.cpu_quota = std::max(limit_millis * kPeriodMicros / 1000, kMinQuotaMicros);
  }
  resources.memory_limit_bytes = bytes_of(container, "limits");
  resources.oom_score_adj = oom_score_of(pod, container, node_memory_bytes);
  return resources;
}

}  // namespace pintle::kubelet
