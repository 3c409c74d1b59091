// Snapshot: one tree at one revision.

#include <functional>

#include "core/store/store.hpp"
#include "core/store/tree.hpp"

namespace pintle::store {

Snapshot::Snapshot() = default;
Snapshot::Snapshot(std::shared_ptr<const Tree> tree, Revision revision)
    : tree_(std::move(tree)), revision_(revision) {}
Snapshot::~Snapshot() = default;
Snapshot::Snapshot(const Snapshot&) = default;
Snapshot& Snapshot::operator=(const Snapshot&) = default;

std::size_t Snapshot::size() const {
  return tree_ == nullptr ? 0 : tree_->size();
}

ObjectPtr Snapshot::find(std::string_view ns, std::string_view name) const {
  const ObjectPtr* found = tree_ == nullptr ? nullptr : tree_->find({ns, name});
  return found == nullptr ? nullptr : *found;
}

void Snapshot::scan_after(std::string_view ns, std::string_view name,
                          const std::function<bool(const ObjectPtr&)>& visit) const {
  if (tree_ != nullptr) {
    tree_->scan_after({ns, name}, visit);
  }
}

void Snapshot::scan_namespace(std::string_view ns, std::string_view after_name,
                              const std::function<bool(const ObjectPtr&)>& visit) const {
  if (tree_ == nullptr) {
    return;
  }
  tree_->scan_after({ns, after_name}, [ns, &visit](const ObjectPtr& object) {
    return object->ns() == ns && visit(object);
  });
}

}  // namespace pintle::store
