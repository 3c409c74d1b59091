// The engine: what changes in the cluster goes in, where each pod goes comes out. It talks to
// nobody and has no clock, so that tests turn both.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/base/clock.hpp"
#include "plugins/scheduler/cluster.hpp"
#include "plugins/scheduler/queue.hpp"

namespace pintle::scheduler {

/// What became of one try.
struct Outcome {
  PodPtr pod;
  std::string node;     // To bind it to; empty if there is none,
  std::string message;  // and then why, in kube-scheduler's words.
};

/// Threads: one at a time; the plugin's mutex sees to that.
class Engine {
 public:
  /// The default profile is there from the start.
  explicit Engine(std::string default_name);

  void set_pod(const PodPtr& pod, SteadyTime now);
  void remove_pod(const std::string& uid);
  void set_node(NodePtr node);
  void remove_node(const std::string& name);

  /// A profile of its own: places the pods whose schedulerName is `name`. The first of a name
  /// stays; false for others.
  bool add_profile(const std::string& name, Policy policy, SteadyTime now);
  void remove_profile(const std::string& name);

  /// Tries the next pod. A pod with a node counts as placed there from now on.
  std::optional<Outcome> step(SteadyTime now);

  /// The binding failed: the pod is taken off the node again and tried later.
  void binding_failed(const std::string& uid, SteadyTime now);

  /// When step() may have more to do; nothing if only a change can bring that about.
  std::optional<SteadyTime> next_due() const { return queue_.next_due(); }
  std::size_t waiting() const { return queue_.size(); }
  std::size_t binding() const { return binding_.size(); }

 private:
  void note_change(const std::string& node);
  void reconsider(SteadyTime now);

  const std::string default_name_;
  std::map<std::string, Policy, std::less<>> profiles_;
  Cluster cluster_;
  Queue queue_;
  std::unordered_map<std::string, Attempt> binding_;   // Placed, not yet seen bound. By uid.
  std::unordered_map<std::string, PodPtr> strangers_;  // No profile has their schedulerName.
  std::unordered_set<std::string> changed_nodes_;      // Where a parked pod may fit now.
};

/// `0/2 nodes are available: 1 Insufficient cpu, ... preemption: ...`
std::string to_message(const Decision& decision, const Pod& pod);

}  // namespace pintle::scheduler
