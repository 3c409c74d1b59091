// Taint nodes: a new node takes no pods until it has said that it is ready.

#pragma once

#include <memory>

#include "core/object/json.hpp"
#include "core/sdk/admission.hpp"
#include "core/sdk/host.hpp"

namespace pintle::admission_taint_nodes {

/// Source: kubernetes plugin/pkg/admission/nodetaint.
class TaintNodes final : public sdk::Admission {
 public:
  static Result<std::unique_ptr<TaintNodes>> make(sdk::Host& host, const Json& config);
  TaintNodes();

  int order() const override { return 120; }
  std::string resources() const override { return "nodes/"; }
  std::string operations() const override { return "CREATE"; }
  bool is_quick() const override { return true; }
  Result<void> mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) override;

 private:
  sdk::AdmissionOffer offer_;
};

}  // namespace pintle::admission_taint_nodes
