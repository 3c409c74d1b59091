// Schemas: each type of the tables as OpenAPI tells it.

#include <map>

#include "core/api/openapi.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
constexpr std::string_view kMicroTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
constexpr std::string_view kDurationName = "io.k8s.apimachinery.pkg.apis.meta.v1.Duration";
constexpr std::string_view kQuantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
constexpr std::string_view kIntOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

JsonObject simple(std::string_view type, std::string_view format = "") {
  JsonObject schema;
  schema["type"] = type;
  if (!format.empty()) {
    schema["format"] = format;
  }
  return schema;
}

JsonObject reference(std::string_view name, OpenApi version) {
  JsonObject schema;
  schema["$ref"] =
      concat({version == OpenApi::kV2 ? "#/definitions/" : "#/components/schemas/", name});
  return schema;
}

/// The schema of one value of the field: an item where it is a list or a map.
JsonObject item_schema(const Field& field, OpenApi version) {
  switch (field.shape) {
    case Shape::kString:
      return simple("string");
    case Shape::kBool:
      return simple("boolean");
    case Shape::kInt32:
      return simple("integer", "int32");
    case Shape::kInt64:
      return simple("integer", "int64");
    case Shape::kDouble:
      return simple("number", "double");
    case Shape::kBytes:
      return simple("string", "byte");
    case Shape::kTime:
      return reference(kTimeName, version);
    case Shape::kMicroTime:
      return reference(kMicroTimeName, version);
    case Shape::kQuantity:
      return reference(kQuantityName, version);
    case Shape::kIntOrString:
      return reference(kIntOrStringName, version);
    case Shape::kDuration:
      return reference(kDurationName, version);
    case Shape::kStrings: {
      JsonObject schema = simple("array");
      schema["items"] = simple("string");
      return schema;
    }
    case Shape::kAny:
      return {{"x-kubernetes-preserve-unknown-fields", true}};
    case Shape::kObject:
      return reference(field.type->openapi_name, version);
  }
  return {};
}

/// Version 3 allows nothing beside a $ref, so what else is said wraps it.
void set_beside(JsonObject& schema, std::string_view key, const Json& value, OpenApi version) {
  if (version == OpenApi::kV3 && schema.contains("$ref")) {
    JsonObject wrapped;
    wrapped["allOf"] = JsonArray{schema};
    schema = std::move(wrapped);
  }
  schema[key] = value;
}

void add_list_facts(JsonObject& schema, const Field& field) {
  switch (field.list_type) {
    case ListType::kUnset:
      break;
    case ListType::kAtomic:
      schema["x-kubernetes-list-type"] = "atomic";
      break;
    case ListType::kSet:
      schema["x-kubernetes-list-type"] = "set";
      break;
    case ListType::kMap: {
      JsonArray keys;
      for (const auto key : field.list_map_keys) {
        keys.emplace_back(key);
      }
      schema["x-kubernetes-list-map-keys"] = keys;
      schema["x-kubernetes-list-type"] = "map";
      break;
    }
  }
  if (!field.patch_merge_key.empty()) {
    schema["x-kubernetes-patch-merge-key"] = field.patch_merge_key;
  }
}

JsonObject field_schema(const Field& field, OpenApi version) {
  JsonObject schema = item_schema(field, version);
  if (field.container == Container::kList) {
    JsonObject list = simple("array");
    list["items"] = std::move(schema);
    schema = std::move(list);
    add_list_facts(schema, field);
  } else if (field.container == Container::kMap) {
    JsonObject map = simple("object");
    map["additionalProperties"] = std::move(schema);
    schema = std::move(map);
  }
  if (field.merges || field.retains_keys) {
    set_beside(schema, "x-kubernetes-patch-strategy",
               !field.retains_keys ? "merge"
               : field.merges      ? "merge,retainKeys"
                                   : "retainKeys",
               version);
  }
  if (field.map_atomic) {
    set_beside(schema, "x-kubernetes-map-type", "atomic", version);
  }
  if (!field.description.empty()) {
    set_beside(schema, "description", Json(field.description), version);
  }
  if (field.enforced_enum && field.shape == Shape::kString && field.container == Container::kNone) {
    JsonArray values;
    for (const auto value : field.known) {
      values.emplace_back(value);
    }
    schema["enum"] = values;
  }
  return schema;
}

JsonObject type_schema(const Type& type, OpenApi version) {
  JsonObject schema;
  if (!type.description.empty()) {
    schema["description"] = type.description;
  }
  schema["type"] = "object";
  JsonArray required;
  JsonObject properties;
  for (const Field& field : type.fields) {
    if (field.required || field.expected) {
      required.emplace_back(field.name);
    }
    properties[field.name] = field_schema(field, version);
  }
  if (!required.empty()) {
    schema["required"] = required;
  }
  if (!properties.empty()) {
    schema["properties"] = properties;
  }
  if (type.atomic) {
    schema["x-kubernetes-map-type"] = "atomic";
  }
  return schema;
}

void add_scalars(JsonObject& schemas) {
  schemas[kPatchTypeName] = simple("object");
  schemas[kTimeName] = simple("string", "date-time");
  schemas[kMicroTimeName] = simple("string", "date-time");
  schemas[kDurationName] = simple("string");
  schemas[kQuantityName] = simple("string");
  schemas[kIntOrStringName] = simple("string", "int-or-string");
}

void add_kind(JsonObject& schemas, const Type* type, const Resource& resource,
              std::string_view kind) {
  Json* schema = type == nullptr ? nullptr : schemas.if_contains(type->openapi_name);
  if (schema != nullptr) {
    schema->get_object()["x-kubernetes-group-version-kind"] = JsonArray{
        JsonObject{{"group", resource.group}, {"kind", kind}, {"version", resource.version}}};
  }
}

const Type* list_type_of(const Catalog& catalog, const Resource& resource) {
  return catalog.find_type(concat({resource.type->name, "List"}));
}

void add_type(const Type& type, std::set<const Type*>& types) {
  if (!types.insert(&type).second) {
    return;
  }
  for (const Field& field : type.fields) {
    if (field.shape == Shape::kObject) {
      add_type(*field.type, types);
    }
  }
}

}  // namespace

std::set<const Type*> types_within(const Catalog& catalog,
                                   std::span<const Resource* const> resources) {
  std::set<const Type*> types;
  for (const Resource* resource : resources) {
    add_type(*resource->type, types);
    for (const Subresource& subresource : resource->subresources) {
      if (const Type* type = subresource_type(catalog, *resource, subresource)) {
        add_type(*type, types);
      }
    }
    if (const Type* list = list_type_of(catalog, *resource)) {
      add_type(*list, types);
    }
  }
  for (const auto name : {"meta/v1.DeleteOptions", "meta/v1.Status"}) {
    if (const Type* type = catalog.find_type(name)) {
      add_type(*type, types);
    }
  }
  return types;
}

JsonObject schemas_of(const Catalog& catalog, const std::set<const Type*>& types, OpenApi version) {
  std::map<std::string_view, const Type*> sorted;
  for (const Type* type : types) {
    sorted.emplace(type->openapi_name, type);
  }
  JsonObject schemas;
  for (const auto& [name, type] : sorted) {
    schemas[name] = type_schema(*type, version);
  }
  add_scalars(schemas);
  for (const Resource* resource : catalog.resources()) {
    add_kind(schemas, resource->type, *resource, resource->kind);
    add_kind(schemas, list_type_of(catalog, *resource), *resource,
             concat({resource->kind, "List"}));
  }
  return schemas;
}

}  // namespace pintle::api
