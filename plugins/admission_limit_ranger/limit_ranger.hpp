// Limit ranger: what a namespace's LimitRanges give to its pods and claims, and what they refuse.

#pragma once

#include <memory>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"

namespace pintle::admission_limit_ranger {

/// Source: kubernetes plugin/pkg/admission/limitranger.
class LimitRanger final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<LimitRanger>> make(sdk::Host& host, const Json& config);
  explicit LimitRanger(sdk::Host& host);

  int order() const override { return 50; }
  std::string resources() const override { return "pods/ pods/resize persistentvolumeclaims/"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;
  Result<void> validate(const sdk::AdmissionRequest& request) override;

  /// Waits until the LimitRanges there were at the start are known: for tests.
  bool wait_synced(const std::stop_token& stop) const { return ranges_.wait_synced(stop); }

 private:
  /// Sorted by name. Errors: kForbidden while they are not known yet.
  Result<std::vector<sdk::ObjectHandle>> ranges_of(std::string_view ns) const;

  sdk::Informer ranges_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_limit_ranger
