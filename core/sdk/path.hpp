// Path: an API path from its parts and back, so that no plugin glues slashes together.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pintle::sdk {

/// Where a resource, or one object of it, is served.
///
///   to_text(Path{.resource = "pods", .ns = "default", .name = "nginx", .subresource = "status"})
///   = "/api/v1/namespaces/default/pods/nginx/status"
struct Path {
  std::string group = "";  // "" is the core group.
  std::string version = "v1";
  std::string resource;
  std::string ns = "";           // "" is every namespace, or none.
  std::string name = "";         // "" is the whole collection.
  std::string subresource = "";  // "" for none.
  std::string query = "";        // As sent, without the '?'.
};

std::string to_text(const Path& path);

/// Nothing where `text` is no path of a resource.
std::optional<Path> parse_path(std::string_view text);

/// `text` for a query's value: "spec.nodeName=n1" becomes "spec.nodeName%3Dn1".
std::string query_escaped(std::string_view text);
std::string query_unescaped(std::string_view text);

/// The value of `name` in `query`, unescaped; nothing where it is not there.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace pintle::sdk
