// The token volume: see token_volume.hpp.

#include "plugins/admission_service_account/token_volume.hpp"

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"

namespace pintle::admission_service_account {
namespace {

constexpr std::string_view kVolumePrefix = "kube-api-access-";
// An hour and seven seconds: tells these tokens from those that somebody asked an hour for.
constexpr std::int64_t kTokenSeconds = 3607;

Json projection() {
  return {
      {"defaultMode", 0644},
      {"sources",
       JsonArray{
           JsonObject{
               {"serviceAccountToken", {{"expirationSeconds", kTokenSeconds}, {"path", "token"}}}},
           JsonObject{{"configMap",
                       {{"name", "kube-root-ca.crt"},
                        {"items", JsonArray{JsonObject{{"key", "ca.crt"}, {"path", "ca.crt"}}}}}}},
           JsonObject{
               {"downwardAPI",
                {{"items", JsonArray{JsonObject{{"path", "namespace"},
                                                {"fieldRef",
                                                 {{"apiVersion", "v1"},
                                                  {"fieldPath", "metadata.namespace"}}}}}}}}}}}};
}

bool mounts_something(const sdk::Value& container) {
  for (const auto mount : container.at("volumeMounts")) {
    if (mount.text("mountPath") == kMountPath) {
      return true;
    }
  }
  return false;
}

/// True if any container of the list `field` now mounts `volume`.
bool mount_in(const sdk::Value& pod, std::string_view field, const std::string& volume,
              sdk::JsonPatch& patch) {
  bool mounted = false;
  const sdk::Value containers = pod.at("spec", field);
  for (std::size_t i = 0; i < containers.size(); ++i) {
    const sdk::Value container = containers.element(i);
    if (mounts_something(container)) {
      continue;
    }
    mounted = true;
    Json mount = {{"name", volume}, {"readOnly", true}, {"mountPath", kMountPath}};
    const std::string path = concat({"/spec/", field, "/", std::to_string(i), "/volumeMounts"});
    if (container.at("volumeMounts").is_array()) {
      patch.add(path + "/-", std::move(mount));
    } else {
      patch.add(path, JsonArray{std::move(mount)});
    }
  }
  return mounted;
}

}  // namespace

void mount_token(const sdk::Value& pod, sdk::JsonPatch& patch) {
  std::string volume;
  for (const auto known : pod.at("spec", "volumes")) {
    if (known.text("name").starts_with(kVolumePrefix)) {
      volume = known.text("name");
    }
  }
  const bool has_volume = !volume.empty();
  if (!has_volume) {
    volume = concat({kVolumePrefix, make_name_suffix()});
  }
  const bool in_init = mount_in(pod, "initContainers", volume, patch);
  const bool in_main = mount_in(pod, "containers", volume, patch);
  if (has_volume || (!in_init && !in_main)) {
    return;
  }
  Json made = {{"name", volume}, {"projected", projection()}};
  if (pod.at("spec", "volumes").is_array()) {
    patch.add("/spec/volumes/-", std::move(made));
  } else {
    patch.add("/spec/volumes", JsonArray{std::move(made)});
  }
}

std::vector<SecretUse> secrets_of(const sdk::Value& pod) {
  std::vector<SecretUse> uses;
  const auto note = [&uses](std::string_view secret, std::string where) {
    if (!secret.empty()) {
      uses.push_back({std::string(secret), std::move(where)});
    }
  };
  for (const auto volume : pod.at("spec", "volumes")) {
    const std::string where =
        concat({"volume with secret.secretName=\"", volume.text("secret", "secretName"), "\""});
    note(volume.text("secret", "secretName"), where);
    for (const auto source : volume.at("projected", "sources")) {
      note(source.text("secret", "name"), concat({"volume \"", volume.text("name"), "\""}));
    }
  }
  for (const std::string_view field : {"initContainers", "containers", "ephemeralContainers"}) {
    for (const auto container : pod.at("spec", field)) {
      for (const auto env : container.at("env")) {
        note(env.text("valueFrom", "secretKeyRef", "name"),
             concat({"container ", container.text("name"), " with envVar ", env.text("name")}));
      }
      for (const auto env : container.at("envFrom")) {
        note(env.text("secretRef", "name"),
             concat({"container ", container.text("name"), " with envFrom"}));
      }
    }
  }
  return uses;
}

bool projects_token(const sdk::Value& pod) {
  for (const auto volume : pod.at("spec", "volumes")) {
    for (const auto source : volume.at("projected", "sources")) {
      if (source.has("serviceAccountToken")) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace pintle::admission_service_account
