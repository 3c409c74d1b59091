// Rolling: how many pods each revision should have; see rolling.hpp.

#include "plugins/controller_deployment/rolling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pintle::controller_deployment {
namespace {

std::vector<std::size_t> places_by_age(const ReplicaSets& revisions) {
  std::vector<std::size_t> places(revisions.size());
  std::iota(places.begin(), places.end(), 0U);
  std::ranges::stable_sort(places, {}, [&](std::size_t place) {
    return std::pair(revisions[place].created, revisions[place].name);
  });
  return places;
}

/// By how much a revision's share of `wish.replicas` differs from what it has.
std::int64_t share_of(const Wish& wish, const ReplicaSet& revision) {
  if (wish.replicas == 0) {
    return -revision.replicas;
  }
  std::int64_t most_before = revision.annotated(kMaxReplicas).value_or(0);
  if (most_before == 0) {
    most_before = wish.actual;
  }
  if (most_before == 0) {
    return 0;
  }
  const std::int64_t most_now = wish.replicas + wish.max_surge;
  const double size =
      static_cast<double>(revision.replicas * most_now) / static_cast<double>(most_before);
  return std::llround(size) - revision.replicas;
}

}  // namespace

std::int64_t current_replicas(const Wish& wish, std::int64_t others, std::int64_t asked) {
  if (!wish.rolls) {
    return wish.replicas;
  }
  if (asked > wish.replicas) {
    return wish.replicas;
  }
  const std::int64_t most = wish.replicas + wish.max_surge;
  const std::int64_t room = most - (others + asked);
  return room <= 0 ? asked : asked + std::min(room, wish.replicas - asked);
}

std::vector<Scaling> scale_down_old(const Wish& wish, const ReplicaSets& old,
                                    const ReplicaSet& current) {
  std::vector<Scaling> steps;
  const std::int64_t asked_of_old = count_asked(old);
  const std::int64_t least = wish.replicas - wish.max_unavailable;
  const std::int64_t unavailable = current.replicas - current.available;
  const std::int64_t removable = asked_of_old + current.replicas - least - unavailable;
  if (asked_of_old == 0 || removable <= 0) {
    return steps;
  }
  const auto places = places_by_age(old);
  std::vector<std::int64_t> asked(old.size());
  std::ranges::transform(old, asked.begin(),
                         [](const auto& revision) { return revision.replicas; });
  std::int64_t cleaned = 0;
  for (const auto place : places) {
    const std::int64_t unhealthy = asked[place] - old[place].available;
    const std::int64_t count = std::min(removable - cleaned, unhealthy);
    if (asked[place] != 0 && count > 0) {
      asked[place] -= count;
      cleaned += count;
      steps.push_back({place, asked[place]});
    }
  }
  std::int64_t spare = count_available(old) + current.available - least;
  for (const auto place : places) {
    const std::int64_t count = std::min(asked[place], spare);
    if (count > 0) {
      asked[place] -= count;
      spare -= count;
      steps.push_back({place, asked[place]});
    }
  }
  return steps;
}

std::vector<Scaling> scale_in_proportion(const Wish& wish, const ReplicaSets& active) {
  const std::int64_t allowed = wish.replicas > 0 ? wish.replicas + wish.max_surge : 0;
  const std::int64_t to_add = allowed - count_asked(active);
  std::vector<std::size_t> places(active.size());
  std::iota(places.begin(), places.end(), 0U);
  // The biggest first; of equals the newest when growing, the oldest when shrinking.
  std::ranges::stable_sort(places, [&](std::size_t one, std::size_t other) {
    const auto& a = active[one];
    const auto& b = active[other];
    if (a.replicas != b.replicas) {
      return a.replicas > b.replicas;
    }
    const bool older = std::pair(a.created, a.name) < std::pair(b.created, b.name);
    return to_add > 0 ? !older : older;
  });
  std::vector<Scaling> steps;
  std::int64_t added = 0;
  for (const auto place : places) {
    const auto& revision = active[place];
    std::int64_t share = 0;
    if (to_add != 0 && to_add != added && revision.replicas != 0) {
      const std::int64_t left = to_add - added;
      share = share_of(wish, revision);
      share = to_add > 0 ? std::min(share, left) : std::max(share, left);
    }
    added += share;
    steps.push_back({place, revision.replicas + share});
  }
  // What rounding left over goes to the biggest.
  if (!steps.empty() && to_add != 0) {
    steps.front().replicas = std::max<std::int64_t>(steps.front().replicas + to_add - added, 0);
  }
  return steps;
}

std::vector<std::size_t> beyond_history(const Wish& wish, const ReplicaSets& old) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < old.size(); ++i) {
    if (text_at(old[i].object, {"metadata", "deletionTimestamp"}).empty()) {
      kept.push_back(i);
    }
  }
  const auto limit = static_cast<std::size_t>(wish.history_limit.value_or(INT64_MAX));
  if (kept.size() <= limit) {
    return {};
  }
  std::ranges::stable_sort(kept, {}, [&](std::size_t place) { return old[place].number; });
  kept.resize(kept.size() - limit);
  // One that still has pods, or whose controller has not yet seen it, stays for now.
  std::erase_if(kept, [&](std::size_t place) {
    const auto& revision = old[place];
    const auto seen = integer_at(revision.object, {"status", "observedGeneration"}).value_or(0);
    return revision.actual != 0 || revision.replicas != 0 ||
           integer_at(revision.object, {"metadata", "generation"}).value_or(0) > seen;
  });
  return kept;
}

}  // namespace pintle::controller_deployment
