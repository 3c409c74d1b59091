// Storage in use: volumes and claims carry a finalizer, so that none goes while it is used.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_storage_in_use {

/// Source: kubernetes plugin/pkg/admission/storage/storageobjectinuseprotection.
class StorageInUse final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<StorageInUse>> make(sdk::Host& host, const Json& config);
  StorageInUse();

  int order() const override { return 520; }
  std::string resources() const override { return "persistentvolumes/ persistentvolumeclaims/"; }
  std::string operations() const override { return "CREATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

 private:
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_storage_in_use
