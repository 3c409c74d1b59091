// External IPs: see external_ips.hpp.

#include "plugins/admission_service_external_ips/external_ips.hpp"

#include <set>

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_service_external_ips {

Result<std::unique_ptr<ExternalIps>> ExternalIps::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  auto made = std::make_unique<ExternalIps>();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

ExternalIps::ExternalIps() : offer_(*this, {.validates = true}) {}

Result<void> ExternalIps::validate(const sdk::AdmissionRequest& request) {
  // What a Service has from before stays, so that it can still be changed otherwise.
  std::set<std::string_view> known;
  for (const auto address : request.old_object.at("spec", "externalIPs")) {
    known.insert(address.text());
  }
  for (const auto address : request.object.at("spec", "externalIPs")) {
    if (!known.contains(address.text())) {
      return Error(Code::kForbidden, "Use of external IPs is denied by admission control.");
    }
  }
  return {};
}

}  // namespace pintle::admission_service_external_ips

PINTLE_PLUGIN("admission_service_external_ips", "0.1.0",
              pintle::admission_service_external_ips::ExternalIps)
