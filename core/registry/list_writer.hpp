// ListWriter: a list's bytes, in any representation, part by part.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/registry/options.hpp"
#include "core/registry/represent.hpp"
#include "core/registry/versions.hpp"
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
  ListWriter(const Representation& as, const Operation& operation, const Clock& clock)
      : as_(as), resource_(*operation.resource), served_(served_of(operation)), clock_(clock) {}

  /// True where the size of the whole stands at its beginning: then every item is measured first,
  /// in order, and the same head and items are written afterwards.
  bool is_measured() const { return as_.media == Representation::Media::kProtobuf; }
  /// Gives the bytes that the item takes.
  std::size_t measure(const Object& object);
  /// After all items were measured: true if they are few enough to have been kept, and need not be
  /// written once more.
  bool has_kept() const { return !kept_.empty(); }
  /// Appends the next part of the kept items. True once that was all.
  bool take_kept(std::string& out, std::size_t budget);

  void begin(std::string& out, const ListHead& head);
  void item(std::string& out, const Object& object);
  void end(std::string& out);

  /// Head, items and end at once.
  Answer whole(const std::vector<ObjectPtr>& objects, Revision revision);

 private:
  void begin_json(std::string& out, const ListHead& head);
  void begin_protobuf(std::string& out, const ListHead& head);
  /// Makes encoded_ of one item.
  void encode(const Object& object);

  const Representation as_;
  const api::Resource& resource_;  // What is stored, and
  const api::Resource& served_;    // what is shown of it.
  const Clock& clock_;
  bool first_ = true;
  std::size_t measured_bytes_ = 0;  // Of all items with their heads.
  std::string kept_;                // All items with their heads; empty where they are too many.
  std::size_t kept_at_ = 0;
  std::string partial_;  // Scratch: an item's metadata as JSON,
  std::string encoded_;  // and an item in protobuf.
};

/// The objects of a list that `options` selects, in order.
std::vector<ObjectPtr> select_objects(const store::Snapshot& snapshot,
                                      const api::Resource& resource, std::string_view ns,
                                      const ListOptions& options);

}  // namespace pintle::registry
