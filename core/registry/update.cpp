// Update: from the current state of an object to its next, optimistically.
//
// Source: apiserver registry/generic/registry/store.go Update, registry/rest/update.go.

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/equal.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/field_manager.hpp"
#include "core/registry/metadata.hpp"
#include "core/registry/part.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr int kMaxTries = 64;  // Lost races in a row; then the client hears of it.

struct Plan {
  bool unchanged = false;
  store::Write::Type type = store::Write::Type::kUpdate;
  Draft draft;
};

bool has_status_of_its_own(const api::Resource& resource) {
  return resource.find_subresource("status") != nullptr;
}

/// The resourceVersion and uid that `next` brings must be the current ones.
Result<void> check_preconditions(const WriteJob& job, const Json& next, const Object& current) {
  const auto& resource = job.resource();
  const auto uid = text_at(next, {"metadata", "uid"});
  if (!uid.empty() && uid != current.uid()) {
    return conflict(resource.group_resource(), job.operation.name,
                    concat({"Precondition failed: UID in precondition: ", uid,
                            ", UID in object meta: ", current.uid()}));
  }
  const auto version = text_at(next, {"metadata", "resourceVersion"});
  if (version.empty() || version == "0") {
    if (job.strategy().updates_unconditionally() || job.operation.verb == "patch") {
      return {};
    }
    return invalid(
        resource.group, resource.kind, job.operation.name,
        {invalid_value("metadata.resourceVersion", "0x0", "must be specified for an update")});
  }
  if (version != std::to_string(current.revision())) {
    return modified_meanwhile(resource, job.operation.name);
  }
  return {};
}

const Part* part_of(const WriteJob& job) {
  return job.operation.subresource.empty()
             ? nullptr
             : find_part(job.resource().storage, job.operation.subresource);
}

/// Each write changes its own part: /status the status and metadata, the object all but the status.
Result<void> keep_to_its_part(const WriteJob& job, const StrategyContext& context, Json& next,
                              const Json& current) {
  if (const auto* part = part_of(job)) {
    PINTLE_TRY(Json taken, part->take(context, next, current));
    // Whose the part's fields are is noted in next.
    const Json none = JsonObject();
    const Json* metadata = find_member(next, "metadata");
    carry(ensure_object(taken.as_object(), "metadata"), metadata == nullptr ? none : *metadata,
          "managedFields");
    next = std::move(taken);
    return {};
  }
  auto& object = next.as_object();
  if (job.operation.subresource != "status") {
    if (!has_status_of_its_own(job.resource())) {
      return {};
    }
    if (const auto* status = find_member(current, "status")) {
      const auto* there = object.if_contains("status");
      if (there == nullptr || !is_equal(*there, *status)) {
        object["status"] = *status;
      }
    } else {
      object.erase("status");
    }
    return {};
  }
  Json status = object.contains("status") ? object["status"] : Json(JsonObject());
  Json metadata = object["metadata"];
  next = current;
  auto& restored = next.as_object();
  restored["status"] = std::move(status);
  restored["metadata"] = std::move(metadata);
  // Owners decide what is collected: not something a status may say.
  auto& meta = restored["metadata"].as_object();
  if (const auto* owners = find_path(current, {"metadata", "ownerReferences"})) {
    meta["ownerReferences"] = *owners;
  } else {
    meta.erase("ownerReferences");
  }
  return {};
}

Result<void> validate(const WriteJob& job, const StrategyContext& context, const Json& next,
                      const Json& current) {
  const auto& resource = job.resource();
  std::vector<Cause> causes;
  validate_metadata_update(next, current, causes);
  api::validate(*resource.type, next, "", causes);
  api::validate_immutable(*resource.type, next, current, "", causes);
  if (const auto* part = part_of(job)) {
    part->validate(context, next, current, causes);
  } else if (job.operation.subresource == "status") {
    job.strategy().validate_status_update(context, next, current, causes);
  } else {
    job.strategy().validate_update(context, next, current, causes);
  }
  if (!causes.empty()) {
    return invalid(resource.group, resource.kind, job.operation.name, std::move(causes));
  }
  return {};
}

/// Whether `draft` is what is stored already.
bool is_stored(const Draft& draft, const Object& current) {
  const auto json = current.json();
  const auto hole = concat({"\"resourceVersion\":\"", std::to_string(current.revision()), "\","});
  return json.size() == draft.head.size() + hole.size() + draft.tail.size() &&
         json.starts_with(draft.head) && json.substr(draft.head.size()).starts_with(hole) &&
         json.ends_with(draft.tail);
}

/// Whether `draft` differs from what is stored within metadata.managedFields at most, and there by
/// no more than what leaves its length.
bool is_stored_but_for_owners(const Draft& draft, const Object& current) {
  const auto json = current.json();
  if (draft.owners_size == 0 || json.size() < draft.tail.size() || !json.starts_with(draft.head)) {
    return false;
  }
  const auto tail = json.substr(json.size() - draft.tail.size());
  const std::string_view wanted = draft.tail;
  const auto after = draft.owners_at + draft.owners_size;
  return tail.substr(0, draft.owners_at) == wanted.substr(0, draft.owners_at) &&
         tail.substr(after) == wanted.substr(after);
}

/// Whether more than metadata and status differs, once both are written the same way.
bool changes_spec(const api::Resource& resource, const Json& next, const Json& current_tree,
                  const Object& current) {
  Json probe(next, next.storage());
  for (const auto* part : {"metadata", "status"}) {
    if (const auto* old = find_member(current_tree, part)) {
      probe.as_object()[part] = *old;
    } else {
      probe.as_object().erase(part);
    }
  }
  return !is_stored(api::to_draft(resource, probe), current);
}

/// The object goes with this write: it was to be deleted, and its last finalizer is gone.
bool completes_deletion(const api::Resource& resource, const Json& next, const Json& current) {
  return !text_at(current, {"metadata", "deletionTimestamp"}).empty() &&
         integer_at(current, {"metadata", "deletionGracePeriodSeconds"}).value_or(0) == 0 &&
         is_held(resource, current) && !is_held(resource, next);
}

Result<void> review_and_prepare(WriteJob& job, Json& next, const Json& current,
                                const Object& stored) {
  const auto& resource = job.resource();
  const auto& parts = job.shared.parts;
  Review review{.who = job.operation.who,
                .operation = "UPDATE",
                .resource = resource,
                .subresource = job.operation.subresource,
                .ns = job.operation.ns,
                .name = job.operation.name,
                .dry_run = job.options.dry_run,
                .object = &next,
                .old_object = &current,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  if (!job.admits_by_itself) {
    PINTLE_TRY_STATUS(parts.admission.mutate(review));
  }
  std::vector<std::string> ignored;
  PINTLE_TRY_STATUS(decode_tree(resource, FieldValidation::kIgnore, next, {}, ignored));

  const auto context = context_of(job.shared, job.operation, job.options.dry_run);
  carry_metadata(resource, next, current);
  PINTLE_TRY_STATUS(keep_to_its_part(job, context, next, current));
  if (job.operation.subresource.empty()) {
    PINTLE_TRY_STATUS(job.strategy().prepare_update(context, next, current));
    PINTLE_TRY_STATUS(job.strategy().authorize_write(context, next, &current));
  }
  if (job.operation.subresource != "status" && counts_generations(resource) &&
      changes_spec(resource, next, current, stored)) {
    count_generation(next, current);
  }
  PINTLE_TRY_STATUS(validate(job, context, next, current));
  if (!job.admits_by_itself) {
    PINTLE_TRY_STATUS(parts.admission.validate(review));
  }
  job.strategy().warn(next, job.warnings);
  return {};
}

Result<Plan> plan(WriteJob& job, const MakeNext& make_next, Tracking tracking,
                  const Object& current) {
  JsonArena arena(32 * 1024);
  const Json tree = parse_stored(current, &arena);
  PINTLE_TRY(Json next, make_next(job, tree, &arena));
  PINTLE_TRY_STATUS(check_preconditions(job, next, current));
  if (tracking == Tracking::kHere) {
    carry_metadata(job.resource(), next, tree);
    const auto context = context_of(job.shared, job.operation, job.options.dry_run);
    PINTLE_TRY_STATUS(keep_to_its_part(job, context, next, tree));
    track(job, &tree, next);
  }
  PINTLE_TRY_STATUS(review_and_prepare(job, next, tree, current));

  Plan plan;
  plan.draft = api::to_draft(job.resource(), next);
  if (completes_deletion(job.resource(), next, tree)) {
    plan.type = store::Write::Type::kDelete;
    return plan;
  }
  plan.unchanged = is_stored(plan.draft, current) ||
                   (is_stored_but_for_owners(plan.draft, current) &&
                    api::same_but_for_times(find_path(next, {"metadata", "managedFields"}),
                                            find_path(tree, {"metadata", "managedFields"})));
  return plan;
}

}  // namespace

Result<Json> next_from_body(WriteJob& job, const Json& /*current*/, const JsonStorage& storage) {
  PINTLE_TRY(Json next,
             decode_body(job.operation, job.options.field_validation, storage, job.warnings));
  auto& metadata = ensure_object(next.as_object(), "metadata");
  const auto name = text_at(next, {"metadata", "name"});
  if (!name.empty() && name != job.operation.name) {
    return Error(Code::kBadRequest,
                 concat({"the name of the object (", name, ") does not match the name on the URL (",
                         job.operation.name, ")"}));
  }
  const auto ns = text_at(next, {"metadata", "namespace"});
  if (!ns.empty() && (!job.resource().namespaced || ns != job.operation.ns)) {
    return Error(Code::kBadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  metadata["name"] = job.operation.name;
  return next;
}

void attempt_update(const WriteJobPtr& job, const MakeNext& make_next,
                    const std::function<void(const WriteJobPtr&)>& missing, Tracking tracking) {
  auto& store = job->shared.parts.store;
  Key key = key_of(job->operation);
  const auto current = store.latest(key);
  if (current == nullptr) {
    if (missing) {
      missing(job);
    } else {
      job->reply(not_found(job->resource().group_resource(), job->operation.name));
    }
    return;
  }
  job->warnings.clear();
  auto planned = plan(*job, make_next, tracking, *current);
  if (!planned.ok()) {
    job->reply(std::move(planned).error());
    return;
  }
  auto& what = planned.value();
  if (job->options.dry_run) {
    reply_draft(*job, key, current->revision(), std::move(what.draft), 200);
    return;
  }
  // A state that waits for durability may be shown to nobody; it is then written once more instead.
  if (what.unchanged && store.get(key) == current) {
    reply_object(*job, *current, 200);
    return;
  }
  store.commit(
      {.type = what.type,
       .key = std::move(key),
       .expected = current->revision(),
       .draft = std::move(what.draft)},
      [job, make_next, missing, tracking](Result<ObjectPtr> outcome) {
        if (outcome.ok()) {
          reply_object(*job, *outcome.value(), 200);
          return;
        }
        const auto code = outcome.error().code;
        if ((code == Code::kConflict || code == Code::kNotFound) && ++job->tries < kMaxTries) {
          run_attempt(
              job->shared, job->resource(),
              [job, make_next, missing, tracking] {
                attempt_update(job, make_next, missing, tracking);
              },
              job->reply);
          return;
        }
        job->reply(worded(*job, job->operation.name, std::move(outcome).error()));
      });
}

void update(Shared& shared, Operation operation, Reply reply) {
  const auto job = make_write_job(shared, std::move(operation), std::move(reply), "UpdateOptions");
  if (job == nullptr) {
    return;
  }
  if (job->operation.subresource.empty() && job->strategy().creates_on_update()) {
    attempt_update(job, next_from_body, [](const WriteJobPtr& missing) {
      if (const auto allowed = may_create(*missing); !allowed.ok()) {
        missing->reply(allowed.error());
        return;
      }
      attempt_create(missing);
    });
    return;
  }
  attempt_update(job, next_from_body);
}

}  // namespace pintle::registry
