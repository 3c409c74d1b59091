// Ranking: which pods go first when there are too many; see ranking.hpp.

#include "plugins/controller_replica_set/ranking.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "core/sdk/pods.hpp"

namespace pintle::controller_replica_set {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

constexpr std::string_view kDeletionCost = "controller.kubernetes.io/pod-deletion-cost";

/// What is asked of a pod, read once: sorting asks it again and again.
struct Candidate {
  ObjectHandle pod;
  bool assigned = false;
  int phase = 0;  // Pending, then unknown, then running.
  bool ready = false;
  std::int64_t cost = 0;
  std::size_t neighbours = 0;
  std::optional<WallTime> ready_since;
  std::int64_t restarts = 0;          // The most of any container,
  std::int64_t sidecar_restarts = 0;  // and of any that runs beside them.
  std::optional<WallTime> created;
  std::string_view uid;
};

int rank_of_phase(std::string_view phase) {
  return phase == "Pending" ? 0 : phase == "Running" ? 2 : 1;
}

std::int64_t deletion_cost_of(const Value& pod) {
  const auto text = pod.text("metadata", "annotations", kDeletionCost);
  std::int32_t cost = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), cost);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? cost : 0;
}

bool is_sidecar(const Value& pod, std::string_view name) {
  for (const Value container : pod.at("spec", "initContainers")) {
    if (container.text("name") == name) {
      return container.text("restartPolicy") == "Always";
    }
  }
  return false;
}

Candidate to_candidate(const ObjectHandle& pod, const CountOnNode& on_node) {
  const Value root = pod.root();
  const auto node = root.text("spec", "nodeName");
  Candidate made{.pod = pod};
  made.assigned = !node.empty();
  made.phase = rank_of_phase(root.text("status", "phase"));
  made.ready = sdk::is_pod_ready(root);
  made.cost = deletion_cost_of(root);
  made.neighbours = on_node(node);
  made.ready_since = sdk::pod_ready_since(root);
  for (const Value status : root.at("status", "containerStatuses")) {
    made.restarts = std::max(made.restarts, status.integer("restartCount"));
  }
  for (const Value status : root.at("status", "initContainerStatuses")) {
    if (is_sidecar(root, status.text("name"))) {
      made.sidecar_restarts = std::max(made.sidecar_restarts, status.integer("restartCount"));
    }
  }
  made.created = parse_rfc3339(root.text("metadata", "creationTimestamp"));
  made.uid = root.text("metadata", "uid");
  return made;
}

/// Ages of one magnitude are alike: the youngest goes first, but not always the very youngest.
int magnitude(WallTime since, WallTime now) {
  const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(now - since).count();
  return age <= 0 ? -1 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(age))) - 1;
}

/// Whether one that began at `one` goes before one of `other`; nothing where they are equal.
std::optional<bool> younger(const std::optional<WallTime>& one,
                            const std::optional<WallTime>& other, WallTime now) {
  if (one == other) {
    return std::nullopt;
  }
  if (!one || !other) {
    return !one;  // What does not say since when counts as just begun.
  }
  const int difference = magnitude(*one, now) - magnitude(*other, now);
  return difference == 0 ? std::nullopt : std::optional(difference < 0);
}

bool goes_before(const Candidate& one, const Candidate& other, WallTime now) {
  if (one.assigned != other.assigned) {
    return !one.assigned;
  }
  if (one.phase != other.phase) {
    return one.phase < other.phase;
  }
  if (one.ready != other.ready) {
    return !one.ready;
  }
  if (one.cost != other.cost) {
    return one.cost < other.cost;
  }
  if (one.neighbours != other.neighbours) {
    return one.neighbours > other.neighbours;
  }
  if (one.ready && one.ready_since != other.ready_since) {
    return younger(one.ready_since, other.ready_since, now).value_or(one.uid < other.uid);
  }
  if (one.restarts != other.restarts) {
    return one.restarts > other.restarts;
  }
  if (one.sidecar_restarts != other.sidecar_restarts) {
    return one.sidecar_restarts > other.sidecar_restarts;
  }
  if (one.created != other.created) {
    return younger(one.created, other.created, now).value_or(one.uid < other.uid);
  }
  return false;
}

}  // namespace

std::vector<ObjectHandle> pods_to_delete(std::vector<ObjectHandle> pods, std::size_t count,
                                         const CountOnNode& on_node, WallTime now) {
  if (count >= pods.size()) {
    return pods;
  }
  std::vector<Candidate> candidates;
  candidates.reserve(pods.size());
  for (const auto& pod : pods) {
    candidates.push_back(to_candidate(pod, on_node));
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [now](const Candidate& one, const Candidate& other) { return goes_before(one, other, now); });
  pods.clear();
  for (std::size_t i = 0; i < count; ++i) {
    pods.push_back(std::move(candidates[i].pod));
  }
  return pods;
}

}  // namespace pintle::controller_replica_set
