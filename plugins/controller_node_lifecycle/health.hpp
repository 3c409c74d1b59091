// Health: what is to be said of a node, from what it last said of itself. Pure functions.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_node_lifecycle {

inline constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
inline constexpr std::string_view kUnreachable = "node.kubernetes.io/unreachable";

/// "True", "False", "Unknown"; "" where the node has no such condition.
std::string_view condition_status(const Json& node, std::string_view type);

/// Turns the conditions that a silent kubelet last posted to Unknown; adds those it never posted.
/// True if anything changed.
/// Source: kubernetes pkg/controller/nodelifecycle tryUpdateNodeHealth.
bool mark_unknown(Json& node, const std::string& now);

/// One taint of those this controller keeps.
struct Taint {
  std::string key;
  std::string effect;

  friend bool operator==(const Taint&, const Taint&) = default;
};

/// Which of our taints the node should bear. `evicts` is false while a cut through the whole
/// cluster makes a moving of pods pointless.
std::vector<Taint> wanted_taints(const Json& node, bool evicts);

/// Sets spec.taints to what others put there and `wanted`. True if anything changed.
bool set_taints(Json& node, const std::vector<Taint>& wanted, const std::string& now);

/// How the nodes of a zone are, together: how fast pods may be moved off its failing ones.
/// Source: ComputeZoneState; --node-eviction-rate 0.1, --secondary-node-eviction-rate 0.01,
/// --unhealthy-zone-threshold 0.55, --large-cluster-size-threshold 50.
struct Zone {
  int ready = 0;
  int not_ready = 0;

  bool is_fully_down() const { return ready == 0 && not_ready > 0; }
  /// How long to wait between two nodes whose pods are moved; nothing: move none.
  std::optional<std::chrono::seconds> pace() const;
};

}  // namespace pintle::controller_node_lifecycle
