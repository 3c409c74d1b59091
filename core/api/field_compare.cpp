// What an object has, and how two of them differ, as sets of fields.

#include <algorithm>
#include <array>
#include <span>

#include "core/api/field_walk.hpp"
#include "core/object/equal.hpp"

namespace pintle::api {
namespace {

using Form = Place::Form;

bool is_empty(const Json* value) {
  if (value == nullptr || value->is_null()) {
    return true;
  }
  if (const auto* list = value->if_array()) {
    return list->empty();
  }
  const auto* object = value->if_object();
  return object != nullptr && object->empty();
}

int level_below(int level, std::string_view key) {
  return level == 0 && key == "metadata" ? 1 : 2;
}

class Collector {
 public:
  explicit Collector(FieldPool& pool) : pool_(pool) {}

  const FieldNode* object(const Place& place, const JsonObject& members, int level) {
    const std::size_t base = nodes_.size();
    for (const auto& member : members) {
      const std::string_view key = member.key();
      const auto below = place.member(key);
      if (!below || is_unowned(key, level)) {
        continue;
      }
      const Json& value = member.value();
      const auto* children = this->children(*below, value, level_below(level, key));
      const bool is_metadata = level == 0 && key == "metadata";
      const bool is_member = place.form != Form::kStruct || is_whole(*below, value) ||
                             value.is_null() || (value.is_object() && value.get_object().empty());
      if (children != nullptr || (is_member && !is_metadata)) {
        nodes_.push_back(
            pool_.make_node(field_element(key, pool_), is_member && !is_metadata, children));
      }
    }
    return link_siblings(nodes_, base, pool_);
  }

 private:
  static bool is_whole(const Place& place, const Json& value) {
    return place.form == Form::kLeaf || (place.form == Form::kFree && !value.is_object());
  }

  const FieldNode* children(const Place& place, const Json& value, int level) {
    if (place.is_object() && value.is_object()) {
      return object(place, value.get_object(), level);
    }
    if (!place.is_list() || !value.is_array()) {
      return nullptr;
    }
    const std::size_t base = nodes_.size();
    for (const Json& item : value.get_array()) {
      const auto element = element_of(place, item, pool_);
      if (element.ok()) {
        const auto* below = children(place.item(), item, 2);
        nodes_.push_back(pool_.make_node(element.value(), true, below));
      }
    }
    return link_siblings(nodes_, base, pool_);
  }

  FieldPool& pool_;
  std::vector<FieldNode*> nodes_;  // Those of the containers that are open, one after the other.
};

bool same_contained(const Field& field, const Json& a, const Json& b);

/// Equal to Go: what is always shown counts as there.
bool same_structs(const Type& type, const JsonObject& a, const JsonObject& b) {
  const auto same_member = [&](std::string_view key) {
    const Field* field = type.find(key);
    const Json* x = effective(field, a.if_contains(key));
    const Json* y = effective(field, b.if_contains(key));
    if (x == nullptr || y == nullptr || x == y) {
      return x == y;
    }
    return field == nullptr ? is_equal(*x, *y) : same_contained(*field, *x, *y);
  };
  return std::ranges::all_of(a, [&](const auto& member) { return same_member(member.key()); }) &&
         std::ranges::all_of(b, [&](const auto& member) {
           return a.contains(member.key()) || same_member(member.key());
         });
}

bool same_items(const Field& field, const Json& a, const Json& b) {
  if (field.shape == Shape::kObject && a.is_object() && b.is_object()) {
    return same_structs(*field.type, a.get_object(), b.get_object());
  }
  return is_equal(a, b);
}

bool same_contained(const Field& field, const Json& a, const Json& b) {
  if (field.container == Container::kList && a.is_array() && b.is_array()) {
    return std::ranges::equal(a.get_array(), b.get_array(), [&field](const Json& x, const Json& y) {
      return same_items(field, x, y);
    });
  }
  return field.container == Container::kMap ? is_equal(a, b) : same_items(field, a, b);
}

bool same_leaves(const Place& place, const Json& a, const Json& b) {
  return place.field == nullptr ? is_equal(a, b) : same_contained(*place.field, a, b);
}

/// What was found at one place: whether it is itself in each of the three sets, and what is below.
struct Found {
  enum Set : std::uint8_t { kAdded, kModified, kRemoved };
  std::array<bool, 3> self{};
  std::array<const FieldNode*, 3> below{};

  void mark(const Json* live, const Json* next) {
    if (live == nullptr) {
      self[kAdded] = true;
    } else if (next == nullptr) {
      self[kRemoved] = true;
    }
  }
};

class Comparer {
 public:
  explicit Comparer(FieldPool& pool) : pool_(pool) {}

  /// `live` or `next` is null where there is nothing; both are never.
  Found visit(const Place& place, const Json* live, const Json* next, int level) {
    if (place.is_list()) {
      return is_empty(live) && is_empty(next) ? leaf(place, live, next) : list(place, live, next);
    }
    const auto fits = [](const Json* value) {
      return value == nullptr || value->is_null() || value->is_object();
    };
    const bool any_object =
        (live != nullptr && live->is_object()) || (next != nullptr && next->is_object());
    if (!place.is_object() || !any_object || !fits(live) || !fits(next)) {
      return leaf(place, live, next);
    }
    const bool shows = place.form == Form::kStruct && !place.type->shown.empty();
    if (!shows && is_empty(live) && is_empty(next)) {
      return leaf(place, live, next);
    }
    return object(place, live, next, level);
  }

 private:
  static Found leaf(const Place& place, const Json* live, const Json* next) {
    Found found;
    found.mark(live, next);
    if (live != nullptr && next != nullptr && live != next && !same_leaves(place, *live, *next)) {
      found.self[Found::kModified] = true;
    }
    return found;
  }

  struct Bases {
    std::array<std::size_t, 3> at{};
  };
  Bases bases() const { return {{nodes_[0].size(), nodes_[1].size(), nodes_[2].size()}}; }

  void close(const Bases& bases, Found& found) {
    for (std::size_t set = 0; set < 3; ++set) {
      found.below[set] = link_siblings(nodes_[set], bases.at[set], pool_);
    }
  }

  template <typename MakeElement>
  void keep(const Found& found, const MakeElement& make_element) {
    std::string_view element;
    for (std::size_t set = 0; set < 3; ++set) {
      if (found.self[set] || found.below[set] != nullptr) {
        element = element.empty() ? make_element() : element;
        nodes_[set].push_back(pool_.make_node(element, found.self[set], found.below[set]));
      }
    }
  }

  Found object(const Place& place, const Json* live, const Json* next, int level) {
    const auto before = bases();
    const JsonObject* was = live == nullptr ? nullptr : live->if_object();
    const JsonObject* will = next == nullptr ? nullptr : next->if_object();
    const auto member = [&](std::string_view key, const Json* a, const Json* b) {
      const auto below = place.member(key);
      if (!below || is_unowned(key, level)) {
        return;
      }
      if (place.form == Form::kStruct) {
        a = live == nullptr ? nullptr : effective(below->field, a);
        b = next == nullptr ? nullptr : effective(below->field, b);
      }
      if (a != b) {
        keep(visit(*below, a, b, level_below(level, key)),
             [&] { return field_element(key, pool_); });
      }
    };
    if (will != nullptr) {
      for (const auto& one : *will) {
        member(one.key(), was == nullptr ? nullptr : was->if_contains(one.key()), &one.value());
      }
    }
    if (was != nullptr) {
      for (const auto& one : *was) {
        if (will == nullptr || !will->contains(one.key())) {
          member(one.key(), &one.value(), nullptr);
        }
      }
    }
    if (place.form == Form::kStruct && (live == nullptr || next == nullptr)) {
      for (const auto index : place.type->shown) {
        const auto key = place.type->fields[index].name;
        if ((was == nullptr || !was->contains(key)) && (will == nullptr || !will->contains(key))) {
          member(key, nullptr, nullptr);
        }
      }
    }
    Found found;
    close(before, found);
    found.mark(live, next);
    return found;
  }

  Found list(const Place& place, const Json* live, const Json* next) {
    Found found;
    if (live != nullptr && next != nullptr && is_equal(*live, *next)) {
      return found;
    }
    const auto before = bases();
    const auto was = index_items(place, live == nullptr ? nullptr : live->if_array(), pool_);
    const auto will = index_items(place, next == nullptr ? nullptr : next->if_array(), pool_);
    auto a = was.sorted.begin();
    auto b = will.sorted.begin();
    while (a != was.sorted.end() || b != will.sorted.end()) {
      const bool from_a =
          b == will.sorted.end() || (a != was.sorted.end() && !is_before(b->element, a->element));
      const auto element = from_a ? a->element : b->element;
      const auto end_of = [&](auto at, const Items& items) {
        while (at != items.sorted.end() && at->element == element) {
          ++at;
        }
        return at;
      };
      const auto a_end = end_of(a, was);
      const auto b_end = end_of(b, will);
      keep(items(place, {a, a_end}, {b, b_end}), [element] { return element; });
      a = a_end;
      b = b_end;
    }
    close(before, found);
    found.mark(live, next);
    return found;
  }

  using Same = std::span<const Items::Item>;

  /// The items of one element on both sides: at most one each, but for duplicates of old, which
  /// are owned together.
  Found items(const Place& place, Same live, Same next) {
    const auto first = [](Same items) { return items.empty() ? nullptr : items.front().value; };
    if (live.size() <= 1 && next.size() <= 1) {
      return first(live) == first(next) ? Found()
                                        : visit(place.item(), first(live), first(next), 2);
    }
    Found found;
    if (live.size() >= 2 && next.size() >= 2) {
      found.self[Found::kModified] =
          !std::ranges::equal(live, next, [&](const Items::Item& x, const Items::Item& y) {
            return same_items(*place.field, *x.value, *y.value);
          });
      return found;
    }
    if (live.size() >= 2) {
      found = next.empty() ? found : visit(place.item(), nullptr, first(next), 2);
      found.self[Found::kRemoved] = true;
      return found;
    }
    found = live.empty() ? found : visit(place.item(), first(live), nullptr, 2);
    found.self[Found::kAdded] = true;
    return found;
  }

  FieldPool& pool_;
  std::array<std::vector<FieldNode*>, 3> nodes_;  // Of the containers that are open, per set.
};

}  // namespace

FieldSet fields_of(const Type& type, const Json& config, FieldPool& pool) {
  if (!config.is_object()) {
    return {};
  }
  return FieldSet(Collector(pool).object(root_place(type), config.get_object(), 0));
}

Changes compare(const Type& type, const Json& live, const Json& next, FieldPool& pool) {
  const auto found = Comparer(pool).visit(root_place(type), &live, &next, 0);
  return {.added = FieldSet(found.below[Found::kAdded]),
          .modified = FieldSet(found.below[Found::kModified]),
          .removed = FieldSet(found.below[Found::kRemoved])};
}

}  // namespace pintle::api
