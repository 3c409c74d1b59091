// Subsets: a Service's pods as Endpoints lists them, addresses with the same ports together.
//
// Source: pkg/api/v1/endpoints RepackSubsets; pkg/controller/endpoint truncateEndpoints.

#pragma once

#include <cstddef>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_endpoints {

/// How many addresses one Endpoints object may have.
inline constexpr std::size_t kCapacity = 1000;

/// The subsets of `service` with these pods behind it. Sorted: the same pods give the same list,
/// in whatever order they come.
JsonArray subsets_of(const sdk::ObjectHandle& service, const std::vector<sdk::ObjectHandle>& pods);

/// Leaves no more than kCapacity addresses, ready ones first, each subset losing its share.
/// True if any was taken.
bool truncate(JsonArray& subsets);

}  // namespace pintle::controller_endpoints
