// Store: commits, stamps the revision, makes it durable, then appends to the bus. Nobody else does.
//
// Reads are answered from memory: per resource a persistent (copy-on-write) ordered map, published
// atomically after each durable commit group, so a list is a consistent snapshot without a lock.
// Writes are optimistic: each names the revision of the object it was made from.
//
// One interface, one conformance suite (tests/conformance/store). Backends: sqlite here; etcd
// later. Threads: every method may be called from any thread.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/object.hpp"

namespace pintle::store {

/// All objects of one resource at one revision, ordered by namespace, then name. Cheap to copy;
/// holds its objects for as long as it lives.
class Snapshot {
 public:
  class Tree;  // The persistent map; see tree.hpp.

  Snapshot();
  Snapshot(std::shared_ptr<const Tree> tree, Revision revision);
  ~Snapshot();
  Snapshot(const Snapshot&);
  Snapshot& operator=(const Snapshot&);

  /// The store's revision when this was taken: a watch from here misses and repeats nothing.
  Revision revision() const { return revision_; }
  std::size_t size() const;

  /// Null where there is no such object.
  ObjectPtr find(std::string_view ns, std::string_view name) const;

  /// Calls `visit` for each object after (`ns`, `name`) in order, until it returns false. Both
  /// empty: from the first. `visit` may not keep the reference, but may copy the pointer.
  void scan_after(std::string_view ns, std::string_view name,
                  const std::function<bool(const ObjectPtr&)>& visit) const;

  /// The same, only for the objects of namespace `ns`, after `name`.
  void scan_namespace(std::string_view ns, std::string_view after_name,
                      const std::function<bool(const ObjectPtr&)>& visit) const;

 private:
  std::shared_ptr<const Tree> tree_;
  Revision revision_ = 0;
};

struct Write {
  enum class Type { kCreate, kUpdate, kDelete };

  Type type = Type::kCreate;
  Key key;
  Revision expected = 0;  // The revision of latest(key) this was made from; 0 for kCreate.
  Draft draft;            // For kDelete: the last state, as the DELETED event shows it.
};

/// Called exactly once. With the committed object once it is durable and published, on the
/// committing thread, in revision order; or with an error, on any thread.
/// Errors: kAlreadyExists (kCreate of what is there), kNotFound (kUpdate, kDelete of what is not),
/// kConflict (`expected` is not the latest revision), kRequestEntityTooLarge (past 1.5 MiB, as
/// etcd).
using Done = std::function<void(Result<ObjectPtr>)>;

/// What commits took, summed since the start: for /metrics and the tests that count operations.
struct Figures {
  std::uint64_t commits = 0;        // Objects written.
  std::uint64_t commit_groups = 0;  // Durable transactions: what an fsync was paid for.
  std::uint64_t objects = 0;        // Held now.
};

class Store {
 public:
  virtual ~Store() = default;

  /// The object as last made durable; null where there is none.
  virtual ObjectPtr get(const Key& key) const = 0;

  /// The object as the next write will find it: this includes writes that wait for durability, and
  /// may be shown to nobody. Null where there is none.
  virtual ObjectPtr latest(const Key& key) const = 0;

  virtual Snapshot list(std::string_view resource) const = 0;

  /// The newest durable revision.
  virtual Revision revision() const = 0;

  /// Hands in a write. `done` may be called before this returns.
  virtual void commit(Write write, Done done) = 0;

  /// Why the store can't serve, for /readyz; nothing while it can.
  virtual std::optional<std::string> unready() const = 0;

  virtual Figures figures() const = 0;
};

/// Builds a draft from stored JSON: labels and fields are not kept on disk. Given by the daemon,
/// because which fields a kind lifts is the registry's knowledge.
/// `json` holds its resourceVersion. Errors: kInternalError naming the key if it can't be read.
using Lift = std::function<Result<Draft>(const Key& key, std::string_view json)>;

}  // namespace pintle::store
