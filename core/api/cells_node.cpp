// What kubectl get nodes shows. Source: printers/internalversion printNode.

#include <algorithm>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

std::string node_status(const CellInput& in) {
  std::vector<std::string> states;
  for (const Json& condition : array_at(in.object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == "Ready") {
      states.emplace_back(text_at(condition, {"status"}) == "True" ? "Ready" : "NotReady");
    }
  }
  if (states.empty()) {
    states.emplace_back("Unknown");
  }
  const Json* off = find_path(in.object, {"spec", "unschedulable"});
  if (off != nullptr && off->is_bool() && off->get_bool()) {
    states.emplace_back("SchedulingDisabled");
  }
  return joined(states, ",");
}

std::string node_roles(const CellInput& in) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::vector<std::string> roles;
  for (const auto& label : object_at(in.object, {"metadata", "labels"})) {
    const std::string_view key = label.key();
    if (key.starts_with(kPrefix) && key.size() > kPrefix.size()) {
      roles.emplace_back(key.substr(kPrefix.size()));
    } else if (key == "kubernetes.io/role" && !plain_text(label.value()).empty()) {
      roles.push_back(plain_text(label.value()));
    }
  }
  std::sort(roles.begin(), roles.end());
  return roles.empty() ? "<none>" : joined(roles, ",");
}

std::string address(const Json& node, std::string_view type) {
  for (const Json& address : array_at(node, {"status", "addresses"})) {
    if (text_at(address, {"type"}) == type) {
      return std::string(text_at(address, {"address"}));
    }
  }
  return "<none>";
}

std::string node_internal_ip(const CellInput& in) {
  return address(in.object, "InternalIP");
}
std::string node_external_ip(const CellInput& in) {
  return address(in.object, "ExternalIP");
}

}  // namespace

std::vector<NamedPrinter> node_printers() {
  return {{"node_status", node_status},
          {"node_roles", node_roles},
          {"node_internal_ip", node_internal_ip},
          {"node_external_ip", node_external_ip}};
}

}  // namespace pintle::api
