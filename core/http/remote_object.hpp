// Objects as a remote server sends them, made into Objects of ours.

#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "core/object/object.hpp"

namespace pintle::http {

/// The kind and apiVersion of a list's items, which name none themselves.
struct TypeOfItems {
  std::string kind;
  std::string api_version;
};

/// `resource` is the plural and group: "pods", "deployments.apps". The object's own kind leads.
/// Errors: kInternalError for what is no object.
Result<ObjectPtr> to_object(const std::string& resource, const Json& json,
                            const TypeOfItems& type = {});

/// "pods", "deployments.apps" of a path like "/apis/apps/v1/namespaces/x/deployments?limit=1".
/// Errors: kBadRequest for what is no resource's path.
Result<std::string> resource_of_path(std::string_view path);

}  // namespace pintle::http
