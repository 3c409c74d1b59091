// How an object's bytes are put together once, at commit, and its tree on first use.

#include "core/object/object.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle {

std::string to_text(const Key& key) {
  return key.ns.empty() ? concat({key.resource, "/", key.name})
                        : concat({key.resource, "/", key.ns, "/", key.name});
}

const std::string* find_text(const TextPairs& pairs, std::string_view name) {
  const auto found = std::lower_bound(
      pairs.begin(), pairs.end(), name,
      [](const auto& pair, std::string_view wanted) { return pair.first < wanted; });
  return found != pairs.end() && found->first == name ? &found->second : nullptr;
}

/// The parsed object with the arena it lies in: freed at once, without a walk.
struct Object::Tree {
  explicit Tree(std::size_t json_size) : arena(json_size * 3), value(nullptr, &arena) {}

  JsonArena arena;
  Json value;
};

Object::Object(Key key, Revision revision, Draft draft)
    : key_(std::move(key)),
      revision_(revision),
      type_size_(draft.type_size),
      hole_at_(static_cast<std::uint32_t>(draft.head.size())),
      uid_(std::move(draft.uid)),
      labels_(std::move(draft.labels)),
      fields_(std::move(draft.fields)) {
  const std::string number = std::to_string(revision);
  json_ = concat({draft.head, "\"resourceVersion\":\"", number, "\",", draft.tail});
  hole_size_ = static_cast<std::uint32_t>(json_.size() - draft.head.size() - draft.tail.size());
  labels_.shrink_to_fit();
  fields_.shrink_to_fit();
}

Object::~Object() = default;

const Json& Object::tree() const {
  std::call_once(parsed_, [this] {
    auto tree = std::make_unique<Tree>(json_.size());
    // What is stored was accepted once; its limits were checked then.
    auto parsed = parse_json(json_, &tree->arena, {.max_bytes = json_.size(), .max_depth = 1024});
    PINTLE_ASSERT(parsed.ok());
    tree->value = std::move(parsed.value().value);
    tree_ = std::move(tree);
  });
  return tree_->value;
}

Draft Object::to_draft() const {
  return {.head = json_.substr(0, hole_at_),
          .tail = json_.substr(hole_at_ + hole_size_),
          .type_size = type_size_,
          .uid = uid_,
          .labels = labels_,
          .fields = fields_};
}

std::string_view to_text(Event::Type type) {
  switch (type) {
    case Event::Type::kAdded:
      return "ADDED";
    case Event::Type::kModified:
      return "MODIFIED";
    case Event::Type::kDeleted:
      return "DELETED";
  }
  return "";
}

}  // namespace pintle
