// Contents: everything that lives in a namespace, found by discovery, and how it is emptied.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/sdk/client.hpp"

namespace pintle::controller_namespace {

/// One kind of thing that a namespace can hold.
struct ContentKind {
  std::string group;
  std::string version;
  std::string resource;
  bool deletes_collections = false;

  std::string group_resource() const;  // "pods.", as Kubernetes words it in conditions.
  std::string shown() const;           // "/v1, Resource=pods", as in its errors.
};

/// What is still there, and why.
struct Remaining {
  std::map<std::string, std::int64_t> instances;   // By group_resource, e.g. "pods.": how many.
  std::map<std::string, std::int64_t> finalizers;  // By finalizer: on how many of them.
  std::string discovery_fault;                     // Why no groups could be read at all.
  std::vector<std::string> silent_groups;          // "apps/v1: why" of those that could not.
  std::vector<std::string> version_faults;         // Of versions that are none.
  std::vector<std::string> content_faults;         // Why something could not be deleted.

  bool is_discovered() const { return discovery_fault.empty() && silent_groups.empty(); }
  bool nothing() const {
    return instances.empty() && is_discovered() && version_faults.empty() && content_faults.empty();
  }
};

/// Deletes all that `ns` holds, once, and tells what is left: what ends gracefully or is held by
/// finalizers. Pods go first, and until the last is gone nothing else does: they may need it to
/// end well. `going_for` is how long ago the namespace was deleted.
/// Source: kubernetes namespaced_resources_deleter.go with OrderedNamespaceDeletion.
Remaining empty_namespace(sdk::Client& client, const std::string& ns,
                          std::chrono::seconds going_for);

}  // namespace pintle::controller_namespace
