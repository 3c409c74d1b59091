// Kinds: every kind of object there is to collect, as discovery tells of them now.

#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/sdk/client.hpp"

namespace pintle::controller_garbage_collector {

/// One resource in its group's preferred version.
struct Kind {
  std::string group;
  std::string version;
  std::string kind;
  std::string resource;
  bool namespaced = true;
  bool followed = false;  // It can be listed, watched and deleted: its objects are in the graph.

  bool operator==(const Kind&) const = default;
  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
  std::string group_resource() const { return group.empty() ? resource : resource + "." + group; }
  sdk::Path path(std::string_view ns = "", std::string_view name = "") const;
};

/// "apps/v1" is group "apps", version "v1"; "v1" is the core group's.
std::string_view group_of(std::string_view api_version);

class Kinds {
 public:
  /// Asks the server. What a group that does not answer has stays as it was.
  /// Errors: the server's, where it tells of no groups at all.
  Result<void> refresh(sdk::Client& client);

  /// The kind an owner reference means; null while the server has none such.
  const Kind* find(std::string_view api_version, std::string_view kind) const;
  /// Each lives until a refresh after it has gone.
  const std::vector<std::shared_ptr<const Kind>>& all() const { return kinds_; }

 private:
  std::vector<std::shared_ptr<const Kind>> kinds_;   // A kind that stays keeps its address.
  std::set<std::string, std::less<>> api_versions_;  // All that are served: "apps/v1".
};

}  // namespace pintle::controller_garbage_collector
