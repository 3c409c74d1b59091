// Default storage class: see storage_class.hpp.

#include "plugins/admission_default_storage_class/storage_class.hpp"

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_default_storage_class {
namespace {

bool is_default(const sdk::ObjectHandle& storage_class) {
  const auto annotations = storage_class.at("metadata", "annotations");
  return annotations.text("storageclass.kubernetes.io/is-default-class") == "true" ||
         annotations.text("storageclass.beta.kubernetes.io/is-default-class") == "true";
}

/// The newest counts, so that a new default takes over from an old one; of two of one second, the
/// first by name. Times are RFC 3339 in UTC: their texts sort as they do.
bool goes_before(const sdk::ObjectHandle& one, const sdk::ObjectHandle& other) {
  const auto born = one.text("metadata", "creationTimestamp");
  const auto other_born = other.text("metadata", "creationTimestamp");
  return born == other_born ? one.name() < other.name() : born > other_born;
}

}  // namespace

Result<std::unique_ptr<DefaultStorageClass>> DefaultStorageClass::make(sdk::Host& host,
                                                                       const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<DefaultStorageClass>(host);
  made->classes_.start();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

DefaultStorageClass::DefaultStorageClass(sdk::Host& host)
    : classes_(host, {.group = "storage.k8s.io", .resource = "storageclasses"}),
      offer_(*this, {.mutates = true}) {}

Result<void> DefaultStorageClass::mutate(const sdk::AdmissionRequest& request,
                                         sdk::JsonPatch& patch) {
  // An empty name is a wish, too: a volume of no class.
  if (request.object.has("spec", "storageClassName") ||
      request.object.has("metadata", "annotations", "volume.beta.kubernetes.io/storage-class")) {
    return {};
  }
  sdk::ObjectHandle chosen;
  classes_.for_each([&chosen](const sdk::ObjectHandle& candidate) {
    if (is_default(candidate) && (!chosen || goes_before(candidate, chosen))) {
      chosen = candidate;
    }
  });
  if (chosen) {
    patch.add("/spec/storageClassName", JsonString(chosen.name()));
  }
  return {};
}

}  // namespace pintle::admission_default_storage_class

PINTLE_PLUGIN("admission_default_storage_class", "0.1.0",
              pintle::admission_default_storage_class::DefaultStorageClass)
