// Service account: see service_account.hpp.

#include "plugins/admission_service_account/service_account.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/admission_service_account/token_volume.hpp"

namespace pintle::admission_service_account {
namespace {

/// What a kubelet shows of a pod that it runs from a file: nothing here may change it.
Result<void> check_mirror(const sdk::Value& pod) {
  if (!pod.text("spec", "serviceAccountName").empty()) {
    return Error(Code::kForbidden, "a mirror pod may not reference service accounts");
  }
  if (!secrets_of(pod).empty()) {
    return Error(Code::kForbidden, "a mirror pod may not reference secrets");
  }
  if (projects_token(pod)) {
    return Error(Code::kForbidden,
                 "a mirror pod may not use ServiceAccountToken volume projections");
  }
  return {};
}

/// The pod's own word, else the account's, else yes.
bool wants_token(const sdk::Value& pod, const sdk::ObjectHandle& account) {
  if (const auto own = pod.at("spec", "automountServiceAccountToken"); own) {
    return own.boolean();
  }
  const auto general = account.at("automountServiceAccountToken");
  return !general || general.boolean();
}

bool names(const sdk::Value& references, std::string_view name) {
  for (const auto reference : references) {
    if (reference.text("name") == name) {
      return true;
    }
  }
  return false;
}

/// With the annotation kubernetes.io/enforce-mountable-secrets an account's pods read no Secret but
/// those it lists.
Result<void> check_secrets(const sdk::Value& pod, const sdk::ObjectHandle& account) {
  if (account.text("metadata", "annotations", "kubernetes.io/enforce-mountable-secrets") !=
      "true") {
    return {};
  }
  for (const auto& use : secrets_of(pod)) {
    if (!names(account.at("secrets"), use.secret)) {
      return Error(Code::kForbidden, concat({use.where, " is not allowed because service account ",
                                             account.name(), " does not reference that secret"}));
    }
  }
  for (const auto pull : pod.at("spec", "imagePullSecrets")) {
    if (!names(account.at("imagePullSecrets"), pull.text("name"))) {
      return Error(Code::kForbidden,
                   concat({"imagePullSecrets[].name=\"", pull.text("name"),
                           "\" is not allowed because service account ", account.name(),
                           " does not reference that imagePullSecret"}));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ServiceAccount>> ServiceAccount::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<ServiceAccount>(host);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

ServiceAccount::ServiceAccount(sdk::Host& host) : client_(host), offer_(*this, {.mutates = true}) {}

Result<sdk::ObjectHandle> ServiceAccount::find_account(std::string_view ns,
                                                       const std::string& name) {
  auto account = client_.find({.resource = "serviceaccounts", .ns = std::string(ns), .name = name});
  if (!account) {
    return Error(Code::kForbidden, concat({"error looking up service account ", ns, "/", name,
                                           ": serviceaccount \"", name, "\" not found"}));
  }
  return account;
}

/// What is added to a running pod reads no other Secrets than the pod might (CVE-2023-2728).
Result<void> ServiceAccount::check_added(const sdk::AdmissionRequest& request) {
  const std::string name(request.object.text("spec", "serviceAccountName"));
  if (name.empty()) {
    return {};  // A mirror pod.
  }
  PINTLE_TRY(const auto account, find_account(request.ns, name));
  return check_secrets(request.object, account);
}

Result<void> ServiceAccount::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  if (request.subresource == "ephemeralcontainers") {
    return check_added(request);
  }
  if (request.operation != "CREATE") {
    return {};
  }
  const sdk::Value pod = request.object;
  if (pod.has("metadata", "annotations", "kubernetes.io/config.mirror")) {
    return check_mirror(pod);
  }

  std::string name(pod.text("spec", "serviceAccountName"));
  if (name.empty()) {
    name = pod.text("spec", "serviceAccount");  // The field's old name.
  }
  if (name.empty()) {
    name = "default";
  }
  PINTLE_TRY(const auto account, find_account(request.ns, name));
  PINTLE_TRY_STATUS(check_secrets(pod, account));
  patch.add("/spec/serviceAccountName", JsonString(name));
  patch.add("/spec/serviceAccount", JsonString(name));
  if (wants_token(pod, account)) {
    mount_token(pod, patch);
  }
  const auto pull_secrets = account.at("imagePullSecrets");
  if (pod.at("spec", "imagePullSecrets").empty() && !pull_secrets.empty()) {
    patch.add("/spec/imagePullSecrets", pull_secrets.to_json());
  }
  return {};
}

}  // namespace pintle::admission_service_account

PINTLE_PLUGIN("admission_service_account", "0.1.0",
              pintle::admission_service_account::ServiceAccount)
