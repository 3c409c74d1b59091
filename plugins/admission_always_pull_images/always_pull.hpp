// Always pull: an image that is on the node already is used by nobody who may not pull it himself.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_always_pull_images {

/// Source: kubernetes plugin/pkg/admission/alwayspullimages; but ephemeral containers are covered.
class AlwaysPull final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<AlwaysPull>> make(sdk::Host& host, const Json& config);
  AlwaysPull();

  int order() const override { return 140; }
  std::string resources() const override { return "pods/ pods/ephemeralcontainers"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_always_pull_images
