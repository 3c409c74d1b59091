// From events to decisions.

#include "plugins/scheduler/engine.hpp"

#include <algorithm>
#include <vector>

#include "core/base/concat.hpp"

namespace pintle::scheduler {
namespace {

std::string counted(std::int64_t count, std::string_view what) {
  return concat({std::to_string(count), " ", what});
}

/// Sorted as texts, as kube-scheduler does: "10 a" before "2 b".
std::string joined(std::vector<std::string> reasons) {
  std::ranges::sort(reasons);
  std::string all;
  for (const auto& reason : reasons) {
    all += all.empty() ? "" : ", ";
    all += reason;
  }
  return all;
}

/// What kube-scheduler's preemption says when it finds nothing to evict. We evict nobody: where
/// there would be somebody to evict, nothing is said.
std::string preemption_message(const Decision& decision, const Pod& pod,
                               const std::string& available) {
  if (!pod.may_preempt) {
    return " preemption: not eligible due to preemptionPolicy=Never.";
  }
  if (decision.lower_priority_pods) {
    return "";
  }
  std::vector<std::string> reasons;
  if (const auto others = decision.node_count - decision.beyond_help; others > 0) {
    reasons.push_back(counted(others, "No preemption victims found for incoming pod"));
  }
  if (decision.beyond_help > 0) {
    reasons.push_back(counted(decision.beyond_help, "Preemption is not helpful for scheduling"));
  }
  return concat({" preemption: ", available, joined(std::move(reasons)), "."});
}

}  // namespace

std::string to_message(const Decision& decision, const Pod& pod) {
  if (decision.node_count == 0) {
    return "no nodes available to schedule pods";
  }
  const std::string available =
      concat({"0/", std::to_string(decision.node_count), " nodes are available: "});
  std::vector<std::string> reasons;
  for (const auto& [reason, count] : decision.reasons) {
    reasons.push_back(counted(count, reason));
  }
  return concat(
      {available, joined(std::move(reasons)), ".", preemption_message(decision, pod, available)});
}

Engine::Engine(std::string default_name) : default_name_(std::move(default_name)) {
  profiles_.emplace(default_name_, Policy{});
}

void Engine::note_change(const std::string& node) {
  if (queue_.parked() > 0) {
    changed_nodes_.insert(node);
  }
}

void Engine::set_pod(const PodPtr& pod, SteadyTime now) {
  if (pod->finished) {
    remove_pod(pod->uid);
    return;
  }
  if (!pod->node_name.empty()) {
    queue_.remove(pod->uid);
    strangers_.erase(pod->uid);
    binding_.erase(pod->uid);
    const std::string* place = cluster_.node_of(pod->uid);
    if (!place || *place != pod->node_name || !cluster_.counts_alike(*pod)) {
      cluster_.add_pod(pod, pod->node_name);
      note_change(pod->node_name);
    }
    return;
  }
  if (binding_.contains(pod->uid)) {
    return;
  }
  if (pod->terminating || pod->gated) {
    queue_.remove(pod->uid);
    strangers_.erase(pod->uid);
    return;
  }
  if (!profiles_.contains(pod->scheduler_name)) {
    strangers_[pod->uid] = pod;
    return;
  }
  queue_.add(pod, now);
}

void Engine::remove_pod(const std::string& uid) {
  queue_.remove(uid);
  strangers_.erase(uid);
  binding_.erase(uid);
  if (const auto node = cluster_.remove_pod(uid)) {
    note_change(*node);
  }
}

void Engine::set_node(NodePtr node) {
  const std::string name = node->name;
  if (cluster_.set_node(std::move(node))) {
    note_change(name);
  }
}

void Engine::remove_node(const std::string& name) {
  cluster_.remove_node(name);
}

bool Engine::add_profile(const std::string& name, Policy policy, SteadyTime now) {
  if (!profiles_.emplace(name, std::move(policy)).second) {
    return false;
  }
  std::erase_if(strangers_, [&](const auto& entry) {
    if (entry.second->scheduler_name != name) {
      return false;
    }
    queue_.add(entry.second, now);
    return true;
  });
  return true;
}

void Engine::remove_profile(const std::string& name) {
  if (name != default_name_) {
    profiles_.erase(name);
  }
}

/// Wakes the parked pods that pass the filters on a node that changed.
void Engine::reconsider(SteadyTime now) {
  if (changed_nodes_.empty()) {
    return;
  }
  queue_.reconsider(
      [this](const Pod& pod) {
        const auto profile = profiles_.find(pod.scheduler_name);
        return profile == profiles_.end() || !profile->second.with_default_filters ||
               std::ranges::any_of(changed_nodes_, [&](const std::string& node) {
                 return cluster_.fits(pod, node);
               });
      },
      now);
  changed_nodes_.clear();
}

std::optional<Outcome> Engine::step(SteadyTime now) {
  reconsider(now);
  for (;;) {
    auto attempt = queue_.pop(now);
    if (!attempt) {
      return std::nullopt;
    }
    const PodPtr pod = attempt->pod;
    const auto profile = profiles_.find(pod->scheduler_name);
    if (profile == profiles_.end()) {
      strangers_[pod->uid] = pod;
      continue;
    }
    Decision decision = cluster_.decide(*pod, profile->second);
    if (decision.node.empty()) {
      queue_.park(std::move(*attempt), now);
      return Outcome{pod, "", to_message(decision, *pod)};
    }
    cluster_.add_pod(pod, decision.node);
    binding_.emplace(pod->uid, std::move(*attempt));
    return Outcome{pod, std::move(decision.node), ""};
  }
}

void Engine::binding_failed(const std::string& uid, SteadyTime now) {
  const auto found = binding_.find(uid);
  if (found == binding_.end()) {
    return;
  }
  Attempt attempt = std::move(found->second);
  binding_.erase(found);
  if (const auto node = cluster_.remove_pod(uid)) {
    note_change(*node);
  }
  queue_.back_off(std::move(attempt), now);
}

}  // namespace pintle::scheduler
