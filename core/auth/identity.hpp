// Identity: who a request comes from, and Attributes: what it asks to do.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pintle::auth {

struct Identity {
  std::string user;  // "joe", "system:node:n1", "system:anonymous".
  std::string uid;
  std::vector<std::string> groups;  // With system:authenticated or system:unauthenticated.
  std::map<std::string, std::vector<std::string>> extra;
  std::string authenticator;  // "basic", "token", "x509", "service-account", "anonymous",
                              // "in-process": for the audit log.
};

/// What is asked, in RBAC's words. Source: apiserver authorizer.Attributes.
struct Attributes {
  std::string verb;  // "get", "list", ... or the HTTP method in lower case for a path.
  bool is_resource = false;
  std::string group;
  std::string version;
  std::string resource;     // Plural.
  std::string subresource;  // "" for none.
  std::string ns;
  std::string name;
  std::string path;  // Of a non-resource request.
};

}  // namespace pintle::auth
