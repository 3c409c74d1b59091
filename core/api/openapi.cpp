// The OpenAPI documents, whole: v2 for all groups, v3 one for each group and version.

#include "core/api/openapi.hpp"

#include <algorithm>
#include <array>

#include "core/api/discovery.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view type;
  std::string_view description;
};

constexpr std::array kWriteParameters = {
    Parameter{"dryRun", "string", "All: everything but the writing is done."},
    Parameter{"fieldManager", "string", "The name under which changes are recorded."},
    Parameter{"fieldValidation", "string",
              "Ignore, Warn or Strict: what unknown and duplicate fields lead to."}};
constexpr std::array kPatchParameters = {
    kWriteParameters[0], kWriteParameters[1], kWriteParameters[2],
    Parameter{"force", "boolean", "True takes over fields that others own; for an apply only."}};
constexpr std::array<std::string_view, 4> kPatchTypes = {
    "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json", "application/apply-patch+yaml"};
constexpr std::array kListParameters = {
    Parameter{"labelSelector", "string", "Only objects with these labels."},
    Parameter{"fieldSelector", "string", "Only objects with these fields."},
    Parameter{"limit", "integer", "The most objects in one answer."},
    Parameter{"continue", "string", "From where the last answer ended."},
    Parameter{"resourceVersion", "string", "The version to start from."},
    Parameter{"timeoutSeconds", "integer", "How long the call may last."},
    Parameter{"watch", "boolean", "True for changes as they come."}};
constexpr std::array kDeleteParameters = {
    Parameter{"dryRun", "string", "All: everything but the writing is done."},
    Parameter{"gracePeriodSeconds", "integer", "Seconds until the object is gone."},
    Parameter{"propagationPolicy", "string",
              "Orphan, Background or Foreground: what becomes of dependents."}};

JsonObject parameter_json(const Parameter& parameter, OpenApi version) {
  JsonObject json{
      {"name", parameter.name}, {"in", "query"}, {"description", parameter.description}};
  if (version == OpenApi::kV2) {
    json["type"] = parameter.type;
    json["uniqueItems"] = true;
  } else {
    json["schema"] = JsonObject{{"type", parameter.type}, {"uniqueItems", true}};
  }
  return json;
}

JsonObject operation(const Resource& resource, std::string_view action,
                     std::span<const Parameter> parameters, OpenApi version) {
  JsonObject json;
  json["operationId"] = concat({action, resource.version, resource.group, resource.kind});
  JsonArray list;
  for (const Parameter& parameter : parameters) {
    list.push_back(parameter_json(parameter, version));
  }
  if (!list.empty()) {
    json["parameters"] = list;
  }
  json["responses"] = JsonObject{{"200", JsonObject{{"description", "OK"}}},
                                 {"401", JsonObject{{"description", "Unauthorized"}}}};
  json["x-kubernetes-action"] = action;
  json["x-kubernetes-group-version-kind"] =
      JsonObject{{"group", resource.group}, {"kind", resource.kind}, {"version", resource.version}};
  return json;
}

/// What a patch may be sent as.
void add_patch_types(JsonObject& patch, OpenApi version) {
  if (version == OpenApi::kV2) {
    patch["consumes"] = JsonArray(kPatchTypes.begin(), kPatchTypes.end());
    return;
  }
  JsonObject content;
  for (const auto type : kPatchTypes) {
    content[type] = JsonObject{{"schema", JsonObject{{"type", "object"}}}};
  }
  patch["requestBody"] = JsonObject{{"content", std::move(content)}, {"required", true}};
}

/// Parameters that a path's own braces name.
void add_path_parameters(JsonObject& item, std::string_view path, OpenApi version) {
  JsonArray list;
  for (const std::string_view name : {"name", "namespace"}) {
    if (path.find(concat({"{", name, "}"})) == std::string_view::npos) {
      continue;
    }
    JsonObject json{{"name", name}, {"in", "path"}, {"required", true}};
    if (version == OpenApi::kV2) {
      json["type"] = "string";
    } else {
      json["schema"] = JsonObject{{"type", "string"}};
    }
    list.push_back(std::move(json));
  }
  if (!list.empty()) {
    item["parameters"] = list;
  }
}

void add_collection(JsonObject& paths, const Resource& resource, const std::string& path,
                    OpenApi version) {
  JsonObject item;
  if (resource.has_verb("list")) {
    item["get"] = operation(resource, "list", kListParameters, version);
  }
  if (resource.has_verb("create")) {
    item["post"] = operation(resource, "post", kWriteParameters, version);
  }
  if (resource.has_verb("deletecollection")) {
    item["delete"] = operation(resource, "deletecollection", kDeleteParameters, version);
  }
  add_path_parameters(item, path, version);
  paths[path] = std::move(item);
}

void add_object(JsonObject& paths, const Resource& resource, const std::string& path,
                OpenApi version) {
  JsonObject item;
  if (resource.has_verb("get")) {
    item["get"] = operation(resource, "get", {}, version);
  }
  if (resource.has_verb("update")) {
    item["put"] = operation(resource, "put", kWriteParameters, version);
  }
  if (resource.has_verb("patch")) {
    auto patch = operation(resource, "patch", kPatchParameters, version);
    add_patch_types(patch, version);
    item["patch"] = std::move(patch);
  }
  if (resource.has_verb("delete")) {
    item["delete"] = operation(resource, "delete", kDeleteParameters, version);
  }
  if (item.empty()) {
    return;
  }
  add_path_parameters(item, path, version);
  paths[path] = std::move(item);
}

/// "api/v1", "apis/apps/v1": a group's and version's path without the slash.
std::string prefix_of(const Resource& resource) {
  return concat({resource.group.empty() ? "api" : "apis/", resource.group, "/", resource.version});
}

/// FNV-1a in hex: changes when the document does, which is all clients look at.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }
  std::string out;
  for (int i = 0; i < 16; ++i) {
    out += "0123456789ABCDEF"[hash & 15U];
    hash >>= 4U;
  }
  return out;
}

Json v2_document(const Catalog& catalog) {
  JsonObject document;
  document["swagger"] = "2.0";
  document["info"] = JsonObject{{"title", "Kubernetes"}, {"version", "v1.33.0"}};
  document["paths"] = paths_of(catalog.resources(), OpenApi::kV2);
  document["definitions"] =
      schemas_of(catalog, types_within(catalog, catalog.resources()), OpenApi::kV2);
  return document;
}

}  // namespace

JsonObject paths_of(std::span<const Resource* const> resources, OpenApi version) {
  JsonObject paths;
  for (const Resource* resource : resources) {
    const std::string prefix = concat({"/", prefix_of(*resource), "/"});
    const std::string scope = resource->namespaced ? "namespaces/{namespace}/" : "";
    const std::string collection = concat({prefix, scope, resource->plural});
    add_collection(paths, *resource, collection, version);
    add_object(paths, *resource, collection + "/{name}", version);
  }
  return paths;
}

std::string openapi_v2_json(const Catalog& catalog) {
  return to_json(v2_document(catalog));
}

std::string openapi_v2_protobuf(const Catalog& catalog) {
  return to_gnostic(v2_document(catalog));
}

Result<std::string> openapi_v3_json(const Catalog& catalog, std::string_view path) {
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
  document["paths"] = paths_of(resources, OpenApi::kV3);
  document["components"] =
      JsonObject{{"schemas", schemas_of(catalog, types_within(catalog, resources), OpenApi::kV3)}};
  return to_json(Json(std::move(document)));
}

std::string openapi_v3_index_json(const Catalog& catalog) {
  JsonObject paths;
  for (const Resource* resource : catalog.resources()) {
    const std::string path = prefix_of(*resource);
    if (paths.contains(path)) {
      continue;
    }
    const auto document = openapi_v3_json(catalog, path);
    paths[path] = JsonObject{
        {"serverRelativeURL", concat({"/openapi/v3/", path, "?hash=", hash_of(document.value())})}};
  }
  return to_json(JsonObject{{"paths", paths}});
}

}  // namespace pintle::api
