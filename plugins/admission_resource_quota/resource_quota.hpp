// Resource quota: what would use more than is left does not get in.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/quota_ledger.hpp"

namespace pintle::admission_resource_quota {

/// Source: apiserver admission/plugin/resourcequota, behaviour of v1.33.
class ResourceQuota final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<ResourceQuota>> make(sdk::Host& host, const Json& config);

  ResourceQuota(sdk::Host& host, const Clock& clock);

  /// After all others: what one of them refuses is not charged.
  int order() const override { return 10'000; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }  // It asks its own memory.
  Result<void> validate(const sdk::AdmissionRequest& request) override;

  sdk::QuotaLedger& ledger() { return ledger_; }

 private:
  Result<void> check_all_is_said(const std::string& ns, const sdk::QuotaUse& use,
                                 const sdk::Value& pod) const;
  bool is_there(const sdk::AdmissionRequest& request);

  const Clock& clock_;
  sdk::Client client_;
  sdk::QuotaLedger ledger_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_resource_quota
