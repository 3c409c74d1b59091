// Contents: everything that lives in a namespace, found by discovery, and how it is emptied.

#pragma once

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
};

/// What is still there, and why.
struct Remaining {
  std::map<std::string, std::int64_t> instances;   // By group_resource, e.g. "pods.": how many.
  std::map<std::string, std::int64_t> finalizers;  // By finalizer: on how many of them.
  std::vector<std::string> discovery_faults;       // Groups that could not be read.
  std::vector<std::string> content_faults;         // Kinds that could not be deleted.

  bool nothing() const {
    return instances.empty() && discovery_faults.empty() && content_faults.empty();
  }
};

/// Deletes all that `ns` holds, once, and tells what is left: what ends gracefully or is held by
/// finalizers.
Remaining empty_namespace(sdk::Client& client, const std::string& ns);

}  // namespace pintle::controller_namespace
