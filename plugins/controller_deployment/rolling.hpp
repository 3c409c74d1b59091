// Rolling: how many pods each revision should have, as arithmetic alone: nothing is read or
// written.
//
// Source: pkg/controller/deployment/rolling.go, sync.go, util/deployment_util.go.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/controller_deployment/replica_set.hpp"

namespace pintle::controller_deployment {

/// How many pods revision `index` of a list should have.
struct Scaling {
  std::size_t index = 0;
  std::int64_t replicas = 0;
};

/// How many pods the current revision should have, `others` being what the old ones ask for.
/// `asked` is what it asks for itself.
std::int64_t current_replicas(const Wish& wish, std::int64_t others, std::int64_t asked);

/// Which of `old` to take pods from, so that enough stay available. In the order of doing; one may
/// come twice. First go those that never came up: they are worth nothing to anybody.
std::vector<Scaling> scale_down_old(const Wish& wish, const ReplicaSets& old,
                                    const ReplicaSet& current);

/// What a changed spec.replicas means in the middle of a rollout: each active revision grows or
/// shrinks by its share. `active` lists those that ask for pods.
std::vector<Scaling> scale_in_proportion(const Wish& wish, const ReplicaSets& active);

/// Which of `old` go, oldest first, so that no more than the limit stay. Sorted by revision.
std::vector<std::size_t> beyond_history(const Wish& wish, const ReplicaSets& old);

}  // namespace pintle::controller_deployment
