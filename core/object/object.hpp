// Object: one committed object, immutable and shared by everyone who looks at it.
//
// It holds the serialised JSON once; GET, LIST and WATCH send those bytes. What selectors and
// indexes ask about (labels, selectable fields, uid) is lifted out at commit. The parsed tree is
// made on first use, once, for plugins and patches.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle {

/// A commit's number: one order over everything in the store. 0 is "before the first".
using Revision = std::uint64_t;

/// Where an object lives.
struct Key {
  std::string resource;  // Plural and group: "pods", "deployments.apps".
  std::string ns;        // Empty for what belongs to no namespace.
  std::string name;

  friend auto operator<=>(const Key&, const Key&) = default;
  friend bool operator==(const Key&, const Key&) = default;
};

/// "pods/default/nginx", "nodes/n1": for messages.
std::string to_text(const Key& key);

/// Sorted by name. Labels, or the fields that a field selector may ask for ("status.phase").
using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// The value of `name` in sorted `pairs`; null where there is none.
const std::string* find_text(const TextPairs& pairs, std::string_view name);

/// What the registry hands to the store: an object but for its revision.
///
/// The object's JSON is `head` + `"resourceVersion":"N",` + `tail`: the hole lies inside metadata,
/// after at least `{`, and before at least one more member.
struct Draft {
  std::string head;
  std::string tail;
  std::uint32_t type_size = 0;  // Bytes of `"kind":"Pod","apiVersion":"v1",` after the first `{`.
  std::string uid;
  TextPairs labels;
  TextPairs fields;
  std::size_t owners_at = 0;    // Where the value of metadata.managedFields begins in `tail`,
  std::size_t owners_size = 0;  // and its length; 0 where there is none.
};

class Object;
using ObjectPtr = std::shared_ptr<const Object>;

class Object {
 public:
  Object(Key key, Revision revision, Draft draft);
  ~Object();
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  const Key& key() const { return key_; }
  const std::string& resource() const { return key_.resource; }
  const std::string& ns() const { return key_.ns; }
  const std::string& name() const { return key_.name; }
  const std::string& uid() const { return uid_; }
  Revision revision() const { return revision_; }

  /// The whole object, resourceVersion, kind and apiVersion included.
  std::string_view json() const { return json_; }

  /// The bytes between the first `{` and the rest of an item in a typed list: put `{` before them.
  /// As Kubernetes does, a list's items name no kind of their own.
  std::string_view json_of_item() const { return std::string_view(json_).substr(1 + type_size_); }

  const TextPairs& labels() const { return labels_; }
  const TextPairs& fields() const { return fields_; }

  /// The parsed object; made on first use and kept. Threads: from any.
  const Json& tree() const;

  /// The same object as a draft again, for a store that must write it anew with another revision
  /// (a deletion's last state).
  Draft to_draft() const;

 private:
  struct Tree;

  Key key_;
  Revision revision_;
  std::string json_;
  std::uint32_t type_size_;
  std::uint32_t hole_at_;    // Where `"resourceVersion":"N",` begins in json_,
  std::uint32_t hole_size_;  // and its length.
  std::string uid_;
  TextPairs labels_;
  TextPairs fields_;
  mutable std::once_flag parsed_;
  mutable std::unique_ptr<const Tree> tree_;  // Guarded by parsed_.
};

/// One change of one object, as the bus carries it.
struct Event {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted };

  Type type = Type::kAdded;
  ObjectPtr object;    // For kDeleted the last state, with the deletion's own revision in it.
  ObjectPtr previous;  // Null for kAdded.

  Revision revision() const { return object->revision(); }
};

/// "ADDED", "MODIFIED", "DELETED".
std::string_view to_text(Event::Type type);

}  // namespace pintle
