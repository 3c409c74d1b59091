// Sharing: how far a value is owned as a whole, and where owners share it. Read from the tables.
//
// Source: structured-merge-diff's schema of the built-in types: lists are atomic unless they say
// otherwise, structs and maps are shared unless they are atomic, free JSON is shared by its maps.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/api/field_set.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

/// One place in an object: what stands there, and how its owners share it.
struct Place {
  enum class Form {
    kLeaf,    // Owned as a whole: scalars, atomic lists, maps and structs.
    kStruct,  // Fields of `type`.
    kMap,     // Entries, each an item of `field`.
    kSet,     // A list of scalars.
    kKeyed,   // A list of structs, known by their list_map_keys.
    kFree,    // Free JSON.
  };
  Form form = Form::kLeaf;
  const Field* field = nullptr;  // Null at the root and within free JSON.
  const Type* type = nullptr;

  bool is_list() const { return form == Form::kSet || form == Form::kKeyed; }
  bool is_object() const {
    return form == Form::kStruct || form == Form::kMap || form == Form::kFree;
  }
  /// Where an entry or an item of this place stands.
  Place item() const;
  /// Where the member `key` of this place stands; nothing for a field there is none of.
  std::optional<Place> member(std::string_view key) const;
};

Place root_place(const Type& type);
Place place_of(const Field& field);

/// What the value of `field` is to Go: a member that is missing or null but always shown has its
/// zero value; null for what is not there.
const Json* effective(const Field* field, const Json* value);

/// The items of a shared list with their elements, as they stand.
struct Items {
  struct Item {
    std::string_view element;
    std::size_t index = 0;  // In the list.
    const Json* value = nullptr;
  };
  std::vector<Item> in_order;
  std::vector<Item> sorted;  // By element, equal ones as they stand.

  /// The first of the sorted items called `element`; null where there is none.
  const Item* find(std::string_view element) const;
};

/// Items without a usable key are left out. `list` may be null: no items.
Items index_items(const Place& place, const JsonArray* list, FieldPool& pool);

/// The element of one item, or why it has none: in Kubernetes' words.
Result<std::string_view> element_of(const Place& place, const Json& item, FieldPool& pool);

/// `f:` and the key, kept in `pool`.
std::string_view field_element(std::string_view key, FieldPool& pool);

/// Root fields that nobody owns, and fields of metadata. `level` 0 is the object, 1 its metadata.
/// Source: apimachinery managedfields stripmeta.go.
bool is_unowned(std::string_view key, int level);

}  // namespace pintle::api
