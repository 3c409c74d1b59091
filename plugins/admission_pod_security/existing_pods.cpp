// Existing pods: see existing_pods.hpp. Source: EvaluatePodsInNamespace.

#include "plugins/admission_pod_security/existing_pods.hpp"

#include <algorithm>
#include <map>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/object_table.hpp"
#include "plugins/admission_pod_security/checks.hpp"

namespace pintle::admission_pod_security {
namespace {

/// The pods with the same faults.
struct Alike {
  std::string first;  // By name.
  std::size_t count = 0;
};

std::string to_warning(const std::string& faults, const Alike& alike) {
  if (alike.count == 1) {
    return concat({alike.first, ": ", faults});
  }
  const auto others = alike.count - 1;
  return concat({alike.first, " (and ", std::to_string(others), " other ",
                 others == 1 ? "pod" : "pods", "): ", faults});
}

}  // namespace

std::vector<std::string> warnings_of(const Json& list, std::string_view ns,
                                     const LevelVersion& level,
                                     const std::set<std::string, std::less<>>& exempt) {
  std::map<std::string, Alike> by_faults;
  const auto& pods = array_at(list, {"items"});
  for (const auto& pod : pods) {
    const sdk::Value view(&sdk::object_table(), sdk::to_value(&pod));
    if (exempt.contains(view.text("spec", "runtimeClassName"))) {
      continue;
    }
    const auto violations =
        violations_of({.metadata = view.at("metadata"), .spec = view.at("spec")}, level);
    if (violations.empty()) {
      continue;
    }
    auto& alike = by_faults[to_reasons(violations)];
    const std::string name(view.text("metadata", "name"));
    alike.first = alike.count == 0 ? name : std::min(alike.first, name);
    ++alike.count;
  }

  std::vector<std::string> warnings;
  const auto left = integer_at(list, {"metadata", "remainingItemCount"}).value_or(0);
  if (left > 0) {
    const auto total = pods.size() + static_cast<std::size_t>(left);
    warnings.push_back(
        concat({"new PodSecurity enforce level only checked against the first ",
                std::to_string(pods.size()), " of ", std::to_string(total), " existing pods"}));
  }
  if (by_faults.empty()) {
    return warnings;
  }
  warnings.push_back(
      concat({"existing pods in namespace ", quoted(ns),
              " violate the new PodSecurity enforce level ", quoted(to_text(level))}));
  const auto first_of_pods = warnings.size();
  for (const auto& [faults, alike] : by_faults) {
    warnings.push_back(to_warning(faults, alike));
  }
  std::sort(warnings.begin() + static_cast<std::ptrdiff_t>(first_of_pods), warnings.end());
  return warnings;
}

}  // namespace pintle::admission_pod_security
