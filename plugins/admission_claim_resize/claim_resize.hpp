// Claim resize: a claim may grow only where its storage class says that it can.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_claim_resize {

/// Source: kubernetes plugin/pkg/admission/storage/persistentvolume/resize.
class ClaimResize final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<ClaimResize>> make(sdk::Host& host, const Json& config);
  explicit ClaimResize(sdk::Host& host);

  int order() const override { return 560; }
  std::string resources() const override { return "persistentvolumeclaims/"; }
  std::string operations() const override { return "UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  bool can_grow(const sdk::Value& claim, const sdk::Value& old_claim);

  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_claim_resize
