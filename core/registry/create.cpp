// Create: from a body to a committed object.
//
// Source: apiserver endpoints/handlers/create.go, registry/rest/create.go, registry/generic.

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/field_manager.hpp"
#include "core/registry/metadata.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr int kMaxNameTries = 8;          // Source: maxNameGenerationCreateAttempts.
constexpr std::size_t kMaxNameSize = 63;  // Source: apiserver names.maxNameLength.
constexpr std::size_t kSuffixSize = 5;

/// A tree that is wanted until its object is durable.
struct Work {
  JsonArena arena{16 * 1024};
  Json object = Json(nullptr, JsonStorage(&arena));
  bool prepared = false;  // The strategy may hold something for it.
  bool named_by_us = false;
};

/// The object's namespace and name and the path's must agree; the path fills what is missing.
Result<void> place(const Operation& operation, Work& work) {
  auto& metadata = ensure_object(work.object.as_object(), "metadata");
  const auto ns = text_at(work.object, {"metadata", "namespace"});
  const std::string wanted = operation.resource->namespaced ? operation.ns : "";
  if (!ns.empty() && ns != wanted) {
    return Error(Code::kBadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  if (operation.resource->namespaced) {
    metadata["namespace"] = wanted;
  }
  const auto name = text_at(work.object, {"metadata", "name"});
  if (!operation.name.empty() && !name.empty() && name != operation.name) {
    return Error(Code::kBadRequest,
                 concat({"the name of the object (", name, ") does not match the name on the URL (",
                         operation.name, ")"}));
  }
  const auto generate = text_at(work.object, {"metadata", "generateName"});
  if (name.empty() && !generate.empty()) {
    metadata["name"] =
        concat({generate.substr(0, kMaxNameSize - kSuffixSize), make_name_suffix(kSuffixSize)});
    work.named_by_us = true;
  }
  return {};
}

Result<void> validate(const WriteJob& job, const StrategyContext& context, const Json& object) {
  const auto& resource = job.resource();
  std::vector<Cause> causes;
  validate_metadata(resource, job.strategy(), object, causes);
  api::validate(*resource.type, object, "", causes);
  job.strategy().validate_create(context, object, causes);
  if (!causes.empty()) {
    return invalid(resource.group, resource.kind, text_at(object, {"metadata", "name"}),
                   std::move(causes));
  }
  return {};
}

/// The object as it was sent, with its first owner.
Result<Json> from_body(WriteJob& job, const JsonStorage& storage) {
  PINTLE_TRY(Json object,
             decode_body(job.operation, job.options.field_validation, storage, job.warnings));
  if (!text_at(object, {"metadata", "resourceVersion"}).empty()) {
    return Error(Code::kInternalError,
                 "resourceVersion should not be set on objects to be created");
  }
  auto& metadata = ensure_object(object.as_object(), "metadata");
  metadata.erase("deletionTimestamp");
  metadata.erase("deletionGracePeriodSeconds");
  track(job, nullptr, object);
  return object;
}

Result<Draft> plan(WriteJob& job, const MakeNew& make_new, Work& work) {
  const auto& resource = job.resource();
  const auto& strategy = job.strategy();
  const auto& parts = job.shared.parts;
  PINTLE_TRY(work.object, make_new(job, &work.arena));
  PINTLE_TRY_STATUS(place(job.operation, work));
  const std::string name(text_at(work.object, {"metadata", "name"}));
  Review review{.who = job.operation.who,
                .operation = "CREATE",
                .resource = resource,
                .subresource = {},
                .ns = job.operation.ns,
                .name = name,
                .dry_run = job.options.dry_run,
                .object = &work.object,
                .old_object = nullptr,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  PINTLE_TRY_STATUS(parts.admission.mutate(review));
  std::vector<std::string> ignored;
  PINTLE_TRY_STATUS(decode_tree(resource, FieldValidation::kIgnore, work.object, {}, ignored));

  const auto context = context_of(job.shared, job.operation, job.options.dry_run);
  fill_metadata(resource, work.object, parts.clock.now());
  PINTLE_TRY_STATUS(strategy.prepare_create(context, work.object));
  work.prepared = true;
  PINTLE_TRY_STATUS(strategy.authorize_write(context, work.object, nullptr));
  PINTLE_TRY_STATUS(validate(job, context, work.object));
  PINTLE_TRY_STATUS(parts.admission.validate(review));
  strategy.warn(work.object, job.warnings);
  return api::to_draft(resource, work.object);
}

void release(const WriteJob& job, const Work& work) {
  if (work.prepared) {
    job.strategy().released(work.object);
  }
}

/// What a create calls back into.
struct Ways {
  MakeNew make_new;
  std::function<void(const WriteJobPtr&)> lost;
};

void settle(const WriteJobPtr& job, const Work& work, const Ways& ways, const std::string& name,
            Result<ObjectPtr> outcome) {
  release(*job, work);
  if (outcome.ok()) {
    reply_object(*job, *outcome.value(), 201);
    return;
  }
  auto error = std::move(outcome).error();
  if (error.code == Code::kAlreadyExists && work.named_by_us && ++job->tries < kMaxNameTries) {
    job->warnings.clear();
    run_attempt(
        job->shared, job->resource(),
        [job, ways] { attempt_create(job, ways.make_new, ways.lost); }, job->reply);
    return;
  }
  if (error.code == Code::kAlreadyExists && ways.lost) {
    run_attempt(
        job->shared, job->resource(), [job, ways] { ways.lost(job); }, job->reply);
    return;
  }
  job->reply(worded(*job, name, std::move(error)));
}

}  // namespace

void attempt_create(const WriteJobPtr& job, const MakeNew& make_new,
                    const std::function<void(const WriteJobPtr&)>& lost) {
  auto work = std::make_shared<Work>();
  auto draft = plan(*job, make_new ? make_new : from_body, *work);
  if (!draft.ok()) {
    release(*job, *work);
    job->reply(std::move(draft).error());
    return;
  }
  Key key = key_of(job->operation);
  key.name = text_at(work->object, {"metadata", "name"});
  if (job->options.dry_run) {
    release(*job, *work);
    if (job->shared.parts.store.latest(key) != nullptr) {
      job->reply(already_exists(job->resource().group_resource(), key.name));
      return;
    }
    reply_draft(*job, key, /*revision=*/0, std::move(draft).value(), 201);
    return;
  }
  auto done = [job, work, ways = Ways{make_new, lost}, name = key.name](Result<ObjectPtr> outcome) {
    settle(job, *work, ways, name, std::move(outcome));
  };
  job->shared.parts.store.commit({.type = store::Write::Type::kCreate,
                                  .key = std::move(key),
                                  .expected = 0,
                                  .draft = std::move(draft).value()},
                                 std::move(done));
}

void create(Shared& shared, Operation operation, Reply reply) {
  if (const auto job =
          make_write_job(shared, std::move(operation), std::move(reply), "CreateOptions")) {
    attempt_create(job);
  }
}

}  // namespace pintle::registry
