// Existing pods: what a stricter level would say of the pods that run already.

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"
#include "plugins/admission_pod_security/policy.hpp"

namespace pintle::admission_pod_security {

/// How many pods of a namespace are looked at. Source: defaultNamespaceMaxPodsToCheck.
inline constexpr std::size_t kMostPodsChecked = 3000;

/// Warnings about the pods of `list`, a PodList, that `level` forbids: pods with the same faults
/// share one. Pods of the classes in `exempt` are passed over.
std::vector<std::string> warnings_of(const Json& list, std::string_view ns,
                                     const LevelVersion& level,
                                     const std::set<std::string, std::less<>>& exempt);

}  // namespace pintle::admission_pod_security
