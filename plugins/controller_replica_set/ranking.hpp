// Ranking: which pods go first when there are too many.
//
// Source: pkg/controller ActivePodsWithRanks, getPodsToDelete.

#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_replica_set {

/// How many active pods of the same workload run on `node`.
using CountOnNode = std::function<std::size_t(std::string_view node)>;

/// The `count` pods to delete: those that are worth least. All where there are no more.
std::vector<sdk::ObjectHandle> pods_to_delete(std::vector<sdk::ObjectHandle> pods,
                                              std::size_t count, const CountOnNode& on_node,
                                              WallTime now);

}  // namespace pintle::controller_replica_set
