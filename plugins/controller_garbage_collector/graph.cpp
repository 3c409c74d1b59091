// Graph: who owns whom; see graph.hpp.

#include "plugins/controller_garbage_collector/graph.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle::controller_garbage_collector {
namespace {

std::string owner_key(std::string_view group, std::string_view kind, std::string_view name,
                      std::string_view uid) {
  return concat({uid, "\n", group, "\n", kind, "\n", name});
}

std::string owner_key(const OwnerReference& reference) {
  return owner_key(group_of(reference.api_version), reference.kind, reference.name, reference.uid);
}

bool is_true(const Json& object, std::string_view member) {
  const Json* value = find_member(object, member);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const Node::Tie* find_tie(const std::vector<Node::Tie>& ties, const Owner* owner) {
  const auto found =
      std::ranges::find_if(ties, [owner](const Node::Tie& tie) { return tie.owner == owner; });
  return found == ties.end() ? nullptr : &*found;
}

}  // namespace

bool Facts::has_finalizer(std::string_view finalizer) const {
  return std::ranges::find(finalizers, finalizer) != finalizers.end();
}

Facts facts_of(const Json& metadata) {
  Facts facts{.ns = std::string(text_at(metadata, {"namespace"})),
              .name = std::string(text_at(metadata, {"name"})),
              .uid = std::string(text_at(metadata, {"uid"})),
              .resource_version = std::string(text_at(metadata, {"resourceVersion"})),
              .owners = {},
              .finalizers = {},
              .is_going = !text_at(metadata, {"deletionTimestamp"}).empty()};
  for (const auto& owner : array_at(metadata, {"ownerReferences"})) {
    facts.owners.push_back({.api_version = std::string(text_at(owner, {"apiVersion"})),
                            .kind = std::string(text_at(owner, {"kind"})),
                            .name = std::string(text_at(owner, {"name"})),
                            .uid = std::string(text_at(owner, {"uid"})),
                            .blocks = is_true(owner, "blockOwnerDeletion")});
  }
  for (const auto& finalizer : array_at(metadata, {"finalizers"})) {
    if (finalizer.is_string()) {
      facts.finalizers.emplace_back(std::string_view(finalizer.get_string()));
    }
  }
  return facts;
}

Owner& Graph::owner_of(const OwnerReference& reference) {
  auto& owner = owners_[owner_key(reference)];
  if (owner == nullptr) {
    owner = std::make_unique<Owner>();
    owner->reference = reference;
  }
  return *owner;
}

void Graph::untie(Node& node, Owner& owner) {
  owner.dependents.erase(&node);
  if (owner.dependents.empty()) {
    owners_.erase(owner_key(owner.reference));
  }
}

Graph::Change Graph::put(const std::shared_ptr<const Kind>& kind, const Facts& facts,
                         std::uint64_t round) {
  Change change;
  const bool matters =
      !facts.owners.empty() || facts.deletes_dependents() || facts.orphans_dependents();
  if (!matters) {
    change.let_go = erase(facts.uid);
    return change;
  }
  auto& held = nodes_[facts.uid];
  if (held == nullptr) {
    held = std::make_unique<Node>();
    held->kind = kind;
    held->ns = facts.ns;
    held->name = facts.name;
    held->uid = facts.uid;
  }
  Node& node = *held;
  node.round = round;
  change.node = &node;

  std::vector<Node::Tie> ties;
  for (const auto& reference : facts.owners) {
    Owner& owner = owner_of(reference);
    if (find_tie(ties, &owner) != nullptr) {
      continue;  // Named twice.
    }
    const Node::Tie* before = find_tie(node.owners, &owner);
    change.has_new_owners = change.has_new_owners || before == nullptr;
    if (before != nullptr && before->blocks && !reference.blocks) {
      change.let_go.push_back(reference.uid);
    }
    owner.dependents.insert(&node);
    ties.push_back({.owner = &owner, .blocks = reference.blocks});
  }
  std::swap(node.owners, ties);
  for (const auto& tie : ties) {
    if (find_tie(node.owners, tie.owner) == nullptr) {
      change.let_go.push_back(tie.owner->reference.uid);
      untie(node, *tie.owner);
    }
  }

  const bool waits = facts.deletes_dependents() || facts.orphans_dependents();
  change.begins_to_wait = waits && (node.deletes_dependents != facts.deletes_dependents() ||
                                    node.orphans_dependents != facts.orphans_dependents());
  node.deletes_dependents = facts.deletes_dependents();
  node.orphans_dependents = facts.orphans_dependents();
  return change;
}

std::vector<std::string> Graph::erase(const std::string& uid) {
  std::vector<std::string> owners;
  const auto held = nodes_.find(uid);
  if (held == nodes_.end()) {
    return owners;
  }
  Node& node = *held->second;
  for (const auto& tie : node.owners) {
    owners.push_back(tie.owner->reference.uid);
    untie(node, *tie.owner);
  }
  nodes_.erase(held);
  return owners;
}

Node* Graph::find(std::string_view uid) const {
  const auto held = nodes_.find(std::string(uid));
  return held == nodes_.end() ? nullptr : held->second.get();
}

Owner* Graph::find_owner(const Kind& kind, std::string_view name, std::string_view uid) const {
  if (owners_.empty()) {
    return nullptr;
  }
  const auto held = owners_.find(owner_key(kind.group, kind.kind, name, uid));
  return held == owners_.end() ? nullptr : held->second.get();
}

std::vector<Node*> Graph::dependents_of(const Node& node) const {
  std::vector<Node*> found;
  const Owner* owner = find_owner(*node.kind, node.name, node.uid);
  if (owner == nullptr) {
    return found;
  }
  for (Node* dependent : owner->dependents) {
    if (!node.kind->namespaced || dependent->ns == node.ns) {
      found.push_back(dependent);
    }
  }
  return found;
}

Owner* Graph::find_owner(const OwnerReference& reference) const {
  const auto held = owners_.find(owner_key(reference));
  return held == owners_.end() ? nullptr : held->second.get();
}

void Graph::for_each_node(const std::function<void(Node& node)>& visit) const {
  for (const auto& [uid, node] : nodes_) {
    visit(*node);
  }
}

void Graph::for_each_owner(const std::function<void(Owner& owner)>& visit) const {
  for (const auto& [key, owner] : owners_) {
    visit(*owner);
  }
}

}  // namespace pintle::controller_garbage_collector
