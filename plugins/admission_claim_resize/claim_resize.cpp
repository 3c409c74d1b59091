// Claim resize: see claim_resize.hpp.

#include "plugins/admission_claim_resize/claim_resize.hpp"

#include "core/object/quantity.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_claim_resize {
namespace {

Quantity size_of(const sdk::Value& claim) {
  const auto parsed = parse_quantity(claim.text("spec", "resources", "requests", "storage"));
  return parsed.ok() ? parsed.value() : Quantity();
}

/// The field, or the annotation that was there before it.
std::string_view class_of(const sdk::Value& claim) {
  const auto annotated =
      claim.at("metadata", "annotations", "volume.beta.kubernetes.io/storage-class");
  return annotated ? annotated.text() : claim.text("spec", "storageClassName");
}

}  // namespace

Result<std::unique_ptr<ClaimResize>> ClaimResize::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<ClaimResize>(host);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

ClaimResize::ClaimResize(sdk::Host& host) : client_(host), offer_(*this, {.validates = true}) {}

Result<void> ClaimResize::validate(const sdk::AdmissionRequest& request) {
  if (size_of(request.object) <= size_of(request.old_object)) {
    return {};
  }
  if (request.old_object.text("status", "phase") != "Bound") {
    return Error(Code::kForbidden, "Only bound persistent volume claims can be expanded");
  }
  if (!can_grow(request.object, request.old_object)) {
    return Error(Code::kForbidden,
                 "only dynamically provisioned pvc can be resized and the storageclass that "
                 "provisions the pvc must support resize");
  }
  return {};
}

bool ClaimResize::can_grow(const sdk::Value& claim, const sdk::Value& old_claim) {
  const auto name = class_of(claim);
  if (name.empty() || name != class_of(old_claim)) {
    return false;
  }
  const auto storage_class = client_.find(
      {.group = "storage.k8s.io", .resource = "storageclasses", .name = std::string(name)});
  return storage_class.boolean("allowVolumeExpansion");
}

}  // namespace pintle::admission_claim_resize

PINTLE_PLUGIN("admission_claim_resize", "0.1.0", pintle::admission_claim_resize::ClaimResize)
