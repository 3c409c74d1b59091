// Bootstrap: what a cluster holds from its first moment.

#pragma once

#include <vector>

#include "core/registry/shared.hpp"

namespace pintle::registry {

/// See Registry::bootstrap.
Result<void> bootstrap(Shared& shared, const std::vector<Json>& defaults);

/// Adds to `existing` (a Role, ClusterRole or one of their bindings) what `wanted` holds and it
/// lacks: rules, subjects, labels, annotations. False if there was nothing to add, or its
/// annotation says to leave it alone. Source: RBAC reconciliation in component-helpers.
bool reconcile_rbac(Json& existing, const Json& wanted);

}  // namespace pintle::registry
