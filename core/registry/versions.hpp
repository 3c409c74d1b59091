// Versions: one stored object, shown and written in every version that its kind is served in.
//
// An operation over another version than the stored one is performed on the stored one; only where
// trees come in and bytes go out are they converted. The stored version itself costs a null check.
// Source: apimachinery's conversion; kube-apiserver converts by way of internal types, which are
// the stored version's but for their names.

#pragma once

#include <optional>
#include <string_view>

#include "core/object/object.hpp"
#include "core/registry/registry.hpp"

namespace pintle::registry {

/// Between one served version and the stored one. Const and shared by all threads.
class Conversion {
 public:
  virtual ~Conversion() = default;

  /// Changes a tree that was decoded in the served version; apiVersion is the caller's. Parts may
  /// be missing.
  virtual void to_stored(Json& object) const = 0;
  virtual void from_stored(Json& object) const = 0;

  /// What the stored version calls the field that a selector names.
  virtual std::string_view stored_field(std::string_view field) const { return field; }
};

/// REQUIRES: `served` is no storage version.
const Conversion& find_conversion(const api::Resource& served);

/// The version that the client speaks: the operation's own, or the one it was moved from.
const api::Resource& served_of(const Operation& operation);

/// An operation over a version that is not stored, moved to the one that is.
void move_to_stored(const api::Catalog& catalog, Operation& operation);

/// `reply` with errors that name the served resource, where the operation was moved.
Reply in_words_of(const Operation& operation, Reply reply);

/// Trees between the versions, apiVersion and all; nothing happens where they are the same.
void to_stored(const Operation& operation, Json& object);
void from_stored(const Operation& operation, Json& object);

/// A stored object as a version shows it. REQUIRES: it outlives this.
class Shown {
 public:
  Shown(const api::Resource& served, const Object& stored);

  const Object& operator*() const { return *object_; }
  const Object* operator->() const { return object_; }

 private:
  std::optional<Object> converted_;
  const Object* object_;
};

}  // namespace pintle::registry
