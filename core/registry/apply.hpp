// Apply: PATCH with application/apply-patch+yaml, a configuration whose fields are its applier's.

#pragma once

#include "core/registry/shared.hpp"

namespace pintle::registry {

/// Makes the object where there is none. Called by patch().
void apply(Shared& shared, Operation operation, Reply reply);

}  // namespace pintle::registry
