// Admission plugins: see admission_plugins.hpp.

#include "core/daemon/admission_plugins.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::daemon {
namespace {

const AdmissionPlugin* find_by_name(std::string_view name) {
  const auto& known = admission_plugins();
  const auto at = std::ranges::find(known, name, &AdmissionPlugin::name);
  return at == known.end() ? nullptr : &*at;
}

Error unknown(std::string_view flag, std::string_view name) {
  std::string names;
  for (const auto& row : admission_plugins()) {
    if (!row.plugin.empty()) {
      names += concat({names.empty() ? "" : ", ", row.name});
    }
  }
  return {Code::kInvalid, concat({flag, " plugin \"", name, "\" is unknown; there are ", names})};
}

/// "NAME?" is NAME, marked as one that may be missing.
std::string_view without_mark(std::string_view plugin) {
  return plugin.ends_with('?') ? plugin.substr(0, plugin.size() - 1) : plugin;
}

/// The place of `plugin` in the table; those that are in none come last.
std::size_t place_of(std::string_view plugin) {
  const auto& known = admission_plugins();
  return static_cast<std::size_t>(std::ranges::find(known, plugin, &AdmissionPlugin::plugin) -
                                  known.begin());
}

/// Where admission comes first in the list, what is added to it goes to its place there.
void insert(std::vector<std::string>& plugins, std::string_view plugin) {
  if (std::ranges::find(plugins, plugin, without_mark) != plugins.end()) {
    return;
  }
  const auto at = std::ranges::find_if(plugins, [&](const std::string& other) {
    return place_of(without_mark(other)) > place_of(plugin);
  });
  plugins.insert(at, std::string(plugin));
}

}  // namespace

const std::vector<AdmissionPlugin>& admission_plugins() {
  static const std::vector<AdmissionPlugin> known = {
      {"NamespaceLifecycle", "admission_namespace_lifecycle", true},
      {"LimitRanger", "admission_limit_ranger", true},
      {"ServiceAccount", "admission_service_account", true},
      {"NodeRestriction", ""},
      {"TaintNodesByCondition", "admission_taint_nodes", true},
      {"AlwaysPullImages", "admission_always_pull_images"},
      {"ImagePolicyWebhook", ""},
      {"PodSecurity", "admission_pod_security", true},
      {"PodNodeSelector", ""},
      {"Priority", "admission_priority", true},
      {"DefaultTolerationSeconds", "admission_default_tolerations", true},
      {"PodTolerationRestriction", ""},
      {"EventRateLimit", "admission_event_rate_limit"},
      {"ExtendedResourceToleration", ""},
      {"DefaultStorageClass", "admission_default_storage_class", true},
      {"StorageObjectInUseProtection", "admission_storage_in_use", true},
      {"OwnerReferencesPermissionEnforcement", "admission_owner_references"},
      {"PersistentVolumeClaimResize", "admission_claim_resize", true},
      {"RuntimeClass", "admission_runtime_class", true},
      {"CertificateApproval", ""},
      {"CertificateSigning", ""},
      {"ClusterTrustBundleAttest", ""},
      {"CertificateSubjectRestriction", ""},
      {"DefaultIngressClass", "admission_default_ingress_class", true},
      {"DenyServiceExternalIPs", "admission_service_external_ips"},
      {"MutatingAdmissionPolicy", ""},
      {"MutatingAdmissionWebhook", ""},
      {"ValidatingAdmissionPolicy", ""},
      {"ValidatingAdmissionWebhook", ""},
      {"ResourceQuota", "admission_resource_quota", true},
  };
  return known;
}

std::vector<std::string> default_admission_plugins() {
  std::vector<std::string> plugins;
  for (const auto& row : admission_plugins()) {
    if (row.is_default) {
      plugins.emplace_back(row.plugin);
    }
  }
  return plugins;
}

Result<std::vector<std::string>> with_admission_flags(std::vector<std::string> plugins,
                                                      const std::vector<std::string>& enabled,
                                                      const std::vector<std::string>& disabled) {
  for (const auto& name : disabled) {
    const auto* row = find_by_name(name);
    if (row == nullptr) {
      return unknown("disable-admission-plugins", name);
    }
    if (std::ranges::find(enabled, name) != enabled.end()) {
      return Error{
          Code::kInvalid,
          concat({name, " in enable-admission-plugins and disable-admission-plugins overlapped"})};
    }
    std::erase_if(plugins, [row](const std::string& plugin) {
      return without_mark(plugin) == row->plugin && !row->plugin.empty();
    });
  }
  for (const auto& name : enabled) {
    const auto* row = find_by_name(name);
    if (row == nullptr || row->plugin.empty()) {
      return unknown("enable-admission-plugins", name);
    }
    insert(plugins, row->plugin);
  }
  return plugins;
}

}  // namespace pintle::daemon
