// Plan: which slices of a Service are to be made, changed and deleted, without doing it.
//
// Source: k8s.io/endpointslice/reconciler.go Reconcile, finalize; utils.go.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_endpoint_slice {

inline constexpr std::string_view kServiceName = "kubernetes.io/service-name";
inline constexpr std::string_view kManagedBy = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "endpointslice-controller.k8s.io";
/// Endpoints in one slice. Source: kube-controller-manager --max-endpoints-per-slice.
inline constexpr std::size_t kEndpointsMax = 100;

struct PlanInput {
  sdk::ObjectHandle service;
  std::vector<sdk::ObjectHandle> pods;    // Those behind it.
  std::vector<sdk::ObjectHandle> slices;  // Those that are there.
  std::function<std::string(std::string_view node)> zone_of;
  std::string changed_at;  // RFC 3339: what the change was that is written; "" for none.
};

struct Plan {
  std::vector<Json> made;     // As they are sent.
  std::vector<Json> changed;  // As they are sent, with the revision that they change.
  std::vector<sdk::ObjectHandle> removed;
};

Plan plan_of(const PlanInput& input);

}  // namespace pintle::controller_endpoint_slice
