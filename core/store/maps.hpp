// Maps: all resources' trees, as the committing thread changes them and as readers see them.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/store/store.hpp"
#include "core/store/tree.hpp"

namespace pintle::store {

/// What readers see: every resource at one revision. Immutable.
struct Published {
  using Places = std::map<std::string, std::size_t, std::less<>>;

  Revision revision = 0;
  std::shared_ptr<const Places> places;  // By resource: where its tree is in `trees`.
  std::vector<std::shared_ptr<const Snapshot::Tree>> trees;

  /// Null where no object of the resource was ever stored.
  std::shared_ptr<const Snapshot::Tree> tree_of(std::string_view resource) const;
  ObjectPtr find(const Key& key) const;
};

/// Threads: by one at a time.
class Maps {
 public:
  /// Applies one change; returns the object that was there before, or null.
  ObjectPtr apply(Event::Type type, const ObjectPtr& object);

  /// The trees as they are now. Costs one tree header a changed resource, whatever their size.
  std::shared_ptr<const Published> publish(Revision revision);

  std::size_t objects() const { return objects_; }

 private:
  struct Slot {
    Snapshot::Tree tree;
    std::shared_ptr<const Snapshot::Tree> published;  // Null once `tree` has changed.
  };

  Slot& slot_of(const std::string& resource);

  std::shared_ptr<const Published::Places> places_ = std::make_shared<Published::Places>();
  std::vector<Slot> slots_;
  std::size_t objects_ = 0;
};

}  // namespace pintle::store
