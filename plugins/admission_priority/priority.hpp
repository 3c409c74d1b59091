// Priority: from a pod's priorityClassName to the number the scheduler goes by.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"

namespace pintle::admission_priority {

/// Source: kubernetes plugin/pkg/admission/priority.
class Priority final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<Priority>> make(sdk::Host& host, const Json& config);
  explicit Priority(sdk::Host& host);

  int order() const override { return 200; }
  std::string resources() const override { return "pods/ priorityclasses.scheduling.k8s.io/"; }
  std::string operations() const override { return "CREATE UPDATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;
  Result<void> validate(const sdk::AdmissionRequest& request) override;

  /// Waits until the classes there were at the start are known: for tests.
  bool wait_synced(const std::stop_token& stop) const { return classes_.wait_synced(stop); }

 private:
  Result<void> resolve(const sdk::Value& pod, sdk::JsonPatch& patch);
  sdk::ObjectHandle default_class() const;

  sdk::Client client_;
  sdk::Informer classes_;
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_priority
