// The OpenAPI documents, whole: v2 for all groups, v3 one for each group and version.

#include "core/api/openapi.hpp"

#include "core/api/discovery.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

/// "api/v1", "apis/apps/v1": a group's and version's path without the slash.
std::string prefix_of(const Resource& resource) {
  return concat({resource.group.empty() ? "api" : "apis/", resource.group, "/", resource.version});
}

Json v2_document(const Catalog& catalog) {
  JsonObject document;
  document["swagger"] = "2.0";
  document["info"] = JsonObject{{"title", "Kubernetes"}, {"version", "v1.33.0"}};
  document["paths"] = paths_of(catalog, catalog.resources(), OpenApi::kV2);
  document["definitions"] =
      schemas_of(catalog, types_within(catalog, catalog.resources()), OpenApi::kV2);
  return document;
}

Result<Json> v3_document(const Catalog& catalog, std::string_view path) {
  std::vector<const Resource*> resources;
  for (const Resource* resource : catalog.resources()) {
    if (prefix_of(*resource) == path) {
      resources.push_back(resource);
    }
  }
  if (resources.empty()) {
    return Error(Code::kNotFound, "the server could not find the requested resource");
  }
  JsonObject document;
  document["openapi"] = "3.0.0";
  document["info"] = JsonObject{{"title", "Kubernetes"}, {"version", "v1.33.0"}};
  document["paths"] = paths_of(catalog, resources, OpenApi::kV3);
  document["components"] =
      JsonObject{{"schemas", schemas_of(catalog, types_within(catalog, resources), OpenApi::kV3)}};
  return Json(std::move(document));
}

}  // namespace

std::string document_hash(std::string_view document) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : document) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) {
    out += kDigits[hash >> shift & 15U];
  }
  return out;
}

std::string openapi_v2_json(const Catalog& catalog) {
  return to_json(v2_document(catalog));
}

std::string openapi_v2_protobuf(const Catalog& catalog) {
  return to_gnostic(v2_document(catalog));
}

Result<std::string> openapi_v3_json(const Catalog& catalog, std::string_view path) {
  PINTLE_TRY(const Json document, v3_document(catalog, path));
  return to_json(document);
}

Result<std::string> openapi_v3_protobuf(const Catalog& catalog, std::string_view path) {
  PINTLE_TRY(const Json document, v3_document(catalog, path));
  return to_gnostic_v3(document);
}

std::string openapi_v3_index_json(const Catalog& catalog) {
  JsonObject paths;
  for (const Resource* resource : catalog.resources()) {
    const std::string path = prefix_of(*resource);
    if (paths.contains(path)) {
      continue;
    }
    const auto document = openapi_v3_json(catalog, path);
    paths[path] =
        JsonObject{{"serverRelativeURL",
                    concat({"/openapi/v3/", path, "?hash=", document_hash(document.value())})}};
  }
  return to_json(JsonObject{{"paths", paths}});
}

}  // namespace pintle::api
