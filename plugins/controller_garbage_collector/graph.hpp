// Graph: who owns whom. Only objects that matter for collecting are in it: those that have owners,
// and those that wait, half deleted, for their dependents.
//
// An owner is known by what its dependents say of it (kind, name, uid), so that two dependents that
// name one uid by different coordinates mean two owners, each looked up where it is said to be.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/object/json.hpp"
#include "plugins/controller_garbage_collector/kinds.hpp"

namespace pintle::controller_garbage_collector {

inline constexpr std::string_view kForeground = "foregroundDeletion";
inline constexpr std::string_view kOrphan = "orphan";

/// An owner reference, as an object's metadata has it.
struct OwnerReference {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;
  bool blocks = false;  // blockOwnerDeletion.
};

/// What matters of an object's metadata.
struct Facts {
  std::string ns;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::vector<OwnerReference> owners;
  std::vector<std::string> finalizers;
  bool is_going = false;  // It has a deletionTimestamp.

  bool has_finalizer(std::string_view finalizer) const;
  bool deletes_dependents() const { return is_going && has_finalizer(kForeground); }
  bool orphans_dependents() const { return is_going && has_finalizer(kOrphan); }
};

Facts facts_of(const Json& metadata);

struct Node;

/// Somebody that dependents name as their owner.
struct Owner {
  OwnerReference reference;  // As the first dependent has it; `blocks` means nothing here.
  std::unordered_set<Node*> dependents;
  /// Seen to be there since the last time it could have gone unnoticed, in `seen_in`.
  bool is_seen = false;
  std::string seen_in;  // Its namespace; "" for none.
  /// Whether it was looked for in other namespaces, as it was never seen where it should be.
  bool was_searched = false;
};

/// An object in the graph.
struct Node {
  struct Tie {
    Owner* owner;
    bool blocks;
  };

  std::shared_ptr<const Kind> kind;
  std::string ns;
  std::string name;
  std::string uid;
  std::vector<Tie> owners;
  bool deletes_dependents = false;
  bool orphans_dependents = false;
  std::uint64_t round = 0;  // The last listing of its kind that it was in.
};

/// Threads: one at a time.
class Graph {
 public:
  /// What changed with put(): which other objects must be looked at.
  struct Change {
    Node* node = nullptr;  // Null where the object is not, or no longer, in the graph.
    bool has_new_owners = false;
    bool begins_to_wait = false;      // It now deletes or orphans its dependents.
    std::vector<std::string> let_go;  // uids of owners it no longer has, or no longer blocks.
  };
  Change put(const std::shared_ptr<const Kind>& kind, const Facts& facts, std::uint64_t round);

  /// Takes an object out; the uids of those it named as owners.
  std::vector<std::string> erase(const std::string& uid);

  Node* find(std::string_view uid) const;
  /// The owner that `kind`'s object `name` with `uid` is to its dependents; null if it has none.
  Owner* find_owner(const Kind& kind, std::string_view name, std::string_view uid) const;

  Owner* find_owner(const OwnerReference& reference) const;

  /// The dependents of `node`'s object that can mean it: those in its namespace, or all where it
  /// has none.
  std::vector<Node*> dependents_of(const Node& node) const;

  void for_each_node(const std::function<void(Node& node)>& visit) const;
  void for_each_owner(const std::function<void(Owner& owner)>& visit) const;
  std::size_t size() const { return nodes_.size(); }

 private:
  Owner& owner_of(const OwnerReference& reference);
  void untie(Node& node, Owner& owner);

  std::unordered_map<std::string, std::unique_ptr<Node>> nodes_;    // By uid.
  std::unordered_map<std::string, std::unique_ptr<Owner>> owners_;  // By key_of(reference).
};

}  // namespace pintle::controller_garbage_collector
