// Namespace lifecycle: nothing is made in a namespace that is not there, or that is going.

#pragma once

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_namespace_lifecycle {

/// Source: apiserver pkg/admission/plugin/namespace/lifecycle.
class Lifecycle final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<Lifecycle>> make(sdk::Host& host, const Json& config);
  explicit Lifecycle(sdk::Host& host);

  int order() const override { return -1000; }  // Before any plugin that looks into the namespace.
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

 private:
  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_namespace_lifecycle
