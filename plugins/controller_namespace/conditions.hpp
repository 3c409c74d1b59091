// Conditions: what a namespace that is going says of how far it has come.

#pragma once

#include <string>

#include "core/object/json.hpp"
#include "plugins/controller_namespace/contents.hpp"

namespace pintle::controller_namespace {

/// Writes the five conditions into the status of `ns`. True if any differs from before; `now` is
/// the lastTransitionTime of those.
/// Source: kubernetes pkg/controller/namespace/deletion/status_condition_utils.go.
bool set_conditions(Json& ns, const Remaining& remaining, const std::string& now);

}  // namespace pintle::controller_namespace
