// What the OpenAPI documents of versions 2 and 3 have in common: schemas and paths from the tables.

#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/api/catalog.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

enum class OpenApi { kV2, kV3 };

/// The types that `resources` lead to: their own, their lists, and all within.
std::set<const Type*> types_within(const Catalog& catalog,
                                   std::span<const Resource* const> resources);

/// The schemas of `types` and of the scalars they use, by OpenAPI name.
JsonObject schemas_of(const Catalog& catalog, const std::set<const Type*>& types, OpenApi version);

/// The schema of whatever a patch is.
constexpr std::string_view kPatchTypeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/// The type of what a subresource takes and gives; null where that is no object.
const Type* subresource_type(const Catalog& catalog, const Resource& resource,
                             const Subresource& subresource);

/// The paths of `resources`: what can be done there, with which parameters and bodies.
JsonObject paths_of(const Catalog& catalog, std::span<const Resource* const> resources,
                    OpenApi version);

/// gnostic's openapi.v2.Document of an OpenAPI v2 document.
std::string to_gnostic(const Json& document);
/// gnostic's openapi.v3.Document of an OpenAPI v3 document.
std::string to_gnostic_v3(const Json& document);

}  // namespace pintle::api
