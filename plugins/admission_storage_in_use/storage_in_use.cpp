// Storage in use: see storage_in_use.hpp.

#include "plugins/admission_storage_in_use/storage_in_use.hpp"

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_storage_in_use {

Result<std::unique_ptr<StorageInUse>> StorageInUse::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  auto made = std::make_unique<StorageInUse>();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

StorageInUse::StorageInUse() : offer_(*this, {.mutates = true}) {}

Result<void> StorageInUse::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  const std::string_view wanted = request.resource == "persistentvolumes"
                                      ? "kubernetes.io/pv-protection"
                                      : "kubernetes.io/pvc-protection";
  const auto finalizers = request.object.at("metadata", "finalizers");
  for (const auto finalizer : finalizers) {
    if (finalizer.text() == wanted) {
      return {};
    }
  }
  if (finalizers.is_array()) {
    patch.add("/metadata/finalizers/-", JsonString(wanted));
  } else {
    patch.add("/metadata/finalizers", JsonArray{JsonString(wanted)});
  }
  return {};
}

}  // namespace pintle::admission_storage_in_use

PINTLE_PLUGIN("admission_storage_in_use", "0.1.0", pintle::admission_storage_in_use::StorageInUse)
