// Discovery: groups, versions and resources as clients list them.
//
// Source: apimachinery meta/v1 APIGroupList, APIResourceList; apidiscovery.k8s.io/v2.

#include "core/api/discovery.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/json.hpp"

namespace pintle::api {
namespace {

struct Version {
  std::string_view name;
  std::vector<const Resource*> resources;  // Sorted by plural.
};

struct Group {
  std::string_view name;
  std::vector<Version> versions;  // The preferred one first.
};

/// The groups in the catalog's order, which is discovery's.
std::vector<Group> groups_of(const Catalog& catalog) {
  std::vector<Group> groups;
  for (const Resource* resource : catalog.resources()) {
    if (groups.empty() || groups.back().name != resource->group) {
      groups.push_back({resource->group, {}});
    }
    auto& versions = groups.back().versions;
    if (versions.empty() || versions.back().name != resource->version) {
      versions.push_back({resource->version, {}});
    }
    versions.back().resources.push_back(resource);
  }
  return groups;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// `["a","b"]` of "a b".
std::string word_list(std::string_view words) {
  std::string out = "[";
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find(' ', at), words.size());
    out += (out.size() == 1 ? "" : ",") + quoted(words.substr(at, end - at));
    at = end + 1;
  }
  return out + "]";
}

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : concat({group, "/", version});
}

std::string version_json(const Group& group, const Version& version) {
  return concat({"{\"groupVersion\":\"", group_version(group.name, version.name),
                 "\",\"version\":\"", version.name, "\"}"});
}

/// The members of an APIGroup: name, versions, preferredVersion.
std::string group_members(const Group& group) {
  std::string out = concat({"\"name\":\"", group.name, "\",\"versions\":["});
  for (const Version& version : group.versions) {
    out += (out.back() == '[' ? "" : ",") + version_json(group, version);
  }
  return out + "],\"preferredVersion\":" + version_json(group, group.versions.front());
}

/// FNV-1a, printed: tells one storage version from another, as clients compare it.
std::string storage_hash(const Resource& resource) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const auto text : {resource.group, resource.version, resource.kind}) {
    for (const char c : text) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    }
    hash = (hash ^ 0xff) * 1099511628211ULL;
  }
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
  std::string out;
  for (int i = 0; i < 11; ++i) {
    out += kDigits[hash & 63U];
    hash >>= 6U;
  }
  return out + "=";
}

std::string resource_json(const Resource& resource) {
  std::string out =
      concat({"{\"name\":\"", resource.plural, "\",\"singularName\":\"", resource.singular,
              "\",\"namespaced\":", resource.namespaced ? "true" : "false", ",\"kind\":\"",
              resource.kind, "\",\"verbs\":", word_list(resource.verbs)});
  if (!resource.short_names.empty()) {
    out += ",\"shortNames\":" + word_list(resource.short_names);
  }
  if (!resource.categories.empty()) {
    out += ",\"categories\":" + word_list(resource.categories);
  }
  if (resource.has_verb("get") && resource.storage_version) {
    out += concat({",\"storageVersionHash\":\"", storage_hash(resource), "\""});
  }
  return out + "}";
}

std::string subresource_json(const Resource& resource, const Subresource& subresource) {
  std::string out =
      concat({"{\"name\":\"", resource.plural, "/", subresource.name,
              "\",\"singularName\":\"\",\"namespaced\":", resource.namespaced ? "true" : "false"});
  if (!subresource.version.empty()) {
    out += concat(
        {",\"group\":\"", subresource.group, "\",\"version\":\"", subresource.version, "\""});
  }
  return out + concat({",\"kind\":\"", subresource.kind,
                       "\",\"verbs\":", word_list(subresource.verbs), "}"});
}

std::string kind_json(std::string_view group, std::string_view version, std::string_view kind) {
  return concat(
      {"{\"group\":\"", group, "\",\"version\":\"", version, "\",\"kind\":\"", kind, "\"}"});
}

std::string aggregated_resource_json(const Resource& resource) {
  std::string out =
      concat({"{\"resource\":\"", resource.plural, "\",\"responseKind\":",
              kind_json(resource.group, resource.version, resource.kind), ",\"scope\":\"",
              resource.namespaced ? "Namespaced" : "Cluster", "\",\"singularResource\":\"",
              resource.singular, "\",\"verbs\":", word_list(resource.verbs)});
  if (!resource.short_names.empty()) {
    out += ",\"shortNames\":" + word_list(resource.short_names);
  }
  if (!resource.categories.empty()) {
    out += ",\"categories\":" + word_list(resource.categories);
  }
  for (const Subresource& sub : resource.subresources) {
    out += &sub == resource.subresources.data() ? ",\"subresources\":[" : ",";
    const bool own = sub.version.empty();
    out += concat({"{\"subresource\":\"", sub.name, "\",\"responseKind\":",
                   kind_json(own ? resource.group : sub.group, own ? resource.version : sub.version,
                             sub.kind),
                   ",\"verbs\":", word_list(sub.verbs), "}"});
  }
  return out + (resource.subresources.empty() ? "}" : "]}");
}

std::string aggregated_version_json(const Version& version) {
  std::string out = concat({"{\"version\":\"", version.name, "\",\"resources\":["});
  for (const Resource* resource : version.resources) {
    out += (out.back() == '[' ? "" : ",") + aggregated_resource_json(*resource);
  }
  return out + "],\"freshness\":\"Current\"}";
}

}  // namespace

std::string api_versions_json(std::string_view server_address) {
  return concat({R"({"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":)",
                 R"([{"clientCIDR":"0.0.0.0/0","serverAddress":)", quoted(server_address), "}]}"});
}

std::string api_group_list_json(const Catalog& catalog) {
  std::string out = R"({"kind":"APIGroupList","apiVersion":"v1","groups":[)";
  for (const Group& group : groups_of(catalog)) {
    if (!group.name.empty()) {
      out += (out.back() == '[' ? "{" : ",{") + group_members(group) + "}";
    }
  }
  return out + "]}";
}

Result<std::string> api_group_json(const Catalog& catalog, std::string_view group_name) {
  for (const Group& group : groups_of(catalog)) {
    if (group.name == group_name && !group_name.empty()) {
      return concat({R"({"kind":"APIGroup","apiVersion":"v1",)", group_members(group), "}"});
    }
  }
  return Error(Code::kNotFound, "the server could not find the requested resource");
}

Result<std::string> api_resource_list_json(const Catalog& catalog, std::string_view group,
                                           std::string_view version) {
  std::string out =
      concat({R"({"kind":"APIResourceList",)", group.empty() ? "" : R"("apiVersion":"v1",)",
              R"("groupVersion":")", group_version(group, version), R"(","resources":[)"});
  const auto empty = out.size();
  for (const Resource* resource : catalog.resources()) {
    if (resource->group != group || resource->version != version) {
      continue;
    }
    out += (out.size() == empty ? "" : ",") + resource_json(*resource);
    for (const Subresource& subresource : resource->subresources) {
      out += "," + subresource_json(*resource, subresource);
    }
  }
  if (out.size() == empty) {
    return Error(Code::kNotFound, "the server could not find the requested resource");
  }
  return out + "]}";
}

std::string aggregated_discovery_json(const Catalog& catalog, bool core_group,
                                      std::string_view version) {
  std::string out = concat({R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/)",
                            version, R"(","metadata":{},"items":[)"});
  for (const Group& group : groups_of(catalog)) {
    if (group.name.empty() != core_group) {
      continue;
    }
    out += out.back() == '[' ? "" : ",";
    // The core group's item has no name, as in Kubernetes.
    out += group.name.empty() ? R"({"metadata":{"creationTimestamp":null},"versions":[)"
                              : concat({R"({"metadata":{"name":")", group.name,
                                        R"(","creationTimestamp":null},"versions":[)"});
    for (const Version& one : group.versions) {
      out += (out.back() == '[' ? "" : ",") + aggregated_version_json(one);
    }
    out += "]}";
  }
  return out + "]}";
}

}  // namespace pintle::api
