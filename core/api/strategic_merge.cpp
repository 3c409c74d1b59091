// Strategic merge: a patch in the object's own shape, whose lists merge by key.
//
// Source: apimachinery util/strategicpatch StrategicMergeMapPatch and its order of elements.

#include <algorithm>
#include <unordered_map>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/go_print.hpp"

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

/// Where a list's items stand, by what the list knows them by. A patch may name every one of many.
class Places {
 public:
  explicit Places(std::string_view merge_key) : merge_key_(merge_key) {}
  Places(const JsonArray& list, std::string_view merge_key) : merge_key_(merge_key) {
    for (const Json& item : list) {
      add(item);
    }
  }

  /// The item stands behind those before it. Of equal ones the first counts.
  void add(const Json& item) {
    if (const Json* identity = identity_of(item, merge_key_)) {
      places_.emplace(to_json(*identity), count_);
    }
    ++count_;
  }
  /// -1 where there is none.
  std::ptrdiff_t find(const Json& item) const {
    const Json* identity = identity_of(item, merge_key_);
    const auto found = identity == nullptr ? places_.end() : places_.find(to_json(*identity));
    return found == places_.end() ? -1 : found->second;
  }
  bool empty() const { return places_.empty(); }

 private:
  std::string_view merge_key_;
  std::ptrdiff_t count_ = 0;
  std::unordered_map<std::string, std::ptrdiff_t> places_;
};

void remove_all(JsonArray& list, const Places& unwanted) {
  if (unwanted.empty()) {
    return;
  }
  JsonArray kept(list.storage());
  for (Json& item : list) {
    if (unwanted.find(item) < 0) {
      kept.push_back(std::move(item));
    }
  }
  list = std::move(kept);
}

/// `merged` in the order Kubernetes gives it: items in `wanted` stand as there, the others as they
/// stood in `before`, and the two are zipped where `before` knows both.
JsonArray in_order(const JsonArray& merged, const JsonArray& wanted, const JsonArray& before,
                   std::string_view merge_key) {
  struct Placed {
    const Json* item;
    std::ptrdiff_t asked;   // In `wanted`,
    std::ptrdiff_t before;  // and in `before`; -1 for neither.
  };
  const Places in_wanted(wanted, merge_key);
  const Places in_before(before, merge_key);
  std::vector<Placed> asked;
  std::vector<Placed> others;
  for (const Json& item : merged) {
    const Placed placed{&item, in_wanted.find(item), in_before.find(item)};
    (placed.asked >= 0 ? asked : others).push_back(placed);
  }
  std::ranges::stable_sort(asked, {}, &Placed::asked);
  std::ranges::stable_sort(others, {}, &Placed::before);
  JsonArray ordered(merged.storage());
  ordered.reserve(merged.size());
  auto left = others.begin();
  auto right = asked.begin();
  while (left != others.end() || right != asked.end()) {
    bool takes_left = right == asked.end();
    if (left != others.end() && right != asked.end()) {
      takes_left = left->before >= 0 && right->before >= 0 && left->before < right->before;
    }
    ordered.push_back(takes_left ? *(left++)->item : *(right++)->item);
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
    return unknown_directive(directive, patch);
  }

  static Error unknown_directive(const Json& directive, const JsonObject& patch) {
    return {Code::kInvalid, concat({"unknown patch type: ", to_go_value(directive),
                                    " in map: ", to_go_value(Json(patch))})};
  }

  static Result<void> retain_keys(JsonObject& target, const JsonObject& patch) {
    const Json* directive = patch.if_contains(kRetainKeys);
    if (directive == nullptr) {
      return {};
    }
    if (!directive->is_array()) {
      return bad_format("retainKeys");
    }
    const JsonArray& retained = directive->get_array();
    const auto keeps = [&retained](std::string_view key) {
      return std::any_of(retained.begin(), retained.end(), [key](const Json& one) {
        return one.is_string() && std::string_view(one.get_string()) == key;
      });
    };
    for (const auto& member : patch) {
      if (!is_directive(member.key()) && !member.value().is_null() && !keeps(member.key())) {
        return bad_format("retainKeys");
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
        return bad_format("setElementOrder list");
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
      return bad_format("setElementOrder list");
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
    const Places places(order, merge_key);
    std::ptrdiff_t last = -1;
    for (const Json& item : patch) {
      if (!text_at(item, {kDirective}).empty()) {
        continue;
      }
      const auto place = places.find(item);
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
    remove_all(list->get_array(), Places(items.get_array(), ""));
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
      Places there(target, "");
      for (const Json& item : patch) {
        if (there.find(item) < 0) {
          there.add(item);
          target.push_back(item);
        }
      }
      target = in_order(target, patch, before, "");
      return {};
    }
    JsonArray plain(storage_);
    Places unwanted(field.patch_merge_key);
    bool replaces = false;
    for (const Json& item : patch) {
      PINTLE_TRY_STATUS(take_item(field, item, plain, unwanted, replaces));
    }
    if (replaces) {
      target.clear();
    }
    remove_all(target, unwanted);
    Places there(target, field.patch_merge_key);
    for (const Json& item : plain) {
      PINTLE_TRY_STATUS(merge_item(field, target, there, item));
    }
    target =
        in_order(target, plain, replaces ? JsonArray(storage_) : before, field.patch_merge_key);
    return {};
  }

  /// Obeys an item's directive, or puts the item with the plain ones.
  static Result<void> take_item(const Field& field, const Json& item, JsonArray& plain,
                                Places& unwanted, bool& replaces) {
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
    if (*directive == "merge") {
      return Error(Code::kInvalid, "merging lists cannot yet be specified in the patch");
    }
    if (*directive != "delete") {
      return unknown_directive(*directive, item.get_object());
    }
    if (find_member(item, field.patch_merge_key) == nullptr) {
      return no_merge_key(field, item);
    }
    unwanted.add(item);
    return {};
  }

  static Error no_merge_key(const Field& field, const Json& item) {
    return {Code::kInvalid,
            concat({"map: ", to_go_value(item),
                    " does not contain declared merge key: ", field.patch_merge_key})};
  }

  Result<void> merge_item(const Field& field, JsonArray& target, Places& there, const Json& item) {
    const auto place = there.find(item);
    if (place < 0) {
      there.add(item);
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
