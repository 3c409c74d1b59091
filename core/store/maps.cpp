// Maps: applying changes and publishing them.

#include "core/store/maps.hpp"

namespace pintle::store {

std::shared_ptr<const Snapshot::Tree> Published::tree_of(std::string_view resource) const {
  const auto found = places->find(resource);
  return found == places->end() ? nullptr : trees[found->second];
}

ObjectPtr Published::find(const Key& key) const {
  const auto place = places->find(key.resource);
  if (place == places->end()) {
    return nullptr;
  }
  const ObjectPtr* found = trees[place->second]->find({key.ns, key.name});
  return found == nullptr ? nullptr : *found;
}

Maps::Slot& Maps::slot_of(const std::string& resource) {
  if (const auto found = places_->find(resource); found != places_->end()) {
    return slots_[found->second];
  }
  auto places = std::make_shared<Published::Places>(*places_);
  places->emplace(resource, slots_.size());
  places_ = std::move(places);
  return slots_.emplace_back();
}

ObjectPtr Maps::apply(Event::Type type, const ObjectPtr& object) {
  Slot& slot = slot_of(object->resource());
  slot.published = nullptr;
  if (type == Event::Type::kDeleted) {
    ObjectPtr erased = slot.tree.erase(tree_key_of(*object));
    objects_ -= erased != nullptr ? 1U : 0U;
    return erased;
  }
  ObjectPtr replaced = slot.tree.put(object);
  objects_ += replaced == nullptr ? 1U : 0U;
  return replaced;
}

std::shared_ptr<const Published> Maps::publish(Revision revision) {
  auto published = std::make_shared<Published>();
  published->revision = revision;
  published->places = places_;
  published->trees.reserve(slots_.size());
  for (auto& slot : slots_) {
    if (slot.published == nullptr) {
      slot.published = std::make_shared<const Snapshot::Tree>(slot.tree);
    }
    published->trees.push_back(slot.published);
  }
  return published;
}

}  // namespace pintle::store
