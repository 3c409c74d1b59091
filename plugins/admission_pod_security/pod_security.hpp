// Pod security: pods that a namespace's Pod Security Standard forbids are refused, noted or warned
// of.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "plugins/admission_pod_security/checks.hpp"
#include "plugins/admission_pod_security/configuration.hpp"

namespace pintle::admission_pod_security {

/// Source: k8s.io/pod-security-admission/admission, behaviour of v1.33.
class PodSecurity final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<PodSecurity>> make(sdk::Host& host, const Json& config);
  PodSecurity(sdk::Host& host, Configuration configuration);

  int order() const override { return 160; }
  std::string resources() const override;
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> validate(const sdk::AdmissionRequest& request) override;

 private:
  Result<void> validate_namespace(const sdk::AdmissionRequest& request);
  Result<void> validate_pod(const sdk::AdmissionRequest& request);
  Result<void> validate_template(const sdk::AdmissionRequest& request);
  /// Whether who asks, or where, is spared; then the audit line says so.
  bool is_exempt(const sdk::AdmissionRequest& request) const;
  bool is_exempt_class(const sdk::Value& spec) const;
  Result<PolicyOfLabels> policy_in(std::string_view ns);
  Result<void> evaluate(const sdk::AdmissionRequest& request, const PolicyOfLabels& found,
                        const PodView& pod, bool enforces) const;
  /// Warns of the pods that are there already and would not be let in again.
  void warn_of_pods(const sdk::AdmissionRequest& request, std::string_view ns,
                    const LevelVersion& level);

  const Configuration configuration_;
  sdk::Client client_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_pod_security
