// Snapshot::Tree: nodes, copy on write, splitting and merging.

#include "core/store/tree.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "core/base/assert.hpp"

namespace pintle::store {

// A wide node makes a shallow tree (150,000 objects: four levels), a narrow one cheap copies.
constexpr std::size_t kFanout = 32;
constexpr std::size_t kFewest = kFanout / 4;  // With fewer, a node tries to join a neighbour.

struct TreeNode {
  explicit TreeNode(bool is_leaf_in) : is_leaf(is_leaf_in) {}

  std::atomic<std::uint32_t> references{1};
  std::uint16_t count = 0;
  const bool is_leaf;
};

namespace {

struct Leaf final : TreeNode {
  Leaf() : TreeNode(true) {}
  std::array<ObjectPtr, kFanout> items;
};

struct Inner final : TreeNode {
  Inner() : TreeNode(false) {}
  std::array<TreeNodePtr, kFanout> children;
  // The first object below each child: alive for as long as the child is.
  std::array<const Object*, kFanout> firsts{};
};

Leaf& leaf(TreeNode* node) {
  return *static_cast<Leaf*>(node);
}
Inner& inner(TreeNode* node) {
  return *static_cast<Inner*>(node);
}

const Object* first_of(TreeNode* node) {
  return node->is_leaf ? leaf(node).items[0].get() : inner(node).firsts[0];
}

/// A node that only `node` refers to: itself, or a copy put in its place.
TreeNode* own(TreeNodePtr& node) {
  if (node->references.load(std::memory_order_acquire) == 1) {
    return node.get();
  }
  TreeNodePtr copy;
  if (node->is_leaf) {
    auto* made = new Leaf;
    made->items = leaf(node.get()).items;
    copy = TreeNodePtr(made);
  } else {
    auto* made = new Inner;
    made->children = inner(node.get()).children;
    made->firsts = inner(node.get()).firsts;
    copy = TreeNodePtr(made);
  }
  copy->count = node->count;
  node = std::move(copy);
  return node.get();
}

/// Where `key` is in the leaf, or would be.
std::size_t lower_bound(const Leaf& node, TreeKey key) {
  const auto* end = node.items.data() + node.count;
  const auto* at = std::partition_point(
      node.items.data(), end, [key](const ObjectPtr& item) { return tree_key_of(*item) < key; });
  return static_cast<std::size_t>(at - node.items.data());
}

/// The child below which `key` is, or would be.
std::size_t child_of(const Inner& node, TreeKey key) {
  const auto* begin = node.firsts.data();
  const auto* at = std::partition_point(begin + 1, begin + node.count, [key](const Object* first) {
    return tree_key_of(*first) <= key;
  });
  return static_cast<std::size_t>(at - begin) - 1;
}

template <typename Array, typename T>
void insert_at(Array& array, std::size_t count, std::size_t at, T value) {
  std::move_backward(array.begin() + static_cast<std::ptrdiff_t>(at),
                     array.begin() + static_cast<std::ptrdiff_t>(count),
                     array.begin() + static_cast<std::ptrdiff_t>(count) + 1);
  array[at] = std::move(value);
}

template <typename Array>
void erase_at(Array& array, std::size_t count, std::size_t at) {
  std::move(array.begin() + static_cast<std::ptrdiff_t>(at) + 1,
            array.begin() + static_cast<std::ptrdiff_t>(count),
            array.begin() + static_cast<std::ptrdiff_t>(at));
  array[count - 1] = {};
}

template <typename Array>
void move_range(Array& from, std::size_t begin, std::size_t end, Array& to, std::size_t at) {
  for (std::size_t i = begin; i < end; ++i) {
    to[at + i - begin] = std::move(from[i]);
    from[i] = {};
  }
}

/// Moves the items of `from` from `begin` on to the end of `to`.
void move_tail(TreeNode* from, std::size_t begin, TreeNode* to) {
  if (from->is_leaf) {
    move_range(leaf(from).items, begin, from->count, leaf(to).items, to->count);
  } else {
    move_range(inner(from).children, begin, from->count, inner(to).children, to->count);
    move_range(inner(from).firsts, begin, from->count, inner(to).firsts, to->count);
  }
  to->count = static_cast<std::uint16_t>(to->count + from->count - begin);
  from->count = static_cast<std::uint16_t>(begin);
}

/// Splits a full node in two and returns the right one. What grows at its end, as a load in order
/// does, keeps full nodes behind it.
TreeNodePtr split(TreeNode* node, bool grows_at_end) {
  TreeNodePtr right(node->is_leaf ? static_cast<TreeNode*>(new Leaf) : new Inner);
  move_tail(node, grows_at_end ? kFanout - 1 : kFanout / 2, right.get());
  return right;
}

struct Put {
  ObjectPtr object;
  ObjectPtr replaced;
};

TreeNodePtr put_into(TreeNodePtr& node, Put& put);

TreeNodePtr put_into_leaf(TreeNodePtr& node, Put& put) {
  Leaf* target = &leaf(node.get());
  const TreeKey key = tree_key_of(*put.object);
  std::size_t at = lower_bound(*target, key);
  if (at < target->count && tree_key_of(*target->items[at]) == key) {
    put.replaced = std::exchange(target->items[at], std::move(put.object));
    return {};
  }

  TreeNodePtr right;
  if (target->count == kFanout) {
    right = split(target, at == kFanout);
    if (at > target->count) {
      at -= target->count;
      target = &leaf(right.get());
    }
  }
  insert_at(target->items, target->count, at, std::move(put.object));
  ++target->count;
  return right;
}

TreeNodePtr put_into_inner(TreeNodePtr& node, Put& put) {
  Inner* target = &inner(node.get());
  std::size_t at = child_of(*target, tree_key_of(*put.object));
  TreeNodePtr added = put_into(target->children[at], put);
  target->firsts[at] = first_of(target->children[at].get());
  if (!added) {
    return {};
  }

  TreeNodePtr right;
  ++at;
  if (target->count == kFanout) {
    right = split(target, at == kFanout);
    if (at > target->count) {
      at -= target->count;
      target = &inner(right.get());
    }
  }
  insert_at(target->firsts, target->count, at, first_of(added.get()));
  insert_at(target->children, target->count, at, std::move(added));
  ++target->count;
  return right;
}

/// Puts an object below `node`; returns the node that a split put to its right, or null.
TreeNodePtr put_into(TreeNodePtr& node, Put& put) {
  own(node);
  return node->is_leaf ? put_into_leaf(node, put) : put_into_inner(node, put);
}

/// Joins child `at` with its right neighbour where both fit into one node.
void join_with_next(Inner& node, std::size_t at) {
  if (at + 1 >= node.count ||
      node.children[at]->count + node.children[at + 1]->count > static_cast<int>(kFanout)) {
    return;
  }
  TreeNode* left = own(node.children[at]);
  TreeNode* right = own(node.children[at + 1]);
  move_tail(right, 0, left);
  node.firsts[at] = first_of(left);
  erase_at(node.children, node.count, at + 1);
  erase_at(node.firsts, node.count, at + 1);
  --node.count;
}

/// REQUIRES: `key` is below `node`.
ObjectPtr erase_from(TreeNodePtr& node, TreeKey key) {
  own(node);
  if (node->is_leaf) {
    Leaf& target = leaf(node.get());
    const std::size_t at = lower_bound(target, key);
    ObjectPtr erased = std::move(target.items[at]);
    erase_at(target.items, target.count, at);
    --target.count;
    return erased;
  }

  Inner& target = inner(node.get());
  const std::size_t at = child_of(target, key);
  ObjectPtr erased = erase_from(target.children[at], key);
  if (target.children[at]->count == 0) {
    erase_at(target.children, target.count, at);
    erase_at(target.firsts, target.count, at);
    --target.count;
    return erased;
  }
  target.firsts[at] = first_of(target.children[at].get());
  if (target.children[at]->count < kFewest) {
    join_with_next(target, at);
    if (at > 0) {
      join_with_next(target, at - 1);
    }
  }
  return erased;
}

using Visit = std::function<bool(const ObjectPtr&)>;

bool visit_all(TreeNode* node, const Visit& visit) {
  for (std::size_t i = 0; i < node->count; ++i) {
    const bool goes_on = node->is_leaf ? visit(leaf(node).items[i])
                                       : visit_all(inner(node).children[i].get(), visit);
    if (!goes_on) {
      return false;
    }
  }
  return true;
}

bool visit_after(TreeNode* node, TreeKey key, const Visit& visit) {
  if (node->is_leaf) {
    const Leaf& source = leaf(node);
    std::size_t at = lower_bound(source, key);
    if (at < source.count && tree_key_of(*source.items[at]) == key) {
      ++at;
    }
    for (; at < source.count; ++at) {
      if (!visit(source.items[at])) {
        return false;
      }
    }
    return true;
  }
  const Inner& source = inner(node);
  std::size_t at = child_of(source, key);
  if (!visit_after(source.children[at].get(), key, visit)) {
    return false;
  }
  for (++at; at < source.count; ++at) {
    if (!visit_all(source.children[at].get(), visit)) {
      return false;
    }
  }
  return true;
}

}  // namespace

TreeNodePtr::TreeNodePtr(const TreeNodePtr& other) : node_(other.node_) {
  if (node_ != nullptr) {
    node_->references.fetch_add(1, std::memory_order_relaxed);
  }
}

TreeNodePtr::~TreeNodePtr() {
  if (node_ == nullptr || node_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
  if (node_->is_leaf) {
    delete &leaf(node_);
  } else {
    delete &inner(node_);
  }
}

const ObjectPtr* Snapshot::Tree::find(TreeKey key) const {
  TreeNode* node = root_.get();
  if (node == nullptr) {
    return nullptr;
  }
  while (!node->is_leaf) {
    node = inner(node).children[child_of(inner(node), key)].get();
  }
  const Leaf& source = leaf(node);
  const std::size_t at = lower_bound(source, key);
  const bool found = at < source.count && tree_key_of(*source.items[at]) == key;
  return found ? &source.items[at] : nullptr;
}

void Snapshot::Tree::scan_after(TreeKey key, const Visit& visit) const {
  if (root_) {
    visit_after(root_.get(), key, visit);
  }
}

ObjectPtr Snapshot::Tree::put(ObjectPtr object) {
  if (!root_) {
    root_ = TreeNodePtr(new Leaf);
  }
  Put put{std::move(object), nullptr};
  TreeNodePtr right = put_into(root_, put);
  if (right) {
    auto* root = new Inner;
    root->firsts[0] = first_of(root_.get());
    root->firsts[1] = first_of(right.get());
    root->children[0] = std::move(root_);
    root->children[1] = std::move(right);
    root->count = 2;
    root_ = TreeNodePtr(root);
  }
  size_ += put.replaced == nullptr ? 1U : 0U;
  return std::move(put.replaced);
}

ObjectPtr Snapshot::Tree::erase(TreeKey key) {
  if (find(key) == nullptr) {
    return nullptr;
  }
  ObjectPtr erased = erase_from(root_, key);
  --size_;
  if (size_ == 0) {
    root_ = TreeNodePtr();
    return erased;
  }
  while (!root_->is_leaf && root_->count == 1) {
    // Copied before the assignment ends the node that holds it.
    TreeNodePtr only = inner(root_.get()).children[0];
    root_ = std::move(only);
  }
  return erased;
}

}  // namespace pintle::store
