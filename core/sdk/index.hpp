// Index: which of a cache's objects stand under a key, so that nobody looks through all of them.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// The keys under which an index holds `object`; none where it is not to be found by it.
using IndexKeys = std::function<std::vector<std::string>(const ObjectHandle& object)>;

/// Threads: the owner's business.
class Index {
 public:
  /// An object as a cache holds it, by its key; stays where it is until it is taken out.
  using Entry = std::pair<const std::string, ObjectHandle>;

  explicit Index(IndexKeys keys) : keys_(std::move(keys)) {}

  std::vector<std::string> keys_of(const ObjectHandle& object) const { return keys_(object); }
  /// `entry` held what had the keys `before` (none: it is new), and now holds what has `now`.
  void move(const Entry* entry, std::vector<std::string> before, std::vector<std::string> now);

  /// Sorted by the entries' keys.
  std::vector<ObjectHandle> find(std::string_view key) const;
  std::size_t count(std::string_view key) const;

 private:
  const IndexKeys keys_;
  std::map<std::string, std::vector<const Entry*>, std::less<>> entries_;  // Each sorted by key.
};

}  // namespace pintle::sdk
