// The filters and scores that look only at what a node is.

#include "plugins/scheduler/placement.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::scheduler {
namespace {

bool tolerates(const Placement& placement, const Taint& taint) {
  return std::ranges::any_of(placement.tolerations, [&taint](const Toleration& toleration) {
    return toleration.tolerates(taint);
  });
}

const Taint* first_untolerated(const Placement& placement, const Node& node) {
  const auto found = std::ranges::find_if(node.taints, [&placement](const Taint& taint) {
    return taint.effect != "PreferNoSchedule" && !tolerates(placement, taint);
  });
  return found != node.taints.end() ? &*found : nullptr;
}

bool is_unschedulable(const Placement& placement, const Node& node) {
  static const Taint kUnschedulable{"node.kubernetes.io/unschedulable", "", "NoSchedule"};
  return node.unschedulable && !tolerates(placement, kUnschedulable);
}

bool fits_affinity(const Placement& placement, const Node& node) {
  for (const auto& [key, value] : placement.node_selector) {
    const auto* label = find_text(node.labels, key);
    if (!label || *label != value) {
      return false;
    }
  }
  return !placement.required ||
         std::ranges::any_of(*placement.required,
                             [&node](const NodeTerm& term) { return matches(term, node); });
}

/// Appends the parts with separators that no Kubernetes name holds.
void append(std::string& key, std::initializer_list<std::string_view> parts) {
  for (const auto part : parts) {
    key += part;
    key += '\x1f';
  }
}

void append(std::string& key, const std::vector<LabelRequirement>& requirements) {
  for (const auto& requirement : requirements) {
    append(key, {requirement.key, std::to_string(static_cast<int>(requirement.op))});
    for (const auto& value : requirement.values) {
      append(key, {value});
    }
    key += '\x1e';
  }
  key += '\x1d';
}

}  // namespace

Verdict judge(const Placement& placement, const Node& node) {
  Verdict verdict;
  if (is_unschedulable(placement, node)) {
    verdict.refusal = Refusal::kUnschedulable;
    return verdict;
  }
  if (first_untolerated(placement, node)) {
    verdict.refusal = Refusal::kTaint;
    return verdict;
  }
  if (!fits_affinity(placement, node)) {
    verdict.refusal = Refusal::kAffinity;
    return verdict;
  }
  for (const auto& taint : node.taints) {
    verdict.intolerable_taints +=
        taint.effect == "PreferNoSchedule" && !tolerates(placement, taint) ? 1 : 0;
  }
  for (const auto& preferred : placement.preferred) {
    verdict.affinity_weight += matches(preferred.term, node) ? preferred.weight : 0;
  }
  return verdict;
}

std::int64_t image_locality(const Placement& placement, const Node& node, const ImageSpread& spread,
                            std::int64_t node_count) {
  constexpr std::int64_t kMin = 23LL * 1024 * 1024;
  constexpr std::int64_t kMaxPerContainer = 1000LL * 1024 * 1024;
  std::int64_t bytes = 0;
  for (const auto& image : placement.images) {
    const auto found = node.image_bytes.find(image);
    const auto nodes = spread.find(image);
    if (found != node.image_bytes.end() && nodes != spread.end() && node_count > 0) {
      bytes += found->second * nodes->second / node_count;
    }
  }
  const auto max = kMaxPerContainer * static_cast<std::int64_t>(placement.container_count);
  return max <= kMin ? 0 : 100 * (std::clamp(bytes, kMin, max) - kMin) / (max - kMin);
}

std::string to_text(Refusal refusal, const Placement& placement, const Node& node) {
  switch (refusal) {
    case Refusal::kNone:
      return "";
    case Refusal::kUnschedulable:
      return "node(s) were unschedulable";
    case Refusal::kTaint: {
      const Taint* taint = first_untolerated(placement, node);
      return taint
                 ? concat({"node(s) had untolerated taint {", taint->key, ": ", taint->value, "}"})
                 : "node(s) had untolerated taint";
    }
    case Refusal::kAffinity:
      return "node(s) didn't match Pod's node affinity/selector";
  }
  return "";
}

std::string key_of(const Placement& placement) {
  std::string key;
  for (const auto& [name, value] : placement.node_selector) {
    append(key, {name, value});
  }
  key += placement.required ? "\x1cr" : "\x1c";
  if (placement.required) {
    for (const auto& term : *placement.required) {
      append(key, term.labels);
      append(key, term.fields);
    }
  }
  key += '\x1c';
  for (const auto& preferred : placement.preferred) {
    append(key, {std::to_string(preferred.weight)});
    append(key, preferred.term.labels);
    append(key, preferred.term.fields);
  }
  key += '\x1c';
  for (const auto& toleration : placement.tolerations) {
    append(key,
           {toleration.key, toleration.exists ? "e" : "", toleration.value, toleration.effect});
  }
  key += '\x1c';
  for (const auto& image : placement.images) {
    append(key, {image});
  }
  append(key, {std::to_string(placement.container_count)});
  return key;
}

}  // namespace pintle::scheduler
