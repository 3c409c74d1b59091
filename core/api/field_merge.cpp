// What an applied configuration makes of an object, and what goes with what it no longer names.

#include <algorithm>
#include <set>

#include "core/api/field_walk.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

using Form = Place::Form;

bool is_empty(const Json& value) {
  if (const auto* list = value.if_array()) {
    return list->empty();
  }
  const auto* object = value.if_object();
  return value.is_null() || (object != nullptr && object->empty());
}

class Merger {
 public:
  void merge(const Place& place, Json& target, const Json& config) {
    const bool leaf = place.form == Form::kLeaf ||
                      (place.form == Form::kFree && !(target.is_object() && config.is_object()));
    if (leaf || is_empty(target)) {
      target = config;
    } else if (is_empty(config)) {
      return;  // An empty list or map says nothing about what is in it.
    } else if (place.is_list()) {
      list(place, target.as_array(), config.as_array());
    } else {
      object(place, target.as_object(), config.as_object());
    }
  }

 private:
  void object(const Place& place, JsonObject& target, const JsonObject& config) {
    for (const auto& member : config) {
      const auto below = place.member(member.key());
      if (!below) {
        continue;
      }
      if (Json* there = target.if_contains(member.key())) {
        merge(*below, *there, member.value());
      } else {
        target.emplace(member.key(), member.value());
      }
    }
  }

  /// Items of `config` stand in their order; those that only `target` has stay where they were
  /// between the ones that both have.
  void list(const Place& place, JsonArray& target, const JsonArray& config) {
    const auto left = index_items(place, &target, pool_);
    const auto right = index_items(place, &config, pool_);
    std::vector<std::string_view> shared;
    for (const auto& item : right.in_order) {
      if (left.find(item.element) != nullptr) {
        shared.push_back(item.element);
      }
    }
    JsonArray out(target.storage());
    out.reserve(std::max(target.size(), config.size()));
    std::set<std::string_view> done;
    auto next_shared = shared.begin();
    auto l = left.in_order.begin();
    auto r = right.in_order.begin();
    while (l != left.in_order.end() || r != right.in_order.end()) {
      const bool both = l != left.in_order.end() && r != right.in_order.end();
      if (both && l->element == r->element) {
        done.insert(l->element);
        out.push_back(merged(place, target, left, *r));
        ++l;
        ++r;
        next_shared += next_shared == shared.end() ? 0 : 1;
        continue;
      }
      if (both && right.find(l->element) != nullptr && next_shared != shared.end() &&
          *next_shared != l->element) {
        ++l;  // Both have it, but another one comes first.
        continue;
      }
      if (l != left.in_order.end() && right.find(l->element) == nullptr) {
        out.push_back(std::move(target[l->index]));
        ++l;
        continue;
      }
      if (l != left.in_order.end() && done.contains(l->element)) {
        ++l;
      }
      if (r != right.in_order.end()) {
        done.insert(r->element);
        out.push_back(merged(place, target, left, *r));
        if (next_shared != shared.end() && *next_shared == r->element) {
          ++next_shared;
        }
        ++r;
      }
    }
    target = std::move(out);
  }

  /// The item of `left` that `item` is about, merged with it. Duplicates of old are replaced.
  Json merged(const Place& place, JsonArray& target, const Items& left, const Items::Item& item) {
    const auto* there = left.find(item.element);
    const bool single = there != nullptr && (there + 1 == left.sorted.data() + left.sorted.size() ||
                                             there[1].element != item.element);
    if (!single) {
      return Json(*item.value, target.storage());
    }
    Json value = std::move(target[there->index]);
    merge(place.item(), value, *item.value);
    return value;
  }

  FieldPool pool_;
};

/// Removes what `last` names and `owned` does not. Of structs' fields those count as named that
/// something below them is; a list's or a map's entry only if it is named itself.
class Remover {
 public:
  /// Where one stands: whether something above was named, and whether it is gone for its owner.
  struct Above {
    bool named = false;
    bool gone = false;
    int level = 0;  // 0 the object itself, 1 its metadata.
  };

  void object(const Place& place, JsonObject& target, const FieldNode* last, const FieldNode* owned,
              const Above& above) {
    for (; last != nullptr; last = last->next) {
      if (last->element.front() != 'f') {
        continue;
      }
      const auto key = last->element.substr(2);
      Json* there = target.if_contains(key);
      const auto below = place.member(key);
      if (there == nullptr || !below) {
        continue;
      }
      const FieldNode* owner = advance(owned, last->element);
      const bool root_metadata = above.level == 0 && key == "metadata";
      const bool struct_field = place.form == Form::kStruct;
      const bool named = last->member || (struct_field && last->children != nullptr);
      const bool kept = root_metadata || is_named(owner, struct_field);
      const bool gone = above.gone || ((named || above.named) && !kept);
      if (gone && named) {
        target.erase(key);
      } else if (last->children != nullptr) {
        descend(*below, *there, *last, owner,
                {.named = named || above.named, .gone = gone, .level = root_metadata ? 1 : 2});
      }
    }
  }

 private:
  static bool is_named(const FieldNode* node, bool struct_field) {
    return node != nullptr && (node->member || (struct_field && node->children != nullptr));
  }

  /// The sibling called `element`, from `at` on, which is moved up to it: both lists are sorted.
  static const FieldNode* advance(const FieldNode*& at, std::string_view element) {
    while (at != nullptr && is_before(at->element, element)) {
      at = at->next;
    }
    return at != nullptr && at->element == element ? at : nullptr;
  }

  void descend(const Place& place, Json& value, const FieldNode& last, const FieldNode* owner,
               const Above& above) {
    const FieldNode* owned = owner == nullptr ? nullptr : owner->children;
    if (place.is_object() && value.is_object()) {
      object(place, value.get_object(), last.children, owned, above);
    } else if (place.is_list() && value.is_array()) {
      list(place, value.get_array(), last.children, owned, above);
    }
    if (is_empty(value)) {
      value = nullptr;  // Which a decoder forgets; its owner named no more than what was in it.
    }
  }

  void list(const Place& place, JsonArray& target, const FieldNode* last, const FieldNode* owned,
            const Above& above) {
    const auto items = index_items(place, &target, pool_);
    std::vector<bool> removed(target.size());
    bool any = false;
    for (; last != nullptr; last = last->next) {
      const FieldNode* owner = advance(owned, last->element);
      const bool named = last->member || above.named;
      const bool gone = above.gone || (named && !is_named(owner, false));
      const auto* item = items.find(last->element);
      const auto* end = items.sorted.data() + items.sorted.size();
      for (; item != nullptr && item != end && item->element == last->element; ++item) {
        if (gone && last->member) {
          removed[item->index] = true;
          any = true;
        } else if (last->children != nullptr) {
          descend(place.item(), target[item->index], *last, owner,
                  {.named = named, .gone = gone, .level = 2});
        }
      }
    }
    if (!any) {
      return;
    }
    JsonArray kept(target.storage());
    for (std::size_t i = 0; i < target.size(); ++i) {
      if (!removed[i]) {
        kept.push_back(std::move(target[i]));
      }
    }
    target = std::move(kept);
  }

  FieldPool pool_;
};

}  // namespace

void merge_applied(const Type& type, Json& target, const Json& config) {
  Merger().merge(root_place(type), target, config);
}

void remove_dropped(const Type& type, Json& target, const FieldSet& last, const FieldSet& owned) {
  if (target.is_object()) {
    Remover().object(root_place(type), target.get_object(), last.first(), owned.first(),
                     Remover::Above());
  }
}

}  // namespace pintle::api
