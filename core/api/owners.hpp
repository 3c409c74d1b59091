// Owners: the entries of managedFields, read and written.

#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/api/field_set.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

/// One entry. Texts live in the JSON it was read from, or in the pool.
struct Owner {
  std::string_view manager;
  bool applies = false;  // Operation Apply, else Update.
  std::string_view api_version;
  std::string_view time;  // "" for none.
  std::string_view subresource;
  const JsonObject* stored = nullptr;  // FieldsV1 as it was read; null once `fields` differ.
  FieldSet fields;                     // Valid where `stored` is null.

  /// Whether both are the same manager. Appliers are, whatever version they applied last.
  bool is_same(const Owner& other) const {
    return manager == other.manager && applies == other.applies &&
           subresource == other.subresource && (applies || api_version == other.api_version);
  }
};

using Owners = std::vector<Owner>;

/// The entries of `managed_fields`; nothing where one of them is malformed. Their FieldsV1 stay as
/// they are stored, unless `strict`: then they are parsed, and may be malformed too.
std::optional<Owners> read_owners(const Json* managed_fields, bool strict, FieldPool& pool);

/// The fields of `owner`, parsed from what was stored. None where that is malformed.
const FieldSet& fields_of(Owner& owner, FieldPool& pool);

void set_fields(Owner& owner, const FieldSet& fields);

/// Drops who owns nothing, and makes more than ten updaters ten, oldest first: theirs are then
/// "ancient-changes".
void tidy_owners(Owners& owners, FieldPool& pool);

/// The entries as managedFields shows them, sorted, in `storage`.
JsonArray to_managed_fields(Owners& owners, const JsonStorage& storage);

}  // namespace pintle::api
