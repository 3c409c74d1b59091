// Packing: which endpoints go into which slice; see packing.hpp.

#include "plugins/controller_endpoint_slice/packing.hpp"

#include <algorithm>

#include "plugins/controller_endpoint_slice/endpoint.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

/// Keeps of a slice's endpoints what is still wanted, as it is wanted now.
void keep_wanted(Packed& slice, Wanted& wanted) {
  JsonArray kept;
  for (auto& endpoint : slice.endpoints) {
    const auto found = wanted.find(identity_of(endpoint));
    if (found == wanted.end()) {
      slice.changed = true;
      continue;
    }
    slice.changed = slice.changed || endpoint != found->second;
    kept.push_back(std::move(found->second));
    wanted.erase(found);
  }
  slice.changed = slice.changed || slice.must_change;
  slice.endpoints = std::move(kept);
}

void fill(JsonArray& endpoints, Wanted& wanted, std::size_t most) {
  while (!wanted.empty() && endpoints.size() < most) {
    auto next = wanted.begin();
    endpoints.push_back(std::move(next->second));
    wanted.erase(next);
  }
}

/// The fullest slice that has room for `count` more; null where there is none.
Packed* find_room(std::vector<Packed>& slices, std::size_t count, std::size_t most) {
  Packed* best = nullptr;
  for (auto& slice : slices) {
    const bool fits = slice.endpoints.size() + count <= most;
    if (fits && (best == nullptr || slice.endpoints.size() > best->endpoints.size())) {
      best = &slice;
    }
  }
  return best;
}

}  // namespace

std::vector<JsonArray> pack(std::vector<Packed>& slices, Wanted wanted, std::size_t most) {
  for (auto& slice : slices) {
    keep_wanted(slice, wanted);
  }
  // The fullest first: so they become full, and the emptiest can go one day.
  std::vector<Packed*> changed;
  for (auto& slice : slices) {
    if (slice.changed) {
      changed.push_back(&slice);
    }
  }
  std::ranges::stable_sort(changed, std::greater<>(),
                           [](const Packed* slice) { return slice->endpoints.size(); });
  for (Packed* slice : changed) {
    fill(slice->endpoints, wanted, most);
  }
  std::vector<JsonArray> made;
  while (!wanted.empty()) {
    Packed* room = wanted.size() < most ? find_room(slices, wanted.size(), most) : nullptr;
    if (room != nullptr) {
      fill(room->endpoints, wanted, most);
      room->changed = true;
    } else {
      fill(made.emplace_back(), wanted, most);
    }
  }
  for (auto& slice : slices) {
    slice.emptied = slice.endpoints.empty();
  }
  return made;
}

}  // namespace pintle::controller_endpoint_slice
