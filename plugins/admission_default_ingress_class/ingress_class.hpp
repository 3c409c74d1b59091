// Default ingress class: an ingress that names no class gets the one that is marked as default.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"

namespace pintle::admission_default_ingress_class {

/// Source: kubernetes plugin/pkg/admission/network/defaultingressclass.
class DefaultIngressClass final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<DefaultIngressClass>> make(sdk::Host& host, const Json& config);
  explicit DefaultIngressClass(sdk::Host& host);

  int order() const override { return 640; }
  std::string resources() const override { return "ingresses.networking.k8s.io/"; }
  std::string operations() const override { return "CREATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

  /// Waits until the classes there were at the start are known: for tests.
  bool wait_synced(const std::stop_token& stop) const { return classes_.wait_synced(stop); }

 private:
  sdk::Informer classes_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_default_ingress_class
