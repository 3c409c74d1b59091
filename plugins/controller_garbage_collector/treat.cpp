// What becomes of one object: how its owners stand, and what is asked of the server then.
//
// Source: kubernetes garbagecollector.go attemptToDeleteItem, processDeletingDependentsItem.

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/sdk/metadata.hpp"
#include "plugins/controller_garbage_collector/collector.hpp"

namespace pintle::controller_garbage_collector {
namespace {

constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::chrono::seconds kLookSoon{5};

std::string shown(const OwnerReference& reference, const std::string& ns) {
  return concat({"[", reference.api_version, "/", reference.kind, ", namespace: ", ns,
                 ", name: ", reference.name, ", uid: ", reference.uid, "]"});
}

bool has(const std::vector<Standing>& standings, Standing wanted) {
  return std::ranges::find(standings, wanted) != standings.end();
}

/// What an object with these finalizers does to its dependents when it is deleted.
std::string_view policy_of(const Facts& facts) {
  if (facts.has_finalizer(kOrphan)) {
    return "Orphan";
  }
  return facts.has_finalizer(kForeground) ? "Foreground" : "Background";
}

JsonArray finalizers_but(const Live& live, std::string_view gone) {
  JsonArray kept;
  for (const auto& finalizer : live.facts.finalizers) {
    if (finalizer != gone) {
      kept.emplace_back(finalizer);
    }
  }
  return kept;
}

/// The references as they stand, but for those that stand in one of two ways.
JsonArray owners_but(const Live& live, const std::vector<Standing>& standings, Standing gone,
                     Standing gone_too) {
  const auto& all = array_at(live.metadata, {"ownerReferences"});
  JsonArray kept;
  for (std::size_t i = 0; i < all.size() && i < standings.size(); ++i) {
    if (standings[i] != gone && standings[i] != gone_too) {
      kept.push_back(all[i]);
    }
  }
  return kept;
}

}  // namespace

std::optional<Live> Collector::read_live(const sdk::Path& path) {
  const auto object = client_.find(path);
  if (!object) {
    return std::nullopt;
  }
  auto metadata = sdk::parse_metadata(object.json());
  if (!metadata.ok()) {
    return std::nullopt;
  }
  return Live{.facts = facts_of(metadata.value()), .metadata = std::move(metadata).value()};
}

Result<Collector::Next> Collector::treat(const Node& node) {
  const auto live = read_live(node.kind->path(node.ns, node.name));
  if (!live || live->facts.uid != node.uid) {
    return Next::kNothing;  // Gone: the graph hears of it.
  }
  const bool is_let_go = std::ranges::any_of(node.owners, [this](const Node::Tie& tie) {
    const Node* owner = graph_.find(tie.owner->reference.uid);
    return owner != nullptr && owner->orphans_dependents;
  });
  if (is_let_go) {
    PINTLE_TRY(const auto standings, stand(node, live->facts));
    if (has(standings, Standing::kOrphaning)) {
      return patch(node, *live,
                   {{"ownerReferences",
                     owners_but(*live, standings, Standing::kOrphaning, Standing::kOrphaning)}});
    }
  }
  if (live->facts.deletes_dependents() || live->facts.orphans_dependents()) {
    return let_dependents_go(node, *live);
  }
  if (live->facts.is_going || live->facts.owners.empty()) {
    return Next::kNothing;
  }
  return treat_owned(node, *live);
}

Result<Collector::Next> Collector::let_dependents_go(const Node& node, const Live& live) {
  const bool orphans = live.facts.orphans_dependents();
  const Owner* self = graph_.find_owner(*node.kind, node.name, node.uid);
  bool waits = false;
  for (const Node* dependent : graph_.dependents_of(node)) {
    const bool blocks = std::ranges::any_of(dependent->owners, [self](const Node::Tie& tie) {
      return tie.owner == self && tie.blocks;
    });
    if (!orphans && !blocks) {
      continue;
    }
    waits = true;
    if (orphans || !dependent->deletes_dependents) {
      queue_.add(dependent->uid);
    }
  }
  if (waits) {
    return Next::kNothing;
  }
  return patch(node, live, {{"finalizers", finalizers_but(live, orphans ? kOrphan : kForeground)}});
}

Result<Collector::Next> Collector::treat_owned(const Node& node, const Live& live) {
  PINTLE_TRY(const auto standings, stand(node, live.facts));
  if (has(standings, Standing::kCanNotBe)) {
    return Next::kNothing;
  }
  const bool some_wait = has(standings, Standing::kWaiting);
  if (has(standings, Standing::kSolid) || has(standings, Standing::kOrphaning)) {
    if (!some_wait && !has(standings, Standing::kDangling)) {
      return Next::kNothing;
    }
    return patch(node, live,
                 {{"ownerReferences",
                   owners_but(live, standings, Standing::kDangling, Standing::kWaiting)}});
  }
  const auto dependents = graph_.dependents_of(node);
  if (!some_wait || dependents.empty()) {
    return remove(node, live, policy_of(live.facts));
  }
  // Where one of its own dependents waits already, the two may be in a circle: nobody in it may
  // block the other.
  const bool may_be_circle = std::ranges::any_of(
      dependents, [](const Node* dependent) { return dependent->deletes_dependents; });
  const bool blocks = std::ranges::any_of(live.facts.owners, &OwnerReference::blocks);
  if (may_be_circle && blocks) {
    JsonArray owners = array_at(live.metadata, {"ownerReferences"});
    for (auto& owner : owners) {
      owner.as_object()["blockOwnerDeletion"] = false;
    }
    queue_.add(node.uid);  // To be deleted next.
    return patch(node, live, {{"ownerReferences", std::move(owners)}});
  }
  return remove(node, live, "Foreground");
}

Result<std::vector<Standing>> Collector::stand(const Node& node, const Facts& facts) {
  std::vector<Standing> standings;
  for (const auto& reference : facts.owners) {
    PINTLE_TRY(const auto standing, stand(node, reference));
    standings.push_back(standing);
  }
  return standings;
}

Result<Standing> Collector::stand(const Node& node, const OwnerReference& reference) {
  const Kind* kind = kinds_.find(reference.api_version, reference.kind);
  if (kind == nullptr) {
    // A custom kind that has yet to come, or went. Who knows what it was deletes nothing.
    next_look_ = std::min(next_look_, clock_.steady() + kLookSoon);
    return Error(Code::kConflict, concat({"the server has no kind ", reference.kind, " in ",
                                          reference.api_version}));
  }
  if (kind->namespaced && node.ns.empty()) {
    report(node, reference);
    return Standing::kCanNotBe;
  }
  const auto path = kind->path(node.ns, reference.name);
  auto owner = read_live(path);
  if (!owner) {
    // Only the server's own 404 says that it is not there.
    const auto asked = client_.get(path);
    if (asked.ok()) {
      owner = Live{.facts = facts_of(*find_member(asked.value(), "metadata")), .metadata = {}};
    } else if (asked.error().code != Code::kNotFound) {
      return asked.error();
    }
  }
  if (!owner || owner->facts.uid != reference.uid) {
    report_if_elsewhere(node, reference, *kind);
    return Standing::kDangling;
  }
  if (Owner* known = graph_.find_owner(reference)) {
    known->is_seen = kind->followed;
    known->seen_in = kind->namespaced ? node.ns : "";
    known->was_searched = true;
  }
  if (owner->facts.orphans_dependents()) {
    return Standing::kOrphaning;
  }
  return owner->facts.deletes_dependents() ? Standing::kWaiting : Standing::kSolid;
}

/// An owner that was never seen where it should be may live in another namespace, where it is
/// nobody's owner. People are told, as what names it is about to go.
void Collector::report_if_elsewhere(const Node& node, const OwnerReference& reference,
                                    const Kind& kind) {
  Owner* owner = graph_.find_owner(reference);
  if (!kind.namespaced || owner == nullptr || std::exchange(owner->was_searched, true)) {
    return;
  }
  auto everywhere = kind.path();
  everywhere.query =
      "fieldSelector=" + sdk::query_escaped(concat({"metadata.name=", reference.name}));
  const auto found = client_.get(everywhere);
  if (!found.ok()) {
    return;
  }
  for (const auto& object : array_at(found.value(), {"items"})) {
    if (text_at(object, {"metadata", "uid"}) == reference.uid &&
        text_at(object, {"metadata", "namespace"}) != node.ns) {
      report(node, reference);
      return;
    }
  }
}

void Collector::report(const Node& node, const OwnerReference& reference) {
  events_.record({.api_version = node.kind->api_version(),
                  .kind = node.kind->kind,
                  .ns = node.ns,
                  .name = node.name,
                  .uid = node.uid,
                  .resource_version = "",
                  .field_path = ""},
                 sdk::EventType::kWarning, "OwnerRefInvalidNamespace",
                 concat({"ownerRef ", shown(reference, node.ns), " does not exist in namespace \"",
                         node.ns, "\""}));
}

Collector::Next Collector::remove(const Node& node, const Live& live, std::string_view policy) {
  ask(node, "DELETE", "application/json",
      {{"apiVersion", "v1"},
       {"kind", "DeleteOptions"},
       {"preconditions", {{"uid", node.uid}, {"resourceVersion", live.facts.resource_version}}},
       {"propagationPolicy", policy}});
  return Next::kAsked;
}

Collector::Next Collector::patch(const Node& node, const Live& live, JsonObject metadata) {
  metadata["uid"] = node.uid;
  metadata["resourceVersion"] = live.facts.resource_version;
  ask(node, "PATCH", kMergePatch, {{"metadata", std::move(metadata)}});
  return Next::kAsked;
}

void Collector::ask(const Node& node, std::string_view method, std::string_view content_type,
                    const JsonObject& body) {
  ++under_way_;
  client_.send(method, to_text(node.kind->path(node.ns, node.name)), content_type, to_json(body),
               [this, uid = node.uid](std::uint32_t status, std::string_view answer) {
                 done(uid, sdk::to_result(status, answer));
                 --under_way_;
                 feed_.wake();
               });
}

}  // namespace pintle::controller_garbage_collector
