// Owner references: nobody makes the garbage collector do for him what he may not do himself.

#pragma once

#include <memory>
#include <string>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_owner_references {

/// Source: kubernetes plugin/pkg/admission/gc, OwnerReferencesPermissionEnforcement.
class OwnerReferences final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<OwnerReferences>> make(sdk::Host& host, const Json& config);
  explicit OwnerReferences(sdk::Host& host);

  int order() const override { return 540; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  /// Whether who asks may do something, and why not, as the server's authoriser says it.
  struct Decision {
    bool is_allowed = false;
    std::string reason;
  };

  /// Errors: whatever the review failed with.
  Result<Decision> may(const sdk::AdmissionRequest& request, JsonObject what);
  Result<void> check_block(const sdk::AdmissionRequest& request, const sdk::Value& reference);

  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_owner_references
