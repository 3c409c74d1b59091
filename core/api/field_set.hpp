// Field sets: which fields of an object somebody owns, and FieldsV1, the JSON that says so.
//
// A set is a tree of path elements, spelled as FieldsV1 spells them: `f:spec` a field or a map's
// key, `k:{"name":"a"}` an item by its keys, `v:"a"` an item by its value, `i:0` one by its place.
// Sets never change once made: what an operation returns shares nodes with what it was given.
// Source: structured-merge-diff v4 fieldpath, and its FieldsV1.

#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "core/object/json.hpp"

namespace pintle::api {

/// A node is a member, or has children, or both.
struct FieldNode {
  std::string_view element;
  const FieldNode* children = nullptr;  // The first of them, in order.
  const FieldNode* next = nullptr;      // The next sibling.
  bool member = false;
};

/// What the nodes of many sets live in; freed at once. Outlives every set made in it.
class FieldPool {
 public:
  FieldNode* make_node(std::string_view element, bool member, const FieldNode* children);
  /// A copy of `text` that lives as long as the pool.
  std::string_view keep(std::string_view text);

 private:
  std::array<std::byte, 4096> first_;
  std::pmr::monotonic_buffer_resource memory_{first_.data(), first_.size()};
};

class FieldSet {
 public:
  FieldSet() = default;
  explicit FieldSet(const FieldNode* first) : first_(first) {}

  bool empty() const { return first_ == nullptr; }
  const FieldNode* first() const { return first_; }
  std::size_t size() const;  // Members.

  friend bool operator==(const FieldSet& a, const FieldSet& b);

 private:
  const FieldNode* first_ = nullptr;
};

/// The order of elements in a set: fields, items by keys, by value, by place; numbers by value.
bool is_before(std::string_view a, std::string_view b);

/// The nodes from the `from`th on as siblings: sorted, equal ones made one; they leave `nodes`.
const FieldNode* link_siblings(std::vector<FieldNode*>& nodes, std::size_t from, FieldPool& pool);

/// The node called `element` among `siblings`; null where there is none.
const FieldNode* find_node(const FieldNode* siblings, std::string_view element);

FieldSet unite(const FieldSet& a, const FieldSet& b, FieldPool& pool);
FieldSet intersect(const FieldSet& a, const FieldSet& b, FieldPool& pool);
/// The members of `a` that are not in `b`: what lies below a member of `b` stays.
FieldSet subtract(const FieldSet& a, const FieldSet& b, FieldPool& pool);

/// Makes sets out of FieldsV1. Members of an unknown kind are passed over, as Kubernetes does.
/// Errors: kBadRequest for what is no FieldsV1.
Result<FieldSet> parse_fields_v1(const Json& fields, FieldPool& pool);
Result<FieldSet> parse_fields_v1(const JsonObject& fields, FieldPool& pool);

/// Compact FieldsV1, made in `storage`.
JsonObject to_fields_v1(const FieldSet& set, const JsonStorage& storage);

/// Whether a FieldsV1 as it is stored shares a member with `set`. Cheap where `set` is small.
bool touches(const JsonObject& fields, const FieldSet& set);

/// `.spec.containers[name="a"].image` of every member: those of a level before those below it.
std::vector<std::string> to_paths(const FieldSet& set);

/// One element as a path shows it: `.spec`, `[name="a"]`, `[="a"]`, `[0]`.
std::string to_path_text(std::string_view element);

}  // namespace pintle::api
