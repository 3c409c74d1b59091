// Shared: what every verb works with, and one function a verb.

#pragma once

#include "core/registry/registry.hpp"
#include "core/registry/snapshots.hpp"
#include "core/registry/strategy.hpp"

namespace pintle::registry {

struct Shared {
  explicit Shared(RegistryParts parts_in) : parts(std::move(parts_in)) {}

  RegistryParts parts;
  Snapshots snapshots;
};

void get(Shared& shared, const Operation& operation, const Reply& reply);
void list(Shared& shared, const Operation& operation, const Reply& reply);
void watch(Shared& shared, const Operation& operation, const Reply& reply);
void create(Shared& shared, Operation operation, Reply reply);
void update(Shared& shared, Operation operation, Reply reply);
void patch(Shared& shared, Operation operation, Reply reply);
void remove(Shared& shared, Operation operation, Reply reply);
/// The same without asking admission: for what was admitted as something else (an eviction).
void remove_admitted(Shared& shared, Operation operation, Reply reply);
void remove_collection(Shared& shared, Operation operation, Reply reply);

/// POST pods/NAME/binding and POST bindings: puts a pod on a node.
void bind(Shared& shared, Operation operation, Reply reply);
/// GET, PUT and PATCH of NAME/scale.
void scale(Shared& shared, Operation operation, Reply reply);
/// POST pods/NAME/eviction: deletes a pod where its disruption budget allows it.
void evict(Shared& shared, Operation operation, Reply reply);
/// POST serviceaccounts/NAME/token.
void request_token(Shared& shared, const Operation& operation, const Reply& reply);
/// Reviews answer a question and keep nothing: SubjectAccessReview and its kin. False if the
/// operation is none.
bool review(Shared& shared, const Operation& operation, const Reply& reply);

/// The key of what `operation` names.
Key key_of(const Operation& operation);

/// Runs one attempt at a write: here, or on a worker where admission may keep it waiting, because
/// neither an HTTP loop nor the committing thread may stand still. `full` is called instead where
/// no worker is to be had.
void run_attempt(Shared& shared, const api::Resource& resource, std::function<void()> attempt,
                 const std::function<void(Error)>& full);

/// What strategies may look at in `operation`.
StrategyContext context_of(const Shared& shared, const Operation& operation, bool dry_run);

/// `text`, an object's stored JSON, as a tree in `storage`: the object's own tree is not made, so
/// that nothing stays behind in the bus's tail.
Json parse_stored(const Object& object, const JsonStorage& storage);

}  // namespace pintle::registry
