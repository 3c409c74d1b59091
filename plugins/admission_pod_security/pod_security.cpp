// Pod security: see pod_security.hpp.

#include "plugins/admission_pod_security/pod_security.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "plugins/admission_pod_security/existing_pods.hpp"
#include "plugins/admission_pod_security/significance.hpp"

namespace pintle::admission_pod_security {
namespace {

constexpr std::string_view kEnforcePolicy = "pod-security.kubernetes.io/enforce-policy";
constexpr std::string_view kAuditViolations = "pod-security.kubernetes.io/audit-violations";
constexpr std::string_view kExempt = "pod-security.kubernetes.io/exempt";
constexpr std::string_view kError = "pod-security.kubernetes.io/error";

/// Subresources of pods that bring no pod. Any other is looked at, known or not.
constexpr std::string_view kNoPod[] = {"attach",      "binding", "eviction", "exec", "log",
                                       "portforward", "proxy",   "status",   "token"};

/// Where the kinds that make pods have their template.
PodView template_of(const sdk::AdmissionRequest& request) {
  const auto& object = request.object;
  sdk::Value found = object.at("spec", "template");
  if (request.resource == "podtemplates") {
    found = object.at("template");
  } else if (request.resource == "cronjobs") {
    found = object.at("spec", "jobTemplate", "spec", "template");
  }
  return {.metadata = found.at("metadata"), .spec = found.at("spec")};
}

std::string violation_text(std::string_view begin, const LevelVersion& level,
                           const std::vector<Violation>& violations) {
  return concat({begin, " PodSecurity ", quoted(to_text(level)), ": ", to_details(violations)});
}

/// Levels asked more than once are worked out once.
class Judge {
 public:
  explicit Judge(const PodView& pod) : pod_(pod) {}

  const std::vector<Violation>& of(const LevelVersion& level) {
    for (const auto& [known, violations] : known_) {
      if (known == level) {
        return violations;
      }
    }
    known_.reserve(3);  // References stay good.
    return known_.emplace_back(level, violations_of(pod_, level)).second;
  }

 private:
  const PodView& pod_;
  std::vector<std::pair<LevelVersion, std::vector<Violation>>> known_;
};

std::string to_text(const std::vector<Cause>& faults) {
  std::string text;
  for (const auto& fault : faults) {
    text += concat({text.empty() ? "" : ", ", fault.field, ": ", fault.message});
  }
  return faults.size() == 1 ? text : "[" + text + "]";
}

bool is_same(const std::vector<Cause>& one, const std::vector<Cause>& other) {
  return std::ranges::equal(one, other, [](const Cause& a, const Cause& b) {
    return a.field == b.field && a.message == b.message;
  });
}

}  // namespace

Result<std::unique_ptr<PodSecurity>> PodSecurity::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY(auto configuration, parse_configuration(config));
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<PodSecurity>(host, std::move(configuration));
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

PodSecurity::PodSecurity(sdk::Host& host, Configuration configuration)
    : configuration_(std::move(configuration)), client_(host), offer_(*this, {.validates = true}) {}

std::string PodSecurity::resources() const {
  // Pods with every subresource: one that is not known here may still bring a pod.
  return "pods namespaces/ podtemplates/ replicationcontrollers/ replicasets.apps/ "
         "deployments.apps/ statefulsets.apps/ daemonsets.apps/ jobs.batch/ cronjobs.batch/";
}

Result<void> PodSecurity::validate(const sdk::AdmissionRequest& request) {
  if (request.resource == "namespaces") {
    return validate_namespace(request);
  }
  return request.resource == "pods" ? validate_pod(request) : validate_template(request);
}

bool PodSecurity::is_exempt(const sdk::AdmissionRequest& request) const {
  const auto& exemptions = configuration_.exemptions;
  if (exemptions.namespaces.contains(request.ns)) {
    request.annotate(kExempt, "namespace");
    return true;
  }
  if (exemptions.usernames.contains(request.user)) {
    request.annotate(kExempt, "user");
    return true;
  }
  return false;
}

bool PodSecurity::is_exempt_class(const sdk::Value& spec) const {
  const auto name = spec.text("runtimeClassName");
  return !name.empty() && configuration_.exemptions.runtime_classes.contains(name);
}

Result<PolicyOfLabels> PodSecurity::policy_in(std::string_view ns) {
  const auto found = client_.find({.resource = "namespaces", .name = std::string(ns)});
  if (!found) {
    return Error(Code::kInternalError, concat({"failed to lookup namespace ", quoted(ns)}));
  }
  return policy_of(found.at("metadata", "labels"), configuration_.defaults);
}

Result<void> PodSecurity::validate_namespace(const sdk::AdmissionRequest& request) {
  const auto labels = request.object.at("metadata", "labels");
  const auto name = request.object.text("metadata", "name");
  const auto next = policy_of(labels, configuration_.defaults);
  const auto before =
      policy_of(request.old_object.at("metadata", "labels"), configuration_.defaults);
  const bool creates = request.operation == "CREATE";
  // What was wrong before may stay, so that the namespace can be changed otherwise.
  if (!next.faults.empty() && (creates || !is_same(next.faults, before.faults))) {
    return invalid("", "Namespace", name, next.faults);
  }
  const auto& level = next.policy.enforce;
  const auto& old_level = before.policy.enforce;
  const bool is_stricter =
      level.version != old_level.version ? true : level.level > old_level.level;
  const bool asks_more =
      creates || (level != old_level && level.level != Level::kPrivileged && is_stricter);
  if (!asks_more) {
    return {};
  }
  if (configuration_.exemptions.namespaces.contains(name)) {
    request.annotate(kExempt, "namespace");
    if (!next.policy.is_privileged() && !(next.policy == configuration_.defaults)) {
      request.warn(
          concat({"namespace ", quoted(name), " is exempt from Pod Security, and the policy (",
                  to_text(next.policy, labels), ") will be ignored"}));
    }
    return {};
  }
  if (!creates) {
    warn_of_pods(request, name, level);
  }
  return {};
}

void PodSecurity::warn_of_pods(const sdk::AdmissionRequest& request, std::string_view ns,
                               const LevelVersion& level) {
  const auto listed = client_.get({.resource = "pods",
                                   .ns = std::string(ns),
                                   .query = "limit=" + std::to_string(kMostPodsChecked)});
  if (!listed.ok()) {
    request.warn("failed to list pods while checking new PodSecurity enforce level");
    return;
  }
  for (const auto& warning :
       warnings_of(listed.value(), ns, level, configuration_.exemptions.runtime_classes)) {
    request.warn(warning);
  }
}

Result<void> PodSecurity::validate_pod(const sdk::AdmissionRequest& request) {
  if (std::ranges::find(kNoPod, request.subresource) != std::end(kNoPod) || is_exempt(request)) {
    return {};
  }
  PINTLE_TRY(const auto found, policy_in(request.ns));
  if (found.faults.empty() && found.policy.is_privileged()) {
    request.annotate(kEnforcePolicy, admission_pod_security::to_text(found.policy.enforce));
    return {};
  }
  if (request.operation == "UPDATE" && !is_significant_update(request.object, request.old_object)) {
    return {};
  }
  return evaluate(request, found,
                  {.metadata = request.object.at("metadata"), .spec = request.object.at("spec")},
                  /*enforces=*/true);
}

Result<void> PodSecurity::validate_template(const sdk::AdmissionRequest& request) {
  if (is_exempt(request)) {
    return {};
  }
  PINTLE_TRY(const auto found, policy_in(request.ns));
  const auto& policy = found.policy;
  if (found.faults.empty() && policy.warn.level == Level::kPrivileged &&
      policy.audit.level == Level::kPrivileged) {
    return {};
  }
  const auto pod = template_of(request);
  return pod.spec ? evaluate(request, found, pod, /*enforces=*/false) : Result<void>();
}

Result<void> PodSecurity::evaluate(const sdk::AdmissionRequest& request,
                                   const PolicyOfLabels& found, const PodView& pod,
                                   bool enforces) const {
  if (is_exempt_class(pod.spec)) {
    request.annotate(kExempt, "runtimeClass");
    return {};
  }
  if (!found.faults.empty()) {
    request.annotate(kError, "Failed to parse policy: " + to_text(found.faults));
  }
  const auto& policy = found.policy;
  Judge judge(pod);
  if (enforces) {
    request.annotate(kEnforcePolicy, admission_pod_security::to_text(policy.enforce));
  }
  if (const auto& violations = judge.of(policy.audit); !violations.empty()) {
    request.annotate(kAuditViolations, violation_text("would violate", policy.audit, violations));
  }
  if (enforces) {
    if (const auto& violations = judge.of(policy.enforce); !violations.empty()) {
      return Error(Code::kForbidden, violation_text("violates", policy.enforce, violations));
    }
  }
  // Who is refused anyway is not warned as well.
  if (const auto& violations = judge.of(policy.warn); !violations.empty()) {
    request.warn(violation_text("would violate", policy.warn, violations));
  }
  return {};
}

}  // namespace pintle::admission_pod_security

PINTLE_PLUGIN("admission_pod_security", "0.1.0", pintle::admission_pod_security::PodSecurity)
