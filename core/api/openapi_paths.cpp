// Paths of the OpenAPI documents: what can be done to each resource, with what, and what comes of
// it.
//
// Operations are named as Kubernetes names them, because generated clients' functions are.

#include <array>

#include "core/api/openapi.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

struct Parameter {
  std::string_view name;
  std::string_view type;
  std::string_view description;
};

constexpr Parameter kDryRun{"dryRun", "string", "All: everything but the writing is done."};
constexpr Parameter kManager{"fieldManager", "string",
                             "The name under which changes are recorded."};
constexpr Parameter kValidation{"fieldValidation", "string",
                                "Ignore, Warn or Strict: what unknown and duplicate fields lead "
                                "to."};
constexpr Parameter kForce{"force", "boolean", "An apply takes fields over from other managers."};
constexpr Parameter kLabels{"labelSelector", "string", "Only objects with these labels."};
constexpr Parameter kFields{"fieldSelector", "string", "Only objects with these fields."};
constexpr Parameter kLimit{"limit", "integer", "The most objects in one answer."};
constexpr Parameter kContinue{"continue", "string", "From where the last answer ended."};
constexpr Parameter kVersion{"resourceVersion", "string", "The version to start from."};
constexpr Parameter kMatch{"resourceVersionMatch", "string",
                           "Exact or NotOlderThan: how resourceVersion is meant."};
constexpr Parameter kTimeout{"timeoutSeconds", "integer", "How long the call may last."};
constexpr Parameter kWatch{"watch", "boolean", "True for changes as they come."};
constexpr Parameter kBookmarks{"allowWatchBookmarks", "boolean",
                               "True to be told now and then how far the watch is."};
constexpr Parameter kInitial{"sendInitialEvents", "boolean",
                             "True to begin a watch with what is there."};
constexpr Parameter kGrace{"gracePeriodSeconds", "integer", "Seconds until the object is gone."};
constexpr Parameter kOrphan{"orphanDependents", "boolean", "An older form of propagationPolicy."};
constexpr Parameter kPropagation{"propagationPolicy", "string",
                                 "Orphan, Background or Foreground: what becomes of dependents."};
constexpr Parameter kPretty{"pretty", "string", "True for an answer that people can read."};

constexpr std::array kReads = {kPretty};
constexpr std::array kWrites = {kDryRun, kManager, kValidation, kPretty};
constexpr std::array kPatches = {kDryRun, kManager, kValidation, kForce, kPretty};
constexpr std::array kDeletes = {kDryRun, kGrace, kOrphan, kPropagation, kPretty};
constexpr std::array kLists = {kLabels,  kFields, kLimit,     kContinue, kVersion, kMatch,
                               kTimeout, kWatch,  kBookmarks, kInitial,  kPretty};
constexpr std::array kDeletesOfMany = {kDryRun,  kGrace,  kOrphan,  kPropagation,
                                       kLabels,  kFields, kLimit,   kContinue,
                                       kVersion, kMatch,  kTimeout, kPretty};

enum class Body { kNone, kObject, kPatch, kDeleteOptions };
enum class Answers { kObject, kList, kStatus };

struct Method {
  std::string_view verb;    // Of the resource.
  std::string_view name;    // Of HTTP, small.
  std::string_view action;  // x-kubernetes-action.
  std::string_view word;    // Begins the operation's id.
  std::span<const Parameter> parameters;
  Body body = Body::kNone;
  Answers answers = Answers::kObject;
};

constexpr Method kList{"list", "get", "list", "list", kLists, Body::kNone, Answers::kList};
constexpr std::array kOfCollection = {
    kList, Method{"create", "post", "post", "create", kWrites, Body::kObject},
    Method{"deletecollection", "delete", "deletecollection", "delete", kDeletesOfMany,
           Body::kDeleteOptions, Answers::kStatus}};
constexpr std::array kOfObject = {
    Method{"get", "get", "get", "read", kReads},
    Method{"update", "put", "put", "replace", kWrites, Body::kObject},
    Method{"patch", "patch", "patch", "patch", kPatches, Body::kPatch},
    Method{"delete", "delete", "delete", "delete", kDeletes, Body::kDeleteOptions,
           Answers::kStatus}};
constexpr std::array kOfSubresource = {
    Method{"get", "get", "get", "read", kReads},
    Method{"create", "post", "post", "create", kWrites, Body::kObject},
    Method{"update", "put", "put", "replace", kWrites, Body::kObject},
    Method{"patch", "patch", "patch", "patch", kPatches, Body::kPatch}};

constexpr std::array<std::string_view, 3> kMedia = {"application/json", "application/yaml",
                                                    "application/vnd.kubernetes.protobuf"};
constexpr std::array<std::string_view, 2> kWatchMedia = {
    "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"};
constexpr std::array<std::string_view, 4> kPatchMedia = {
    "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json", "application/apply-patch+yaml"};

/// "RbacAuthorization" for "rbac.authorization.k8s.io", "Core" for "".
std::string group_word(std::string_view group) {
  if (group.empty()) {
    return "Core";
  }
  if (group.ends_with(".k8s.io")) {
    group.remove_suffix(7);
  }
  std::string word;
  bool begins = true;
  for (const char c : group) {
    if (c == '.') {
      begins = true;
      continue;
    }
    word += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = false;
  }
  return word;
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') {
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  }
  return out;
}

/// What one path is of: a resource, one of its subresources, or its lists in all namespaces.
struct Place {
  const Resource& resource;
  const Subresource* subresource = nullptr;
  const Type* type = nullptr;  // Of what is sent and answered; null where it is no object.
  const Type* list = nullptr;
  bool spans_namespaces = false;
};

class PathWriter {
 public:
  PathWriter(const Catalog& catalog, OpenApi version) : catalog_(catalog), version_(version) {}

  JsonObject write(std::span<const Resource* const> resources) {
    for (const Resource* resource : resources) {
      const std::string prefix = concat({resource->group.empty() ? "/api" : "/apis/",
                                         resource->group, "/", resource->version, "/"});
      const Place place{.resource = *resource,
                        .type = resource->type,
                        .list = catalog_.find_type(concat({resource->type->name, "List"}))};
      const std::string scope = resource->namespaced ? "namespaces/{namespace}/" : "";
      const std::string collection = concat({prefix, scope, resource->plural});
      add(collection, place, kOfCollection);
      if (resource->namespaced) {
        Place all = place;
        all.spans_namespaces = true;
        add(prefix + std::string(resource->plural), all, std::span(&kList, 1));
      }
      add(collection + "/{name}", place, kOfObject);
      for (const Subresource& subresource : resource->subresources) {
        add(concat({collection, "/{name}/", subresource.name}),
            {.resource = *resource,
             .subresource = &subresource,
             .type = subresource_type(catalog_, *resource, subresource)},
            kOfSubresource);
      }
    }
    return std::move(paths_);
  }

 private:
  static bool has_verb(const Place& place, std::string_view verb) {
    if (place.subresource == nullptr) {
      return place.resource.has_verb(verb);
    }
    return concat({" ", place.subresource->verbs, " "}).find(concat({" ", verb, " "})) !=
           std::string::npos;
  }

  /// Exec and its kin take options in the query and answer with a stream.
  static bool connects(const Place& place) {
    return place.subresource != nullptr && place.subresource->kind.ends_with("Options");
  }

  void add(const std::string& path, const Place& place, std::span<const Method> methods) {
    JsonObject item;
    for (const Method& method : methods) {
      if (has_verb(place, method.verb)) {
        item[method.name] = operation(place, method);
      }
    }
    if (item.empty()) {
      return;
    }
    add_path_parameters(item, path);
    paths_[path] = std::move(item);
  }

  static std::string id_of(const Place& place, const Method& method) {
    const Resource& resource = place.resource;
    const bool many = method.action == "deletecollection";
    return concat({connects(place) ? "connect" : method.word, group_word(resource.group),
                   capitalised(resource.version), connects(place) ? capitalised(method.name) : "",
                   many ? "Collection" : "",
                   resource.namespaced && !place.spans_namespaces ? "Namespaced" : "",
                   resource.kind,
                   place.subresource == nullptr ? "" : capitalised(place.subresource->name),
                   place.spans_namespaces ? "ForAllNamespaces" : ""});
  }

  JsonObject operation(const Place& place, const Method& method) const {
    const bool is_own = place.subresource == nullptr || place.subresource->version.empty();
    JsonObject json;
    json["operationId"] = id_of(place, method);
    add_media(json, method);
    JsonArray parameters;
    for (const Parameter& parameter : method.parameters) {
      parameters.push_back(query_parameter(parameter));
    }
    add_body(json, parameters, place, method);
    json["parameters"] = std::move(parameters);
    json["responses"] = responses(place, method);
    json["x-kubernetes-action"] = connects(place) ? "connect" : method.action;
    json["x-kubernetes-group-version-kind"] = JsonObject{
        {"group", is_own ? place.resource.group : place.subresource->group},
        {"kind", place.subresource == nullptr ? place.resource.kind : place.subresource->kind},
        {"version", is_own ? place.resource.version : place.subresource->version}};
    return json;
  }

  static JsonArray names_of(std::span<const std::string_view> names) {
    JsonArray list;
    for (const auto name : names) {
      list.emplace_back(name);
    }
    return list;
  }

  /// Version 2 says beside the operation what version 3 says within its bodies.
  void add_media(JsonObject& json, const Method& method) const {
    if (version_ == OpenApi::kV3) {
      return;
    }
    json["consumes"] = method.body == Body::kPatch ? names_of(kPatchMedia) : JsonArray{"*/*"};
    json["produces"] = names_of(kMedia);
    if (method.answers == Answers::kList) {
      for (const auto name : kWatchMedia) {
        json["produces"].as_array().emplace_back(name);
      }
    }
  }

  JsonObject query_parameter(const Parameter& parameter) const {
    JsonObject json{
        {"name", parameter.name}, {"in", "query"}, {"description", parameter.description}};
    if (version_ == OpenApi::kV2) {
      json["type"] = parameter.type;
      json["uniqueItems"] = true;
    } else {
      json["schema"] = JsonObject{{"type", parameter.type}, {"uniqueItems", true}};
    }
    return json;
  }

  JsonObject reference(std::string_view name) const {
    return {{"$ref", concat({version_ == OpenApi::kV2 ? "#/definitions/" : "#/components/schemas/",
                             name})}};
  }

  /// `{"application/json":{"schema":...},...}`: version 3's bodies, the same for each medium.
  static JsonObject content(std::span<const std::string_view> media, const JsonObject& schema) {
    JsonObject json;
    for (const auto name : media) {
      json[name] = JsonObject{{"schema", schema}};
    }
    return json;
  }

  std::string_view body_type(const Place& place, const Method& method) const {
    switch (method.body) {
      case Body::kObject:
        return place.type == nullptr || connects(place) ? "" : place.type->openapi_name;
      case Body::kPatch:
        return kPatchTypeName;
      case Body::kDeleteOptions:
        return catalog_.find_type("meta/v1.DeleteOptions")->openapi_name;
      case Body::kNone:
        break;
    }
    return "";
  }

  void add_body(JsonObject& json, JsonArray& parameters, const Place& place,
                const Method& method) const {
    const auto name = body_type(place, method);
    if (name.empty()) {
      return;
    }
    const bool required = method.body != Body::kDeleteOptions;
    if (version_ == OpenApi::kV2) {
      JsonObject body{{"name", "body"}, {"in", "body"}, {"schema", reference(name)}};
      if (required) {
        body["required"] = true;
      }
      parameters.push_back(std::move(body));
      return;
    }
    constexpr std::array<std::string_view, 1> kAnything = {"*/*"};
    const auto media = method.body == Body::kPatch ? std::span<const std::string_view>(kPatchMedia)
                                                   : std::span<const std::string_view>(kAnything);
    json["requestBody"] = JsonObject{{"content", content(media, reference(name))}};
    if (required) {
      json["requestBody"].as_object()["required"] = true;
    }
  }

  JsonObject answer_schema(const Place& place, const Method& method) const {
    const Type* type = method.answers == Answers::kList ? place.list : place.type;
    if (method.answers == Answers::kStatus) {
      type = catalog_.find_type("meta/v1.Status");
    }
    return type == nullptr || connects(place) ? JsonObject{{"type", "string"}}
                                              : reference(type->openapi_name);
  }

  JsonObject responses(const Place& place, const Method& method) const {
    JsonObject ok{{"description", "OK"}};
    const JsonObject schema = answer_schema(place, method);
    if (version_ == OpenApi::kV2) {
      ok["schema"] = schema;
    } else {
      ok["content"] = content(kMedia, schema);
      if (method.answers == Answers::kList) {
        for (const auto& medium : content(kWatchMedia, schema)) {
          ok["content"].as_object()[medium.key()] = medium.value();
        }
      }
    }
    JsonObject json{{"200", ok}};
    if (method.body == Body::kObject || method.body == Body::kPatch) {
      ok["description"] = "Created";
      json["201"] = ok;
    }
    json["401"] = JsonObject{{"description", "Unauthorized"}};
    return json;
  }

  /// Parameters that a path's own braces name.
  void add_path_parameters(JsonObject& item, std::string_view path) const {
    JsonArray list;
    for (const std::string_view name : {"name", "namespace"}) {
      if (path.find(concat({"{", name, "}"})) == std::string_view::npos) {
        continue;
      }
      JsonObject json{{"name", name}, {"in", "path"}, {"required", true}};
      if (version_ == OpenApi::kV2) {
        json["type"] = "string";
      } else {
        json["schema"] = JsonObject{{"type", "string"}};
      }
      list.push_back(std::move(json));
    }
    if (!list.empty()) {
      item["parameters"] = std::move(list);
    }
  }

  const Catalog& catalog_;
  const OpenApi version_;
  JsonObject paths_;
};

}  // namespace

const Type* subresource_type(const Catalog& catalog, const Resource& resource,
                             const Subresource& subresource) {
  if (subresource.version.empty()) {
    const auto name = resource.type->name;
    return catalog.find_type(concat({name.substr(0, name.rfind('.') + 1), subresource.kind}));
  }
  const auto group = subresource.group.substr(0, subresource.group.find('.'));
  return catalog.find_type(concat({group, "/", subresource.version, ".", subresource.kind}));
}

JsonObject paths_of(const Catalog& catalog, std::span<const Resource* const> resources,
                    OpenApi version) {
  return PathWriter(catalog, version).write(resources);
}

}  // namespace pintle::api
