// A store of what the test puts in, for those who only look things up.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/http/remote_object.hpp"
#include "core/object/json.hpp"
#include "core/object/object.hpp"
#include "core/store/store.hpp"

namespace pintle::http::test {

/// A store of what the test puts in.
class ShelfStore final : public store::Store {
 public:
  void put(const std::string& resource, const std::string& json) {
    const auto parsed = parse_json(json).value();
    auto object = to_object(resource, parsed.value).value();
    objects_[object->key()] = std::move(object);
  }
  ObjectPtr get(const Key& key) const override {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }
  ObjectPtr latest(const Key& key) const override { return get(key); }
  store::Snapshot list(std::string_view) const override { return {}; }
  Revision revision() const override { return 1; }
  void commit(store::Write, store::Done) override {}
  std::optional<std::string> unready() const override { return std::nullopt; }
  store::Figures figures() const override { return {}; }

 private:
  std::map<Key, ObjectPtr> objects_;
};

}  // namespace pintle::http::test
