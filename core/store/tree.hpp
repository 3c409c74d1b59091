// Snapshot::Tree: a persistent B+ tree of objects, ordered by namespace, then name.
//
// Copying a Tree costs one reference; the copy and the original then share their nodes. A change
// copies only the nodes on its way that someone else holds too, so a whole commit group pays for
// each node once. Leaves hold nothing but object pointers: the keys are the objects' own.
//
// Threads: const from anywhere; a change by the Tree's owner only.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/store/store.hpp"

namespace pintle::store {

/// A place in a tree: what objects are ordered by.
struct TreeKey {
  std::string_view ns;
  std::string_view name;

  friend auto operator<=>(const TreeKey&, const TreeKey&) = default;
};

inline TreeKey tree_key_of(const Object& object) {
  return {object.ns(), object.name()};
}

struct TreeNode;

/// A counted reference to a node. The count lives in the node, and can be trusted when it is 1.
class TreeNodePtr {
 public:
  TreeNodePtr() = default;
  /// Takes over the one reference a new node is born with.
  explicit TreeNodePtr(TreeNode* node) : node_(node) {}
  TreeNodePtr(const TreeNodePtr& other);
  TreeNodePtr(TreeNodePtr&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  TreeNodePtr& operator=(TreeNodePtr other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~TreeNodePtr();

  TreeNode* get() const { return node_; }
  TreeNode* operator->() const { return node_; }
  explicit operator bool() const { return node_ != nullptr; }

 private:
  TreeNode* node_ = nullptr;
};

class Snapshot::Tree {
 public:
  std::size_t size() const { return size_; }

  /// Null where there is none.
  const ObjectPtr* find(TreeKey key) const;

  /// Calls `visit` for each object after `key`, in order, until it returns false.
  void scan_after(TreeKey key, const std::function<bool(const ObjectPtr&)>& visit) const;

  /// Puts `object` in, in place of the one of its key; returns that one, or null.
  ObjectPtr put(ObjectPtr object);

  /// Takes the object of `key` out and returns it; null where there is none.
  ObjectPtr erase(TreeKey key);

 private:
  TreeNodePtr root_;
  std::size_t size_ = 0;
};

}  // namespace pintle::store
