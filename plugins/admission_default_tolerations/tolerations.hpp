// Default tolerations: how long a pod stays on a node that fails, where it does not say so itself.

#pragma once

#include <chrono>
#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_default_tolerations {

/// Source: kube-apiserver's flags --default-{not-ready,unreachable}-toleration-seconds.
struct Stay {
  std::chrono::seconds not_ready{300};
  std::chrono::seconds unreachable{300};
};

/// Source: kubernetes plugin/pkg/admission/defaulttolerationseconds.
class DefaultTolerations final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<DefaultTolerations>> make(sdk::Host& host, const Json& config);
  explicit DefaultTolerations(Stay stay);

  int order() const override { return 300; }
  std::string resources() const override { return "pods/"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

 private:
  const Stay stay_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_default_tolerations
