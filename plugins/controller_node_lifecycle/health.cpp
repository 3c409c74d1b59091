// Health: see health.hpp.

#include "plugins/controller_node_lifecycle/health.hpp"

#include <algorithm>
#include <array>

namespace pintle::controller_node_lifecycle {
namespace {

Json* find_condition(Json& node, std::string_view type) {
  Json* conditions = find_path(node, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) {
    return nullptr;
  }
  for (auto& condition : conditions->get_array()) {
    if (text_at(condition, {"type"}) == type) {
      return &condition;
    }
  }
  return nullptr;
}

bool is_ours(std::string_view key, std::string_view effect) {
  constexpr std::array<std::string_view, 7> kKeys = {kNotReady,
                                                     kUnreachable,
                                                     "node.kubernetes.io/memory-pressure",
                                                     "node.kubernetes.io/disk-pressure",
                                                     "node.kubernetes.io/pid-pressure",
                                                     "node.kubernetes.io/network-unavailable",
                                                     "node.kubernetes.io/unschedulable"};
  if (effect == "NoExecute") {
    return key == kNotReady || key == kUnreachable;
  }
  return effect == "NoSchedule" && std::ranges::find(kKeys, key) != kKeys.end();
}

}  // namespace

std::string_view condition_status(const Json& node, std::string_view type) {
  for (const auto& condition : array_at(node, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == type) {
      return text_at(condition, {"status"});
    }
  }
  return "";
}

bool mark_unknown(Json& node, const std::string& now) {
  bool changed = false;
  JsonObject& status = ensure_object(node.as_object(), "status");
  if (!status["conditions"].is_array()) {
    status["conditions"] = JsonArray();
  }
  for (const std::string_view type : {"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"}) {
    Json* held = find_condition(node, type);
    if (held == nullptr) {
      changed = true;
      status["conditions"].get_array().push_back(
          JsonObject{{"type", type},
                     {"status", "Unknown"},
                     {"reason", "NodeStatusNeverUpdated"},
                     {"message", "Kubelet never posted node status."},
                     {"lastHeartbeatTime", text_at(node, {"metadata", "creationTimestamp"})},
                     {"lastTransitionTime", now}});
    } else if (text_at(*held, {"status"}) != "Unknown") {
      changed = true;
      JsonObject& condition = held->as_object();
      condition["status"] = "Unknown";
      condition["reason"] = "NodeStatusUnknown";
      condition["message"] = "Kubelet stopped posting node status.";
      condition["lastTransitionTime"] = now;
    }
  }
  return changed;
}

std::vector<Taint> wanted_taints(const Json& node, bool evicts) {
  struct Rule {
    std::string_view condition;
    std::string_view status;
    std::string_view key;
  };
  constexpr std::array<Rule, 6> kRules = {{
      {"Ready", "False", kNotReady},
      {"Ready", "Unknown", kUnreachable},
      {"MemoryPressure", "True", "node.kubernetes.io/memory-pressure"},
      {"DiskPressure", "True", "node.kubernetes.io/disk-pressure"},
      {"PIDPressure", "True", "node.kubernetes.io/pid-pressure"},
      {"NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"},
  }};
  std::vector<Taint> wanted;
  for (const auto& rule : kRules) {
    if (condition_status(node, rule.condition) != rule.status) {
      continue;
    }
    wanted.push_back({std::string(rule.key), "NoSchedule"});
    if (rule.condition == "Ready" && evicts) {
      wanted.push_back({std::string(rule.key), "NoExecute"});
    }
  }
  const Json* unschedulable = find_path(node, {"spec", "unschedulable"});
  if (unschedulable != nullptr && unschedulable->is_bool() && unschedulable->get_bool()) {
    wanted.push_back({"node.kubernetes.io/unschedulable", "NoSchedule"});
  }
  return wanted;
}

bool set_taints(Json& node, const std::vector<Taint>& wanted, const std::string& now) {
  JsonArray taints;
  std::vector<Taint> kept;
  bool changed = false;
  for (const auto& taint : array_at(node, {"spec", "taints"})) {
    Taint known{std::string(text_at(taint, {"key"})), std::string(text_at(taint, {"effect"}))};
    const bool stays =
        !is_ours(known.key, known.effect) || std::ranges::find(wanted, known) != wanted.end();
    changed = changed || !stays;
    if (stays) {
      taints.push_back(taint);
      kept.push_back(std::move(known));
    }
  }
  for (const auto& taint : wanted) {
    if (std::ranges::find(kept, taint) != kept.end()) {
      continue;
    }
    changed = true;
    taints.push_back(JsonObject{{"key", taint.key}, {"effect", taint.effect}, {"timeAdded", now}});
  }
  if (changed) {
    JsonObject& spec = ensure_object(node.as_object(), "spec");
    if (taints.empty()) {
      spec.erase("taints");
    } else {
      spec["taints"] = std::move(taints);
    }
  }
  return changed;
}

std::optional<std::chrono::seconds> Zone::pace() const {
  using std::chrono::seconds;
  constexpr int kLargeCluster = 50;
  const int all = ready + not_ready;
  const bool partly_down = not_ready > 2 && not_ready * 100 >= all * 55 && ready > 0;
  if (!partly_down) {
    return seconds{10};
  }
  return all > kLargeCluster ? std::optional(seconds{100}) : std::nullopt;
}

}  // namespace pintle::controller_node_lifecycle
