// The checks of ephemeral containers: debuggers, on which nothing of a pod may rely.
//
// Source: pkg/apis/core/validation validateEphemeralContainers.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/pod_spec.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kNotForThem = "cannot be set for an Ephemeral Container";

/// What containers may say and ephemeral ones may not.
/// Source: allowedEphemeralContainerFields, by what is missing there.
constexpr std::array<std::string_view, 8> kForbidden = {
    "ports",        "resources", "livenessProbe", "readinessProbe",
    "startupProbe", "lifecycle", "resizePolicy",  "restartPolicy"};

bool is_set(const Json* value) {
  if (value == nullptr) {
    return false;
  }
  return value->is_object()  ? !value->get_object().empty()
         : value->is_array() ? !value->get_array().empty()
                             : true;
}

bool names_container(const Json& spec, std::string_view name) {
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const Json& container : array_at(spec, {list})) {
      if (text_at(container, {"name"}) == name) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

void validate_ephemeral_container(const Json& container, const Json& spec, const std::string& path,
                                  Causes& causes) {
  const auto target = text_at(container, {"targetContainerName"});
  if (!target.empty() && !names_container(spec, target)) {
    causes.push_back(not_found_value(sub_path(path, "targetContainerName"), quoted(target)));
  }
  for (const auto field : kForbidden) {
    if (is_set(find_member(container, field))) {
      causes.push_back(forbidden_value(sub_path(path, field), kNotForThem));
    }
  }
  const JsonArray& mounts = array_at(container, {"volumeMounts"});
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    for (const std::string_view field : {"subPath", "subPathExpr"}) {
      if (!text_at(mounts[i], {field}).empty()) {
        causes.push_back(forbidden_value(
            sub_path(item_path(sub_path(path, "volumeMounts"), i), field), kNotForThem));
      }
    }
  }
}

}  // namespace pintle::registry
