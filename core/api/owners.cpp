// Entries in and out, and how many of them are kept.
//
// Source: apimachinery util/managedfields/internal managedfields.go and capmanagers.go.

#include "core/api/owners.hpp"

#include <algorithm>
#include <tuple>

namespace pintle::api {
namespace {

constexpr std::size_t kMaxUpdaters = 10;
constexpr std::string_view kAncient = "ancient-changes";
constexpr std::string_view kFieldsType = "FieldsV1";

std::optional<Owner> read_owner(const Json& entry, bool strict, FieldPool& pool) {
  Owner owner{.manager = text_at(entry, {"manager"}),
              .applies = text_at(entry, {"operation"}) == "Apply",
              .api_version = text_at(entry, {"apiVersion"}),
              .time = text_at(entry, {"time"}),
              .subresource = text_at(entry, {"subresource"}),
              .stored = nullptr,
              .fields = {}};
  const bool has_operation = owner.applies || text_at(entry, {"operation"}) == "Update";
  if (!has_operation || owner.api_version.empty() ||
      text_at(entry, {"fieldsType"}) != kFieldsType) {
    return std::nullopt;
  }
  const Json* fields = find_member(entry, "fieldsV1");
  if (fields == nullptr || fields->is_null()) {
    return owner;
  }
  if (!strict && fields->is_object()) {
    owner.stored = &fields->get_object();
    return owner;
  }
  auto parsed = parse_fields_v1(*fields, pool);
  if (!parsed.ok()) {
    return std::nullopt;
  }
  owner.fields = parsed.value();
  return owner;
}

/// Merges the oldest updaters of a version until few enough are left.
void cap_updaters(Owners& owners, FieldPool& pool) {
  std::vector<Owner*> updaters;
  for (Owner& owner : owners) {
    if (!owner.applies) {
      updaters.push_back(&owner);
    }
  }
  auto count = updaters.size();
  if (count <= kMaxUpdaters) {
    return;
  }
  std::stable_sort(updaters.begin(), updaters.end(), [](const Owner* a, const Owner* b) {
    return std::tie(a->time, a->manager) < std::tie(b->time, b->manager);
  });
  std::vector<Owner*> buckets;  // One a version.
  for (Owner* owner : updaters) {
    if (count <= kMaxUpdaters) {
      break;
    }
    const auto bucket = std::ranges::find(buckets, owner->api_version, &Owner::api_version);
    if (bucket == buckets.end()) {
      buckets.push_back(owner);
      continue;
    }
    (*bucket)->manager = kAncient;
    (*bucket)->subresource = "";
    (*bucket)->time = owner->time;
    set_fields(**bucket, unite(fields_of(**bucket, pool), fields_of(*owner, pool), pool));
    set_fields(*owner, {});
    --count;
  }
}

void drop_empty(Owners& owners) {
  std::erase_if(owners, [](const Owner& owner) {
    return owner.stored == nullptr ? owner.fields.empty() : owner.stored->empty();
  });
}

}  // namespace

std::optional<Owners> read_owners(const Json* managed_fields, bool strict, FieldPool& pool) {
  Owners owners;
  if (managed_fields == nullptr || !managed_fields->is_array()) {
    return owners;
  }
  for (const Json& entry : managed_fields->get_array()) {
    const auto owner = read_owner(entry, strict, pool);
    if (!owner) {
      return std::nullopt;
    }
    const auto same =
        std::ranges::find_if(owners, [&](const Owner& other) { return other.is_same(*owner); });
    if (same == owners.end()) {
      owners.push_back(*owner);
    } else {
      *same = *owner;
    }
  }
  return owners;
}

const FieldSet& fields_of(Owner& owner, FieldPool& pool) {
  if (owner.stored != nullptr) {
    auto parsed = parse_fields_v1(*owner.stored, pool);
    set_fields(owner, parsed.ok() ? parsed.value() : FieldSet());
  }
  return owner.fields;
}

void set_fields(Owner& owner, const FieldSet& fields) {
  owner.stored = nullptr;
  owner.fields = fields;
}

void tidy_owners(Owners& owners, FieldPool& pool) {
  drop_empty(owners);
  cap_updaters(owners, pool);
  drop_empty(owners);
}

JsonArray to_managed_fields(Owners& owners, const JsonStorage& storage) {
  std::sort(owners.begin(), owners.end(), [](const Owner& a, const Owner& b) {
    return std::tuple(!a.applies, a.time, a.manager, a.api_version, a.subresource) <
           std::tuple(!b.applies, b.time, b.manager, b.api_version, b.subresource);
  });
  JsonArray entries(storage);
  entries.reserve(owners.size());
  for (const Owner& owner : owners) {
    JsonObject& entry = entries.emplace_back(boost::json::object_kind).get_object();
    entry.reserve(7);
    entry.emplace("manager", owner.manager);
    entry.emplace("operation", owner.applies ? "Apply" : "Update");
    entry.emplace("apiVersion", owner.api_version);
    if (!owner.time.empty()) {
      entry.emplace("time", owner.time);
    }
    entry.emplace("fieldsType", kFieldsType);
    if (owner.stored != nullptr) {
      entry.emplace("fieldsV1", *owner.stored);
    } else {
      entry.emplace("fieldsV1", to_fields_v1(owner.fields, storage));
    }
    if (!owner.subresource.empty()) {
      entry.emplace("subresource", owner.subresource);
    }
  }
  return entries;
}

}  // namespace pintle::api
