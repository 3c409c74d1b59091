// Arithmetic and matching on what was read.

#include "plugins/scheduler/model.hpp"

#include <algorithm>

namespace pintle::scheduler {
namespace {

template <typename Combine>
void combine_others(Amounts& into, const Amounts& from, Combine combine) {
  for (const auto& [name, amount] : from.others) {
    const auto place = std::lower_bound(
        into.others.begin(), into.others.end(), name,
        [](const auto& entry, const std::string& wanted) { return entry.first < wanted; });
    if (place != into.others.end() && place->first == name) {
      place->second = combine(place->second, amount);
    } else {
      into.others.emplace(place, name, combine(0, amount));
    }
  }
}

}  // namespace

Amounts& Amounts::operator+=(const Amounts& more) {
  cpu_millis += more.cpu_millis;
  memory_bytes += more.memory_bytes;
  storage_bytes += more.storage_bytes;
  combine_others(*this, more, [](std::int64_t a, std::int64_t b) { return a + b; });
  return *this;
}

Amounts& Amounts::operator-=(const Amounts& less) {
  cpu_millis -= less.cpu_millis;
  memory_bytes -= less.memory_bytes;
  storage_bytes -= less.storage_bytes;
  combine_others(*this, less, [](std::int64_t a, std::int64_t b) { return a - b; });
  return *this;
}

void Amounts::raise_to(const Amounts& other) {
  cpu_millis = std::max(cpu_millis, other.cpu_millis);
  memory_bytes = std::max(memory_bytes, other.memory_bytes);
  storage_bytes = std::max(storage_bytes, other.storage_bytes);
  combine_others(*this, other, [](std::int64_t a, std::int64_t b) { return std::max(a, b); });
}

std::int64_t Amounts::other(const std::string& name) const {
  const auto place = std::lower_bound(
      others.begin(), others.end(), name,
      [](const auto& entry, const std::string& wanted) { return entry.first < wanted; });
  return place != others.end() && place->first == name ? place->second : 0;
}

bool Toleration::tolerates(const Taint& taint) const {
  if (!effect.empty() && effect != taint.effect) {
    return false;
  }
  if (!key.empty() && key != taint.key) {
    return false;
  }
  return exists || (!key.empty() && value == taint.value);
}

bool HostPort::clashes_with(const HostPort& other) const {
  constexpr std::string_view kAll = "0.0.0.0";
  return port == other.port && protocol == other.protocol &&
         (ip == other.ip || ip == kAll || other.ip == kAll);
}

bool Node::offers_the_same_as(const Node& other) const {
  return labels == other.labels && taints == other.taints && unschedulable == other.unschedulable &&
         allocatable == other.allocatable && allocatable_pods == other.allocatable_pods;
}

bool matches(const NodeTerm& term, const Node& node) {
  if (term.labels.empty() && term.fields.empty()) {
    return false;
  }
  const TextPairs fields = {{"metadata.name", node.name}};
  const auto holds_in = [](const TextPairs& texts) {
    return [&texts](const LabelRequirement& requirement) { return requirement.matches(texts); };
  };
  return std::ranges::all_of(term.labels, holds_in(node.labels)) &&
         std::ranges::all_of(term.fields, holds_in(fields));
}

}  // namespace pintle::scheduler
