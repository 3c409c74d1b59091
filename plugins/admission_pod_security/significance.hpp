// Significance: which updates of a pod bring anything that the standards look at.

#pragma once

#include "core/sdk/object.hpp"

namespace pintle::admission_pod_security {

/// True if a container is added, or its image or seccomp annotation changes: all else that is
/// looked at can't change once a pod is made. Source: isSignificantPodUpdate.
bool is_significant_update(const sdk::Value& pod, const sdk::Value& old_pod);

}  // namespace pintle::admission_pod_security
