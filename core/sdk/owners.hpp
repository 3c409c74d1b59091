// Owners: which controller an object belongs to, and how a controller comes by what its selector
// names.
//
// Source: client-go and pkg/controller, controller_ref_manager.go.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object/selector.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/object.hpp"
#include "core/sdk/path.hpp"

namespace pintle::sdk {

/// The owner reference of `object` with controller: true; nothing where it has none.
Value controller_of(const ObjectHandle& object);

/// What a controller writes into metadata.ownerReferences of what it makes.
JsonObject controller_reference(const ObjectHandle& owner, std::string_view api_version,
                                std::string_view kind);

/// An object's labels, sorted by name, as selectors want them.
TextPairs labels_of(const Value& object);

/// A controller that comes by its objects.
struct Claimant {
  ObjectHandle owner;
  Path path;  // Where the owner is served.
  std::string api_version;
  std::string kind;
  LabelSelector selector;
};

/// What an index over possible belongings holds: find by the uid of its controller, or by
/// orphans_key(ns) for what has none.
std::vector<std::string> owner_keys_of(const ObjectHandle& object);
std::string orphans_key(std::string_view ns);

/// Those of `candidates`, objects of `resource` in the owner's namespace, that belong to the
/// claimant. An orphan that its selector matches is adopted, and one that it matches no longer
/// released, unless the owner is to be deleted itself.
/// Errors: what the server answered to an adoption or a release.
Result<std::vector<ObjectHandle>> claim(Client& client, const Claimant& claimant,
                                        const Path& resource,
                                        const std::vector<ObjectHandle>& candidates);

}  // namespace pintle::sdk
