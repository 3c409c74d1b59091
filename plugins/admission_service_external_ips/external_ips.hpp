// External IPs: no Service may claim an address that others may be using.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_service_external_ips {

/// Source: kubernetes plugin/pkg/admission/network/denyserviceexternalips (CVE-2020-8554).
class ExternalIps final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<ExternalIps>> make(sdk::Host& host, const Json& config);
  ExternalIps();

  int order() const override { return 680; }
  std::string resources() const override { return "services/"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_service_external_ips
