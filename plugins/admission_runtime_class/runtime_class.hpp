// Runtime class: what a pod's runtime costs, and where it runs, come from its RuntimeClass.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_runtime_class {

/// Source: kubernetes plugin/pkg/admission/runtimeclass.
class RuntimeClass final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<RuntimeClass>> make(sdk::Host& host, const Json& config);
  explicit RuntimeClass(sdk::Host& host);

  int order() const override { return 600; }
  std::string resources() const override { return "pods/"; }
  std::string operations() const override { return "CREATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  /// None where the pod names none. Errors: kForbidden if it is not there.
  Result<sdk::ObjectHandle> find_class(const sdk::Value& pod);

  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_runtime_class
