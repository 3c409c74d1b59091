// What the scheduler knows of pods and nodes: read out of the objects once, then only compared.

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/object/selector.hpp"
#include "core/sdk/object.hpp"

namespace pintle::scheduler {

/// Resources asked for or offered. `others` are extended resources, sorted by name.
struct Amounts {
  std::int64_t cpu_millis = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t storage_bytes = 0;  // Ephemeral.
  std::vector<std::pair<std::string, std::int64_t>> others;

  Amounts& operator+=(const Amounts& more);
  Amounts& operator-=(const Amounts& less);
  /// Each resource the greater of the two.
  void raise_to(const Amounts& other);
  std::int64_t other(const std::string& name) const;

  friend bool operator==(const Amounts&, const Amounts&) = default;
};

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  // "NoSchedule", "PreferNoSchedule", "NoExecute".

  friend bool operator==(const Taint&, const Taint&) = default;
};

struct Toleration {
  std::string key;  // Empty with `exists`: all.
  bool exists = false;
  std::string value;
  std::string effect;  // Empty means all.

  bool tolerates(const Taint& taint) const;
};

/// A NodeSelectorTerm: all requirements hold. One without any matches no node.
struct NodeTerm {
  std::vector<LabelRequirement> labels;
  std::vector<LabelRequirement> fields;  // Of metadata.name, the only one there is.
};

struct PreferredTerm {
  int weight = 0;
  NodeTerm term;
};

/// What a pod says of the node it wants, but for resources: alike for all pods of one template.
struct Placement {
  TextPairs node_selector;
  std::optional<std::vector<NodeTerm>> required;  // Any of them.
  std::vector<PreferredTerm> preferred;
  std::vector<Toleration> tolerations;
  std::vector<std::string> images;  // Of all containers.
  std::size_t container_count = 0;
};

struct HostPort {
  std::string ip;  // "0.0.0.0" for all.
  std::string protocol;
  std::int64_t port = 0;

  bool clashes_with(const HostPort& other) const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

struct Pod {
  sdk::ObjectHandle object;  // For policies.
  std::string uid;
  std::string ns;
  std::string name;
  std::string scheduler_name;
  std::string node_name;  // Bound, or wanted by name.
  std::int64_t priority = 0;
  bool may_preempt = true;
  bool gated = false;
  bool terminating = false;
  bool finished = false;  // Succeeded or Failed: takes no room any more.
  Amounts requests;
  // As the scores count them: a container that asks for nothing counts a little.
  std::int64_t scored_cpu_millis = 0;
  std::int64_t scored_memory_bytes = 0;
  std::vector<HostPort> ports;
  Placement placement;
  std::string placement_key;       // Equal for equal placements.
  std::string unscheduled_reason;  // Of the condition PodScheduled, where it is False.
  std::string unscheduled_message;
};
using PodPtr = std::shared_ptr<const Pod>;

struct Node {
  sdk::ObjectHandle object;  // For policies.
  std::string name;
  TextPairs labels;
  std::vector<Taint> taints;
  bool unschedulable = false;
  Amounts allocatable;
  std::int64_t allocatable_pods = 0;
  std::map<std::string, std::int64_t, std::less<>> image_bytes;

  /// Whether a pod that did not fit `other` may fit this one: all but the images is compared.
  bool offers_the_same_as(const Node& other) const;
};
using NodePtr = std::shared_ptr<const Node>;

bool matches(const NodeTerm& term, const Node& node);

}  // namespace pintle::scheduler
