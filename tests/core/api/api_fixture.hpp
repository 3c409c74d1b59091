// What the api tests share: a catalog, and objects written as JSON.

#pragma once

#include <string>
#include <string_view>

#include "core/api/catalog.hpp"
#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

struct WithCatalog {
  Catalog catalog;

  const Type& type(std::string_view name) const {
    const Type* found = catalog.find_type(name);
    PINTLE_ASSERT(found != nullptr);
    return *found;
  }
  const Resource& pods() const { return *catalog.find("", "v1", "pods"); }
};

inline Json json(std::string_view text) {
  return parse_json(text).value().value;
}

/// The whole object as a client gets it, at revision 7.
inline std::string whole(const Resource& resource, const Json& object) {
  return std::string(
      Object({std::string(resource.storage), "", "x"}, 7, to_draft(resource, object)).json());
}

}  // namespace pintle::api
