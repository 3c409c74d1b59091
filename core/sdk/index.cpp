// Index: which of a cache's objects stand under a key; see index.hpp.

#include "core/sdk/index.hpp"

#include <algorithm>

namespace pintle::sdk {
namespace {

bool comes_before(const Index::Entry* one, const Index::Entry* other) {
  return one->first < other->first;
}

}  // namespace

void Index::move(const Entry* entry, std::vector<std::string> before,
                 std::vector<std::string> now) {
  if (before == now) {
    return;
  }
  for (const auto& key : before) {
    const auto held = entries_.find(key);
    if (held == entries_.end()) {
      continue;
    }
    auto& list = held->second;
    const auto at = std::lower_bound(list.begin(), list.end(), entry, comes_before);
    if (at != list.end() && *at == entry) {
      list.erase(at);
    }
    if (list.empty()) {
      entries_.erase(held);
    }
  }
  for (auto& key : now) {
    auto& list = entries_[std::move(key)];
    const auto at = std::lower_bound(list.begin(), list.end(), entry, comes_before);
    if (at == list.end() || *at != entry) {
      list.insert(at, entry);
    }
  }
}

std::vector<ObjectHandle> Index::find(std::string_view key) const {
  std::vector<ObjectHandle> found;
  const auto held = entries_.find(key);
  if (held != entries_.end()) {
    found.reserve(held->second.size());
    for (const Entry* entry : held->second) {
      found.push_back(entry->second);
    }
  }
  return found;
}

std::size_t Index::count(std::string_view key) const {
  const auto held = entries_.find(key);
  return held == entries_.end() ? 0 : held->second.size();
}

}  // namespace pintle::sdk
