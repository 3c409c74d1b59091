// Places, and the elements by which shared lists know their items.

#include "core/api/sharing.hpp"

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::array<std::string_view, 2> kUnownedOfRoot = {"apiVersion", "kind"};
constexpr std::array<std::string_view, 8> kUnownedOfMetadata = {
    "name", "namespace",  "creationTimestamp", "selfLink",
    "uid",  "generation", "managedFields",     "resourceVersion"};

Place item_of(const Field& field, bool atomic) {
  if (field.shape == Shape::kObject) {
    const auto form = atomic || field.type->atomic ? Place::Form::kLeaf : Place::Form::kStruct;
    return {.form = form, .field = &field, .type = field.type};
  }
  const auto form = field.shape == Shape::kAny ? Place::Form::kFree : Place::Form::kLeaf;
  return {.form = form, .field = &field, .type = nullptr};
}

/// Go's zero values, as JSON.
struct Zeros {
  Json null = nullptr;
  Json object = JsonObject();
  Json text = "";
  Json number = 0;
  Json boolean = false;
  Json quantity = "0";
  Json duration = "0s";
};

const Json& zero_of(const Field& field) {
  static const Zeros zeros;
  if (field.container != Container::kNone) {
    return zeros.null;
  }
  switch (field.shape) {
    case Shape::kObject:
      return zeros.object;
    case Shape::kBool:
      return zeros.boolean;
    case Shape::kInt32:
    case Shape::kInt64:
    case Shape::kDouble:
    case Shape::kIntOrString:
      return zeros.number;
    case Shape::kString:
      return zeros.text;
    case Shape::kQuantity:
      return zeros.quantity;
    case Shape::kDuration:
      return zeros.duration;
    default:
      return zeros.null;
  }
}

Error no_element(std::string why) {
  return {Code::kBadRequest, std::move(why)};
}

Result<std::string_view> keyed_element(const Place& place, const Json& item, FieldPool& pool) {
  if (item.is_null()) {
    return no_element("associative list with keys may not have a null element");
  }
  if (!item.is_object()) {
    return no_element("associative list with keys may not have non-map elements");
  }
  const auto keys = place.field->list_map_keys;
  std::string spelled = "k:{";
  const auto append_key = [&](std::string_view key) -> Result<void> {
    const Json* value = find_member(item, key);
    const Field* field = place.type->find(key);
    const auto fallback = field == nullptr ? std::string_view() : field->default_json;
    if (value == nullptr && fallback.empty()) {
      return no_element(concat({"associative list with keys has an element that omits key field ",
                                "\"", key, "\" (and doesn't have default value)"}));
    }
    spelled += spelled.back() == '{' ? "" : ",";
    append_json_string(spelled, key);
    spelled += ':';
    value == nullptr ? void(spelled += fallback) : append_json(spelled, *value);
    return {};
  };
  if (std::is_sorted(keys.begin(), keys.end())) {
    for (const auto key : keys) {
      PINTLE_TRY_STATUS(append_key(key));
    }
  } else {
    std::vector<std::string_view> sorted(keys.begin(), keys.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto key : sorted) {
      PINTLE_TRY_STATUS(append_key(key));
    }
  }
  spelled += '}';
  return pool.keep(spelled);
}

}  // namespace

Place root_place(const Type& type) {
  return {.form = Place::Form::kStruct, .field = nullptr, .type = &type};
}

Place place_of(const Field& field) {
  switch (field.container) {
    case Container::kNone:
      return item_of(field, field.map_atomic);
    case Container::kMap:
      return {.form = field.map_atomic ? Place::Form::kLeaf : Place::Form::kMap,
              .field = &field,
              .type = field.type};
    case Container::kList:
      break;
  }
  auto form = Place::Form::kLeaf;
  if (field.list_type == ListType::kSet) {
    form = Place::Form::kSet;
  } else if (field.list_type == ListType::kMap && field.type != nullptr) {
    form = Place::Form::kKeyed;
  }
  return {.form = form, .field = &field, .type = field.type};
}

Place Place::item() const {
  return field == nullptr ? Place{.form = Form::kFree} : item_of(*field, false);
}

std::optional<Place> Place::member(std::string_view key) const {
  switch (form) {
    case Form::kStruct: {
      const Field* found = type->find(key);
      return found == nullptr ? std::nullopt : std::optional(place_of(*found));
    }
    case Form::kMap:
      return item();
    default:
      return Place{.form = Form::kFree};
  }
}

const Json* effective(const Field* field, const Json* value) {
  if (value != nullptr && !value->is_null()) {
    return value;
  }
  return field != nullptr && field->always_shown ? &zero_of(*field) : nullptr;
}

const Items::Item* Items::find(std::string_view element) const {
  const auto found = std::lower_bound(
      sorted.begin(), sorted.end(), element,
      [](const Item& item, std::string_view wanted) { return is_before(item.element, wanted); });
  return found != sorted.end() && found->element == element ? &*found : nullptr;
}

Items index_items(const Place& place, const JsonArray* list, FieldPool& pool) {
  Items items;
  if (list == nullptr) {
    return items;
  }
  const JsonArray& values = *list;
  items.in_order.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto element = element_of(place, values[i], pool);
    if (element.ok()) {
      items.in_order.push_back({.element = element.value(), .index = i, .value = &values[i]});
    }
  }
  items.sorted = items.in_order;
  std::stable_sort(
      items.sorted.begin(), items.sorted.end(),
      [](const Items::Item& a, const Items::Item& b) { return is_before(a.element, b.element); });
  return items;
}

Result<std::string_view> element_of(const Place& place, const Json& item, FieldPool& pool) {
  if (place.form == Place::Form::kKeyed) {
    return keyed_element(place, item, pool);
  }
  if (item.is_object()) {
    return no_element("associative list without keys has an element that's a map type");
  }
  if (item.is_array()) {
    return no_element("not supported: associative list with lists as elements");
  }
  if (item.is_null()) {
    return no_element("associative list without keys has an element that's an explicit null");
  }
  std::string spelled = "v:";
  append_json(spelled, item);
  return pool.keep(spelled);
}

std::string_view field_element(std::string_view key, FieldPool& pool) {
  return pool.keep(concat({"f:", key}));
}

bool is_unowned(std::string_view key, int level) {
  if (level == 0) {
    return std::ranges::find(kUnownedOfRoot, key) != kUnownedOfRoot.end();
  }
  return level == 1 && std::ranges::find(kUnownedOfMetadata, key) != kUnownedOfMetadata.end();
}

}  // namespace pintle::api
