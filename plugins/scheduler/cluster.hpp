// The cluster as the scheduler sees it: a row per node, with what is asked of it by the pods that
// are bound there or about to be. Deciding is one pass over the rows.
//
// Threads: called by one thread at a time; the scheduler's mutex sees to that.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "plugins/scheduler/model.hpp"
#include "plugins/scheduler/placement.hpp"

namespace pintle::scheduler {

/// What the pass looks at for every node; kept small, all rows lie in one block.
struct Row {
  NodePtr node;  // Null while only its pods are known.
  std::int64_t free_cpu_millis = 0;
  std::int64_t free_memory_bytes = 0;
  std::int64_t free_storage_bytes = 0;
  std::int64_t free_pods = 0;
  std::int64_t scored_cpu_millis = 0;
  std::int64_t scored_memory_bytes = 0;
  std::uint64_t version = 0;  // Of the node: never the same for two states of any nodes.
};

/// What is rarely looked at.
struct NodePods {
  std::string name;
  Amounts requested;
  std::vector<HostPort> ports;
  std::unordered_map<std::string, PodPtr> pods;  // By uid.
};

/// The default profile's filters and scores need no more than this; a policy is asked besides.
struct Policy {
  /// Empty if the pod may run there; null refuses nothing.
  std::function<std::string(const Pod& pod, const Row& row, const NodePods& pods)> filter;
  std::function<std::int64_t(const Pod& pod, const Row& row, const NodePods& pods)> score;
  bool with_default_filters = true;
  bool with_default_scores = true;  // Unless it has a score of its own.
};

/// Where a pod goes, or why nowhere.
struct Decision {
  std::string node;  // Empty if there is none.
  std::int64_t node_count = 0;
  std::map<std::string, std::int64_t> reasons;  // How many nodes said so.
  std::int64_t beyond_help = 0;                 // Nodes that no eviction would make fit.
  bool lower_priority_pods = false;             // On a node that an eviction might make fit.
};

class Cluster {
 public:
  /// True if a pod that fitted nowhere may fit now.
  bool set_node(NodePtr node);
  void remove_node(const std::string& name);

  /// Puts a pod on `node_name`, or moves it there. `pod` is bound or assumed.
  void add_pod(const PodPtr& pod, const std::string& node_name);
  /// The node it was on; nothing if it was on none.
  std::optional<std::string> remove_pod(const std::string& uid);
  const std::string* node_of(const std::string& uid) const;
  /// Whether the pod on its node takes what it took before.
  /// REQUIRES: node_of(pod.uid).
  bool counts_alike(const Pod& pod) const;

  Decision decide(const Pod& pod, const Policy& policy);

  /// Whether `pod` passes the default filters on the one node `name`.
  bool fits(const Pod& pod, const std::string& name);

  std::size_t node_count() const { return node_count_; }

 private:
  /// The verdicts on all rows for one class of alike pods.
  struct Class {
    std::vector<Verdict> verdicts;
    std::vector<std::uint64_t> versions;  // Of the row that each verdict was made for.
  };
  struct Candidate {
    std::size_t row = 0;
    std::int64_t score = 0;
    Verdict verdict;
  };

  std::size_t row_for(const std::string& name);
  void recount(std::size_t index);
  void drop_if_empty(const std::string& name);
  void count_images(const Node& node, std::int64_t sign);
  Class& class_of(const Pod& pod);
  const Verdict& verdict(Class& pod_class, const Pod& pod, std::size_t row) const;
  void look_for_candidates(const Pod& pod, const Policy& policy);
  std::int64_t default_score(const Pod& pod, const Candidate& candidate,
                             const Verdict& highest) const;
  bool has_room(const Pod& pod, std::size_t index) const;
  std::size_t enough_candidates() const;
  void note_lack_of_room(const Pod& pod, std::size_t index, Decision& decision) const;
  void explain(const Pod& pod, const Policy& policy, Decision& decision);
  std::size_t choose(const Pod& pod, const Policy& policy);

  std::vector<Row> rows_;
  std::vector<NodePods> cold_;  // In the order of rows_.
  std::unordered_map<std::string, std::size_t> row_of_;
  std::unordered_map<std::string, std::string> node_of_pod_;  // By uid.
  std::unordered_map<std::string, Class> classes_;            // By placement key.
  ImageSpread images_;
  std::vector<Candidate> candidates_;  // Kept for its room.
  std::size_t node_count_ = 0;
  std::size_t start_ = 0;  // Where the next pass begins: all nodes get their turn.
  std::uint64_t last_version_ = 0;
  std::uint64_t random_ = 0x9e3779b97f4a7c15U;
};

}  // namespace pintle::scheduler
