// Service account: every pod runs as one, and finds its token where programs look for it.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_service_account {

/// Source: kubernetes plugin/pkg/admission/serviceaccount.
class ServiceAccount final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<ServiceAccount>> make(sdk::Host& host, const Json& config);
  explicit ServiceAccount(sdk::Host& host);

  int order() const override { return 100; }
  std::string resources() const override { return "pods/ pods/ephemeralcontainers"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

 private:
  Result<void> check_added(const sdk::AdmissionRequest& request);
  Result<sdk::ObjectHandle> find_account(std::string_view ns, const std::string& name);

  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_service_account
