// Eviction: see eviction.hpp.

#include "plugins/controller_node_lifecycle/eviction.hpp"

#include <algorithm>

namespace pintle::controller_node_lifecycle {
namespace {

struct Stay {
  bool tolerated = false;
  std::optional<std::chrono::seconds> limit;  // Nothing: for ever.
};

/// Of several tolerations for one taint the shortest counts.
Stay stay_under(const sdk::Value& tolerations, const sdk::Value& taint) {
  Stay stay;
  for (const auto toleration : tolerations) {
    if (!tolerates(toleration, taint)) {
      continue;
    }
    stay.tolerated = true;
    if (const auto seconds = toleration.at("tolerationSeconds"); seconds.is_integer()) {
      const std::chrono::seconds limit(std::max<std::int64_t>(seconds.integer(), 0));
      stay.limit = stay.limit ? std::min(*stay.limit, limit) : limit;
    }
  }
  return stay;
}

}  // namespace

bool tolerates(const sdk::Value& toleration, const sdk::Value& taint) {
  const auto effect = toleration.text("effect");
  const auto key = toleration.text("key");
  if ((!effect.empty() && effect != taint.text("effect")) ||
      (!key.empty() && key != taint.text("key"))) {
    return false;
  }
  const auto op = toleration.text("operator");
  if (op == "Exists") {
    return true;
  }
  return (op.empty() || op == "Equal") && !key.empty() &&
         toleration.text("value") == taint.text("value");
}

bool moves_pods(const sdk::Value& node) {
  for (const auto taint : node.at("spec", "taints")) {
    if (taint.text("effect") == "NoExecute") {
      return true;
    }
  }
  return false;
}

std::optional<WallTime> must_go_at(const sdk::Value& pod, const sdk::Value& node, WallTime since) {
  std::optional<std::chrono::seconds> shortest;
  for (const auto taint : node.at("spec", "taints")) {
    if (taint.text("effect") != "NoExecute") {
      continue;
    }
    const Stay stay = stay_under(pod.at("spec", "tolerations"), taint);
    if (!stay.tolerated) {
      return since;
    }
    if (stay.limit) {
      shortest = shortest ? std::min(*shortest, *stay.limit) : stay.limit;
    }
  }
  return shortest ? std::optional<WallTime>(since + *shortest) : std::nullopt;
}

}  // namespace pintle::controller_node_lifecycle
