// Mirror: the slices that say what a hand-made Endpoints object says.
//
// Source: k8s.io/kubernetes pkg/controller/endpointslicemirroring reconciler.go, utils.go.

#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_endpoint_slice_mirroring {

inline constexpr std::string_view kServiceName = "kubernetes.io/service-name";
inline constexpr std::string_view kManagedBy = "endpointslice.kubernetes.io/managed-by";
inline constexpr std::string_view kManager = "endpointslicemirroring-controller.k8s.io";
/// Addresses mirrored of one subset. Source: --mirroring-max-endpoints-per-subset.
inline constexpr std::size_t kAddressesMax = 1000;

/// Whether anybody wants `endpoints` mirrored: not where it says no, nor a leader election's lock.
bool wants_mirror(const sdk::ObjectHandle& endpoints);

/// One slice for each list of ports and family of addresses. Sorted; the same object gives the
/// same.
std::vector<Json> mirror_of(const sdk::ObjectHandle& endpoints);

/// What is to be done so that `held` become `wanted`.
struct Changes {
  std::vector<Json> made;     // As they are sent.
  std::vector<Json> changed;  // As they are sent, with the revision that they change.
  std::vector<sdk::ObjectHandle> removed;
};
Changes changes_of(std::vector<Json> wanted, const std::vector<sdk::ObjectHandle>& held);

}  // namespace pintle::controller_endpoint_slice_mirroring
