// The token volume: how a pod's containers come by their service account's token.

#pragma once

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/object.hpp"

namespace pintle::admission_service_account {

/// Where programs look for it. Source: client-go rest.InClusterConfig.
inline constexpr std::string_view kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Adds the projected volume (token, CA, namespace) and mounts it in every container that mounts
/// nothing there itself.
void mount_token(const sdk::Value& pod, sdk::JsonPatch& patch);

/// The names of the Secrets that the pod reads: volumes, env, envFrom. With where they stand.
struct SecretUse {
  std::string secret;
  std::string where;  // `volume "a"`, `container b with envVar C`: for messages.
};
std::vector<SecretUse> secrets_of(const sdk::Value& pod);

/// True if any volume of the pod projects a service account's token.
bool projects_token(const sdk::Value& pod);

}  // namespace pintle::admission_service_account
