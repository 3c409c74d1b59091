// Strategic merge: a patch in the object's own shape, whose lists merge by key.
//
// Source: apimachinery util/strategicpatch StrategicMergeMapPatch and its order of elements.

#include <algorithm>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";

Error bad_format(std::string_view directive) {
  return {Code::kBadRequest, concat({"invalid patch format of ", directive})};
}

bool is_directive(std::string_view key) {
  return key == kDirective || key == kRetainKeys || key.starts_with(kOrderPrefix) ||
         key.starts_with(kDeletePrefix);
}

/// A copy of `patch` for where there is nothing to merge it with: no directives, no nulls.
Json without_directives(const Json& patch, const JsonStorage& storage) {
  if (patch.is_object()) {
    JsonObject kept(storage);
    for (const auto& member : patch.get_object()) {
      if (!is_directive(member.key()) && !member.value().is_null()) {
        kept.emplace(member.key(), without_directives(member.value(), storage));
      }
    }
    return kept;
  }
  if (patch.is_array()) {
    JsonArray kept(storage);
    for (const Json& item : patch.get_array()) {
      if (text_at(item, {kDirective}).empty()) {
        kept.push_back(without_directives(item, storage));
      }
    }
    return kept;
  }
  return Json(patch, storage);
}

/// A list's item as its list knows it: by merge key, or by itself where items are no objects.
const Json* identity_of(const Json& item, std::string_view merge_key) {
  return item.is_object() ? find_member(item, merge_key) : &item;
}

const Json* find_same(const JsonArray& list, const Json& item, std::string_view merge_key) {
  const Json* wanted = identity_of(item, merge_key);
  for (const Json& candidate : list) {
    const Json* have = identity_of(candidate, merge_key);
    if (wanted != nullptr && have != nullptr && *have == *wanted) {
      return &candidate;
    }
  }
  return nullptr;
}

std::ptrdiff_t place_of(const JsonArray& list, const Json& item, std::string_view merge_key) {
  const Json* found = find_same(list, item, merge_key);
  return found == nullptr ? -1 : found - list.data();
}

/// `merged` in the order Kubernetes gives it: items in `wanted` stand as there, the others as they
/// stood in `before`, and the two are zipped where `before` knows both.
JsonArray in_order(const JsonArray& merged, const JsonArray& wanted, const JsonArray& before,
                   std::string_view merge_key) {
  std::vector<const Json*> asked;
  std::vector<const Json*> others;
  for (const Json& item : merged) {
    (place_of(wanted, item, merge_key) >= 0 ? asked : others).push_back(&item);
  }
  const auto by_place_in = [merge_key](const JsonArray& list) {
    return [&list, merge_key](const Json* a, const Json* b) {
      return place_of(list, *a, merge_key) < place_of(list, *b, merge_key);
    };
  };
  std::stable_sort(asked.begin(), asked.end(), by_place_in(wanted));
  std::stable_sort(others.begin(), others.end(), by_place_in(before));
  JsonArray ordered(merged.storage());
  ordered.reserve(merged.size());
  auto left = others.begin();
  auto right = asked.begin();
  while (left != others.end() || right != asked.end()) {
    bool takes_left = right == asked.end();
    if (left != others.end() && right != asked.end()) {
      const auto a = place_of(before, **left, merge_key);
      const auto b = place_of(before, **right, merge_key);
      takes_left = a >= 0 && b >= 0 && a < b;
    }
    ordered.push_back(takes_left ? **left++ : **right++);
  }
  return ordered;
}

class Merger {
 public:
  explicit Merger(JsonStorage storage) : storage_(std::move(storage)) {}

  /// `type` is null within free JSON, where maps merge and lists are replaced.
  Result<void> map(const Type* type, JsonObject& target, const JsonObject& patch) {
    if (const Json* directive = patch.if_contains(kDirective)) {
      PINTLE_TRY(const bool done, whole_map(*directive, target, patch));
      if (done) {
        return {};
      }
    }
    PINTLE_TRY_STATUS(retain_keys(target, patch));
    PINTLE_TRY_STATUS(set_orders(type, target, patch));
    for (const auto& member : patch) {
      const std::string_view key = member.key();
      if (key.starts_with(kDeletePrefix)) {
        PINTLE_TRY_STATUS(delete_items(target, key, member.value()));
      } else if (!is_directive(key) && !is_ordered(patch, key)) {
        PINTLE_TRY_STATUS(merge_member(field_of(type, key), target, key, member.value()));
      }
    }
    return {};
  }

 private:
  static const Field* field_of(const Type* type, std::string_view key) {
    return type == nullptr ? nullptr : type->find(key);
  }

  static bool is_ordered(const JsonObject& patch, std::string_view key) {
    return patch.contains(concat({kOrderPrefix, key}));
  }

  /// True if the directive said all there is to do.
  Result<bool> whole_map(const Json& directive, JsonObject& target, const JsonObject& patch) {
    const auto text =
        directive.is_string() ? std::string_view(directive.get_string()) : std::string_view();
    if (text == "replace") {
      target = without_directives(Json(patch, storage_), storage_).get_object();
      return true;
    }
    if (text == "delete") {
      target.clear();
      return true;
    }
    if (text == "merge") {
      return false;
    }
    return Error(Code::kInvalid, concat({"unknown patch type found: ", to_json(directive)}));
  }

  static Result<void> retain_keys(JsonObject& target, const JsonObject& patch) {
    const Json* directive = patch.if_contains(kRetainKeys);
    if (directive == nullptr) {
      return {};
    }
    if (!directive->is_array()) {
      return bad_format(kRetainKeys);
    }
    const JsonArray& retained = directive->get_array();
    const auto keeps = [&retained](std::string_view key) {
      return std::any_of(retained.begin(), retained.end(), [key](const Json& one) {
        return one.is_string() && std::string_view(one.get_string()) == key;
      });
    };
    for (const auto& member : patch) {
      if (!is_directive(member.key()) && !member.value().is_null() && !keeps(member.key())) {
        return bad_format(kRetainKeys);
      }
    }
    for (auto member = target.begin(); member != target.end();) {
      member = keeps(member->key()) ? member + 1 : target.erase(member);
    }
    return {};
  }

  /// Every `$setElementOrder/x`: merges x, then brings it into the order asked for.
  Result<void> set_orders(const Type* type, JsonObject& target, const JsonObject& patch) {
    for (const auto& member : patch) {
      const std::string_view directive = member.key();
      if (!directive.starts_with(kOrderPrefix)) {
        continue;
      }
      if (!member.value().is_array()) {
        return bad_format("$setElementOrder list");
      }
      const auto name = directive.substr(kOrderPrefix.size());
      PINTLE_TRY_STATUS(set_order(field_of(type, name), target, name, patch.if_contains(name),
                                  member.value().get_array()));
    }
    return {};
  }

  Result<void> set_order(const Field* field, JsonObject& target, std::string_view name,
                         const Json* patch, const JsonArray& order) {
    const auto merge_key = field == nullptr ? std::string_view() : field->patch_merge_key;
    if (patch != nullptr && patch->is_null()) {
      target.erase(name);
      return {};
    }
    if (patch != nullptr && !patch->is_array()) {
      return bad_format("$setElementOrder list");
    }
    Json* there = target.if_contains(name);
    const JsonArray before =
        there != nullptr && there->is_array() ? there->get_array() : JsonArray(storage_);
    if (patch != nullptr) {
      PINTLE_TRY_STATUS(check_order(patch->get_array(), order, merge_key));
      PINTLE_TRY_STATUS(merge_member(field, target, name, *patch));
    }
    there = target.if_contains(name);
    if (there != nullptr && there->is_array()) {
      *there = in_order(there->get_array(), order, before, merge_key);
    }
    return {};
  }

  /// The patch's own items must stand in `order`, in that order.
  static Result<void> check_order(const JsonArray& patch, const JsonArray& order,
                                  std::string_view merge_key) {
    std::ptrdiff_t last = -1;
    for (const Json& item : patch) {
      if (!text_at(item, {kDirective}).empty()) {
        continue;
      }
      const auto place = place_of(order, item, merge_key);
      if (place < last || place < 0) {
        return Error(Code::kBadRequest,
                     concat({"The order in patch list:\n", to_json(patch),
                             "\n doesn't match $setElementOrder list:\n", to_json(order), "\n"}));
      }
      last = place;
    }
    return {};
  }

  static Result<void> delete_items(JsonObject& target, std::string_view directive,
                                   const Json& items) {
    if (!items.is_array()) {
      return bad_format("primitive list");
    }
    Json* list = target.if_contains(directive.substr(kDeletePrefix.size()));
    if (list == nullptr || !list->is_array()) {
      return {};
    }
    JsonArray& kept = list->get_array();
    for (const Json& item : items.get_array()) {
      for (auto at = kept.begin(); at != kept.end();) {
        at = *at == item ? kept.erase(at) : at + 1;
      }
    }
    return {};
  }

  Result<void> merge_member(const Field* field, JsonObject& target, std::string_view key,
                            const Json& patch) {
    if (patch.is_null()) {
      target.erase(key);
      return {};
    }
    Json* there = target.if_contains(key);
    if (there != nullptr && there->is_object() && patch.is_object()) {
      return merge_object(field, *there, patch.get_object());
    }
    if (patch.is_array() && field != nullptr && field->merges) {
      if (there == nullptr || !there->is_array()) {
        target[key].emplace_array();
        there = target.if_contains(key);
      }
      return list(*field, there->get_array(), patch.get_array());
    }
    target[key] = without_directives(patch, storage_);
    return {};
  }

  Result<void> merge_object(const Field* field, Json& there, const JsonObject& patch) {
    if (field == nullptr || field->container != Container::kMap) {
      const bool is_typed = field != nullptr && field->shape == Shape::kObject;
      return map(is_typed ? field->type : nullptr, there.get_object(), patch);
    }
    if (const Json* directive = patch.if_contains(kDirective)) {
      PINTLE_TRY(const bool done, whole_map(*directive, there.get_object(), patch));
      if (done) {
        return {};
      }
    }
    Field value = *field;
    value.container = Container::kNone;
    for (const auto& entry : patch) {
      if (!is_directive(entry.key())) {
        PINTLE_TRY_STATUS(merge_member(&value, there.get_object(), entry.key(), entry.value()));
      }
    }
    return {};
  }

  Result<void> list(const Field& field, JsonArray& target, const JsonArray& patch) {
    const JsonArray before = target;
    if (field.shape != Shape::kObject) {
      for (const Json& item : patch) {
        if (find_same(target, item, "") == nullptr) {
          target.push_back(item);
        }
      }
      target = in_order(target, patch, before, "");
      return {};
    }
    JsonArray plain(storage_);
    bool replaces = false;
    for (const Json& item : patch) {
      PINTLE_TRY_STATUS(take_item(field, target, item, plain, replaces));
    }
    if (replaces) {
      target.clear();
    }
    for (const Json& item : plain) {
      PINTLE_TRY_STATUS(merge_item(field, target, item));
    }
    target =
        in_order(target, plain, replaces ? JsonArray(storage_) : before, field.patch_merge_key);
    return {};
  }

  /// Obeys an item's directive, or puts the item with the plain ones.
  static Result<void> take_item(const Field& field, JsonArray& target, const Json& item,
                                JsonArray& plain, bool& replaces) {
    if (!item.is_object()) {
      return Error(Code::kInvalid, concat({"expected an object in a list of ", field.type->name}));
    }
    const Json* directive = find_member(item, kDirective);
    if (directive == nullptr) {
      if (find_member(item, field.patch_merge_key) == nullptr) {
        return no_merge_key(field, item);
      }
      plain.push_back(item);
      return {};
    }
    if (*directive == "replace") {
      replaces = true;
      return {};
    }
    if (*directive != "delete") {
      return Error(Code::kInvalid, concat({"unknown patch type found: ", to_json(*directive)}));
    }
    if (find_member(item, field.patch_merge_key) == nullptr) {
      return no_merge_key(field, item);
    }
    while (const Json* same = find_same(target, item, field.patch_merge_key)) {
      target.erase(target.begin() + (same - target.data()));
    }
    return {};
  }

  static Error no_merge_key(const Field& field, const Json& item) {
    return {Code::kInvalid,
            concat({"map: ", to_json(item),
                    " does not contain declared merge key: ", field.patch_merge_key})};
  }

  Result<void> merge_item(const Field& field, JsonArray& target, const Json& item) {
    const auto place = place_of(target, item, field.patch_merge_key);
    if (place < 0) {
      target.push_back(without_directives(item, storage_));
      return {};
    }
    return map(field.type, target[static_cast<std::size_t>(place)].get_object(), item.get_object());
  }

  JsonStorage storage_;
};

}  // namespace

Result<void> apply_strategic_merge(const Type& type, Json& target, const Json& patch) {
  if (!patch.is_object()) {
    return Error(Code::kBadRequest,
                 "json: cannot unmarshal a strategic merge patch that is no object");
  }
  if (!target.is_object()) {
    target.emplace_object();
  }
  return Merger(target.storage()).map(&type, target.get_object(), patch.get_object());
}

}  // namespace pintle::api
