// ListWriter: a list's bytes, in any representation, part by part.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/registry/options.hpp"
#include "core/registry/represent.hpp"
#include "core/store/store.hpp"

namespace pintle::registry {

/// What a list says of itself before its items.
struct ListHead {
  Revision revision = 0;
  std::string continue_token;   // Empty: this is all.
  std::int64_t remaining = -1;  // Items after this page; below 0: unknown.
};

class ListWriter {
 public:
  ListWriter(const Representation& as, const api::Resource& resource, const Clock& clock)
      : as_(as), resource_(resource), clock_(clock) {}

  void begin(std::string& out, const ListHead& head);
  void item(std::string& out, const Object& object);
  void end(std::string& out);

  /// Head, items and end at once.
  Answer whole(const std::vector<ObjectPtr>& objects, Revision revision);

 private:
  const Representation as_;
  const api::Resource& resource_;
  const Clock& clock_;
  bool first_ = true;
};

/// The objects of a list that `options` selects, in order.
std::vector<ObjectPtr> select_objects(const store::Snapshot& snapshot,
                                      const api::Resource& resource, std::string_view ns,
                                      const ListOptions& options);

}  // namespace pintle::registry
