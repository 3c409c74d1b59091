// Deciding: filters, then scores, in one pass over the rows.
//
// Source: kube-scheduler v1.33, its default filters, scores with their weights, and how many
// feasible nodes it looks for before it is content (numFeasibleNodesToFind).

#include <algorithm>
#include <cmath>

#include "plugins/scheduler/cluster.hpp"

namespace pintle::scheduler {
namespace {

constexpr std::int64_t kMaxScore = 100;
constexpr std::int64_t kAffinityWeight = 2;
constexpr std::int64_t kTaintWeight = 3;
/// Templates in use at once; more than this start over.
constexpr std::size_t kMaxClasses = 256;

bool asks_for_nothing(const Amounts& requests) {
  return requests.cpu_millis == 0 && requests.memory_bytes == 0 && requests.storage_bytes == 0 &&
         requests.others.empty();
}

bool ports_are_free(const Pod& pod, const NodePods& pods) {
  return pod.ports.empty() || std::ranges::none_of(pod.ports, [&pods](const HostPort& wanted) {
           return std::ranges::any_of(
               pods.ports, [&wanted](const HostPort& used) { return wanted.clashes_with(used); });
         });
}

std::int64_t least_allocated(std::int64_t requested, std::int64_t capacity) {
  return capacity <= 0 || requested > capacity ? 0 : (capacity - requested) * kMaxScore / capacity;
}

double fraction(std::int64_t requested, std::int64_t capacity) {
  return capacity <= 0
             ? 1.0
             : std::min(1.0, static_cast<double>(requested) / static_cast<double>(capacity));
}

/// xorshift: ties are broken evenly, not secretly.
std::uint64_t next_random(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

}  // namespace

Cluster::Class& Cluster::class_of(const Pod& pod) {
  if (classes_.size() >= kMaxClasses && !classes_.contains(pod.placement_key)) {
    classes_.clear();
  }
  Class& pod_class = classes_[pod.placement_key];
  pod_class.verdicts.resize(rows_.size());
  pod_class.versions.resize(rows_.size());
  return pod_class;
}

const Verdict& Cluster::verdict(Class& pod_class, const Pod& pod, std::size_t row) const {
  if (pod_class.versions[row] != rows_[row].version) {
    pod_class.versions[row] = rows_[row].version;
    pod_class.verdicts[row] = judge(pod.placement, *rows_[row].node);
  }
  return pod_class.verdicts[row];
}

bool Cluster::has_room(const Pod& pod, std::size_t index) const {
  const Row& row = rows_[index];
  const Amounts& asked = pod.requests;
  if (row.free_pods < 1 || !ports_are_free(pod, cold_[index])) {
    return false;
  }
  const auto fits = [](std::int64_t wanted, std::int64_t free) {
    return wanted <= 0 || wanted <= free;
  };
  return fits(asked.cpu_millis, row.free_cpu_millis) &&
         fits(asked.memory_bytes, row.free_memory_bytes) &&
         fits(asked.storage_bytes, row.free_storage_bytes) &&
         std::ranges::all_of(asked.others, [&](const auto& other) {
           return fits(other.second, row.node->allocatable.other(other.first) -
                                         cold_[index].requested.other(other.first));
         });
}

std::size_t Cluster::enough_candidates() const {
  constexpr std::size_t kAlwaysAll = 100;
  constexpr std::size_t kMinPercent = 5;
  if (node_count_ < kAlwaysAll) {
    return node_count_;
  }
  const std::size_t lowered = node_count_ / 125;
  const std::size_t percent = lowered + kMinPercent >= 50 ? kMinPercent : 50 - lowered;
  return std::max(kAlwaysAll, node_count_ * percent / 100);
}

void Cluster::look_for_candidates(const Pod& pod, const Policy& policy) {
  candidates_.clear();
  Class& pod_class = class_of(pod);
  const std::size_t enough = enough_candidates();
  std::size_t index = rows_.empty() ? 0 : start_ % rows_.size();
  for (std::size_t seen = 0; seen < rows_.size() && candidates_.size() < enough; ++seen) {
    const std::size_t here = index;
    index = index + 1 == rows_.size() ? 0 : index + 1;
    if (!rows_[here].node) {
      continue;
    }
    const Verdict& what = verdict(pod_class, pod, here);
    if (policy.with_default_filters && (what.refusal != Refusal::kNone || !has_room(pod, here))) {
      continue;
    }
    if (policy.filter && !policy.filter(pod, rows_[here], cold_[here]).empty()) {
      continue;
    }
    candidates_.push_back({here, 0, what});
  }
  start_ = index;
}

std::int64_t Cluster::default_score(const Pod& pod, const Candidate& candidate,
                                    const Verdict& highest) const {
  const Row& row = rows_[candidate.row];
  const Amounts& offered = row.node->allocatable;
  const std::int64_t cpu = row.scored_cpu_millis + pod.scored_cpu_millis;
  const std::int64_t memory = row.scored_memory_bytes + pod.scored_memory_bytes;
  std::int64_t score =
      (least_allocated(cpu, offered.cpu_millis) + least_allocated(memory, offered.memory_bytes)) /
      2;

  const double cpu_share = fraction(
      offered.cpu_millis - row.free_cpu_millis + pod.requests.cpu_millis, offered.cpu_millis);
  const double memory_share =
      fraction(offered.memory_bytes - row.free_memory_bytes + pod.requests.memory_bytes,
               offered.memory_bytes);
  score += static_cast<std::int64_t>((1.0 - std::fabs(cpu_share - memory_share) / 2) *
                                     static_cast<double>(kMaxScore));
  if (!row.node->image_bytes.empty()) {
    score +=
        image_locality(pod.placement, *row.node, images_, static_cast<std::int64_t>(node_count_));
  }
  score += kTaintWeight * kMaxScore;
  if (highest.intolerable_taints > 0) {
    score -= kTaintWeight * kMaxScore * candidate.verdict.intolerable_taints /
             highest.intolerable_taints;
  }
  if (highest.affinity_weight > 0) {
    score +=
        kAffinityWeight * (kMaxScore * candidate.verdict.affinity_weight / highest.affinity_weight);
  }
  return score;
}

/// The index of the best candidate's row; of several equally good ones, any.
/// REQUIRES: there is a candidate.
std::size_t Cluster::choose(const Pod& pod, const Policy& policy) {
  Verdict highest;
  for (const auto& candidate : candidates_) {
    highest.intolerable_taints =
        std::max(highest.intolerable_taints, candidate.verdict.intolerable_taints);
    highest.affinity_weight = std::max(highest.affinity_weight, candidate.verdict.affinity_weight);
  }
  std::size_t best = 0;
  std::uint64_t equals = 0;
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    auto& candidate = candidates_[i];
    if (policy.with_default_scores) {
      candidate.score = default_score(pod, candidate, highest);
    }
    if (policy.score) {
      candidate.score += policy.score(pod, rows_[candidate.row], cold_[candidate.row]);
    }
    if (i == 0 || candidate.score > candidates_[best].score) {
      best = i;
      equals = 1;
    } else if (candidate.score == candidates_[best].score && next_random(random_) % ++equals == 0) {
      best = i;
    }
  }
  return candidates_[best].row;
}

void Cluster::note_lack_of_room(const Pod& pod, std::size_t index, Decision& decision) const {
  const Row& row = rows_[index];
  const Amounts& offered = row.node->allocatable;
  if (!ports_are_free(pod, cold_[index])) {
    // As in kube-scheduler, the first filter that refuses is the one that is told.
    ++decision.reasons["node(s) didn't have free ports for the requested pod ports"];
    return;
  }
  if (row.free_pods < 1) {
    ++decision.reasons["Too many pods"];
  }
  bool beyond_help = false;
  const auto check = [&](const std::string& name, std::int64_t wanted, std::int64_t free,
                         std::int64_t all) {
    if (wanted > 0 && wanted > free) {
      ++decision.reasons["Insufficient " + name];
      beyond_help |= wanted > all;
    }
  };
  if (!asks_for_nothing(pod.requests)) {
    check("cpu", pod.requests.cpu_millis, row.free_cpu_millis, offered.cpu_millis);
    check("memory", pod.requests.memory_bytes, row.free_memory_bytes, offered.memory_bytes);
    check("ephemeral-storage", pod.requests.storage_bytes, row.free_storage_bytes,
          offered.storage_bytes);
  }
  for (const auto& [name, wanted] : pod.requests.others) {
    const std::int64_t all = offered.other(name);
    check(name, wanted, all - cold_[index].requested.other(name), all);
  }
  decision.beyond_help += beyond_help ? 1 : 0;
}

/// Goes over all nodes once more and collects what each has against the pod.
void Cluster::explain(const Pod& pod, const Policy& policy, Decision& decision) {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (!rows_[i].node) {
      continue;
    }
    const Verdict what = judge(pod.placement, *rows_[i].node);
    if (policy.with_default_filters && what.refusal != Refusal::kNone) {
      ++decision.reasons[to_text(what.refusal, pod.placement, *rows_[i].node)];
      ++decision.beyond_help;
      continue;
    }
    if (policy.with_default_filters && !has_room(pod, i)) {
      const std::int64_t before = decision.beyond_help;
      note_lack_of_room(pod, i, decision);
      decision.lower_priority_pods |= before == decision.beyond_help &&
                                      std::ranges::any_of(cold_[i].pods, [&pod](const auto& entry) {
                                        return entry.second->priority < pod.priority;
                                      });
      continue;
    }
    if (policy.filter) {
      ++decision.reasons[policy.filter(pod, rows_[i], cold_[i])];
      ++decision.beyond_help;
    }
  }
}

Decision Cluster::decide(const Pod& pod, const Policy& policy) {
  Decision decision;
  decision.node_count = static_cast<std::int64_t>(node_count_);
  look_for_candidates(pod, policy);
  if (candidates_.empty()) {
    explain(pod, policy, decision);
    return decision;
  }
  decision.node = rows_[choose(pod, policy)].node->name;
  return decision;
}

bool Cluster::fits(const Pod& pod, const std::string& name) {
  const auto place = row_of_.find(name);
  if (place == row_of_.end() || !rows_[place->second].node) {
    return false;
  }
  return verdict(class_of(pod), pod, place->second).refusal == Refusal::kNone &&
         has_room(pod, place->second);
}

}  // namespace pintle::scheduler
