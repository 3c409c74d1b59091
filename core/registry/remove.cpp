// Delete: at once, gracefully, or marked until the last finalizer is gone.
//
// There is no garbage collector yet, so every propagation policy leaves dependents alone.
// Source: apiserver registry/generic/registry/store.go Delete, registry/rest/delete.go.

#include <algorithm>
#include <array>
#include <atomic>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/list_writer.hpp"
#include "core/registry/metadata.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr int kMaxTries = 64;

/// Kinds whose deletion answers with the object rather than a Status. Sorted.
/// Source: kube-apiserver's stores with ReturnDeletedObject.
constexpr std::array<std::string_view, 8> kAnswersWithObject = {
    "namespaces",   "persistentvolumeclaims", "persistentvolumes", "pods",
    "podtemplates", "resourcequotas",         "serviceaccounts",   "services",
};

struct RemoveJob : WriteJob {
  using WriteJob::WriteJob;
  DeleteOptions remove;
};

using RemoveJobPtr = std::shared_ptr<RemoveJob>;

struct Plan {
  enum class What { kRemove, kMark, kWait };
  What what = What::kRemove;
  Draft draft;
};

Result<void> check_preconditions(const RemoveJob& job, const Object& current) {
  const auto fails = [&](std::string_view what, std::string_view asked, std::string_view found) {
    return conflict(job.resource().group_resource(), job.operation.name,
                    concat({"Precondition failed: ", what, " in precondition: ", asked, ", ", what,
                            " in object meta: ", found}));
  };
  if (!job.remove.uid.empty() && job.remove.uid != current.uid()) {
    return fails("UID", job.remove.uid, current.uid());
  }
  const auto version = std::to_string(current.revision());
  if (!job.remove.resource_version.empty() && job.remove.resource_version != version) {
    return fails("ResourceVersion", job.remove.resource_version, version);
  }
  return {};
}

/// Sets when the object is to be gone. The first time counts as a change of what is wanted.
void mark(const RemoveJob& job, Json& object, std::int64_t grace, WallTime now) {
  auto& metadata = ensure_object(object.as_object(), "metadata");
  const auto old_time = parse_rfc3339(text_at(object, {"metadata", "deletionTimestamp"}));
  const auto old_grace = integer_at(object, {"metadata", "deletionGracePeriodSeconds"});
  const auto from = old_time ? *old_time - std::chrono::seconds(old_grace.value_or(0)) : now;
  const auto generation = integer_at(object, {"metadata", "generation"}).value_or(0);
  if (!old_time && generation > 0) {
    metadata["generation"] = generation + 1;
  }
  metadata["deletionTimestamp"] = to_rfc3339(from + std::chrono::seconds(grace));
  metadata["deletionGracePeriodSeconds"] = grace;
  if (job.resource().storage == "namespaces") {
    ensure_object(object.as_object(), "status")["phase"] = "Terminating";
  }
}

/// Seconds the object still has; nothing where it waits already and this request changes nothing.
std::optional<std::int64_t> seconds_left(const RemoveJob& job, const Json& object) {
  const auto asked = job.remove.grace_seconds;
  const bool going = !text_at(object, {"metadata", "deletionTimestamp"}).empty();
  const auto grace = job.strategy().grace_seconds(object, asked);
  if (!going) {
    return grace.value_or(0);
  }
  const auto left = integer_at(object, {"metadata", "deletionGracePeriodSeconds"});
  if (!grace || !left || *left == 0) {
    return is_held(job.resource(), object) ? std::nullopt : std::optional<std::int64_t>(0);
  }
  // Who asked first was promised that much; it may only be shortened.
  return asked && std::max<std::int64_t>(*asked, 0) < *left
             ? std::optional(std::max<std::int64_t>(*asked, 0))
             : std::nullopt;
}

Result<Plan> plan(RemoveJob& job, const Object& current) {
  PINTLE_TRY_STATUS(check_preconditions(job, current));
  JsonArena arena(16 * 1024);
  const Json tree = parse_stored(current, &arena);
  const auto& parts = job.shared.parts;
  Review review{.who = job.operation.who,
                .operation = "DELETE",
                .resource = job.resource(),
                .subresource = {},
                .ns = job.operation.ns,
                .name = job.operation.name,
                .dry_run = job.remove.dry_run,
                .object = nullptr,
                .old_object = &tree};
  if (!job.admits_by_itself) {
    PINTLE_TRY_STATUS(parts.admission.mutate(review));
    PINTLE_TRY_STATUS(parts.admission.validate(review));
  }

  const auto seconds = seconds_left(job, tree);
  if (!seconds) {
    return Plan{.what = Plan::What::kWait, .draft = current.to_draft()};
  }
  const bool held = is_held(job.resource(), tree);
  const bool graceful = job.strategy().grace_seconds(tree, job.remove.grace_seconds).has_value();
  if (!held && !graceful) {
    return Plan{.what = Plan::What::kRemove, .draft = current.to_draft()};
  }
  Json last(tree, &arena);
  mark(job, last, *seconds, parts.clock.now());
  return Plan{.what = held || *seconds > 0 ? Plan::What::kMark : Plan::What::kRemove,
              .draft = api::to_draft(job.resource(), last)};
}

void reply_removed(RemoveJob& job, const Object& object) {
  const auto& resource = served_of(job.operation);
  if (std::ranges::binary_search(kAnswersWithObject, resource.storage)) {
    reply_object(job, object, 200);
    return;
  }
  job.reply(answer_json(job.as, to_success_status_json(object.name(), resource.group,
                                                       resource.plural, object.uid())));
}

void attempt(const RemoveJobPtr& job);

void settle(const RemoveJobPtr& job, Plan::What what, Result<ObjectPtr> outcome) {
  if (!outcome.ok()) {
    const auto code = outcome.error().code;
    if ((code == Code::kConflict || code == Code::kNotFound) && ++job->tries < kMaxTries) {
      attempt(job);
      return;
    }
    job->reply(worded(*job, job->operation.name, std::move(outcome).error()));
    return;
  }
  const auto& object = *outcome.value();
  if (what == Plan::What::kMark) {
    reply_object(*job, object, 200);
    return;
  }
  reply_removed(*job, object);
}

void attempt(const RemoveJobPtr& job) {
  auto& store = job->shared.parts.store;
  Key key = key_of(job->operation);
  const auto current = store.latest(key);
  if (current == nullptr) {
    job->reply(not_found(job->resource().group_resource(), job->operation.name));
    return;
  }
  auto planned = plan(*job, *current);
  if (!planned.ok()) {
    job->reply(std::move(planned).error());
    return;
  }
  const auto what = planned.value().what;
  if (what == Plan::What::kWait || job->remove.dry_run) {
    const Object shown(key, current->revision(), std::move(planned.value().draft));
    what == Plan::What::kRemove ? reply_removed(*job, shown) : reply_object(*job, shown, 200);
    return;
  }
  store.commit({.type = what == Plan::What::kMark ? store::Write::Type::kUpdate
                                                  : store::Write::Type::kDelete,
                .key = std::move(key),
                .expected = current->revision(),
                .draft = std::move(planned.value().draft)},
               [job, what](Result<ObjectPtr> outcome) { settle(job, what, std::move(outcome)); });
}

RemoveJobPtr make_remove_job(Shared& shared, Operation operation, Reply reply) {
  auto job = std::make_shared<RemoveJob>(shared, std::move(operation), std::move(reply));
  auto options = parse_delete_options(job->operation, job->query);
  if (!options.ok()) {
    job->reply(std::move(options).error());
    return nullptr;
  }
  job->remove = std::move(options).value();
  auto as = negotiate(job->operation.accept, job->query, /*watch=*/false);
  if (!as.ok()) {
    job->reply(std::move(as).error());
    return nullptr;
  }
  job->as = as.value();
  return job;
}

/// Many deletions under one request: replies once all are through.
struct Collection {
  Reply reply;
  Answer answer;
  std::atomic<std::size_t> waiting = 1;  // One for the loop that starts them.
  std::mutex mutex;
  std::optional<Error> first_error;  // Guarded by mutex.

  void one_done(Result<Answer> outcome) {
    if (!outcome.ok() && outcome.error().code != Code::kNotFound) {
      const std::lock_guard lock(mutex);
      first_error = first_error ? first_error : std::optional(std::move(outcome).error());
    }
    if (waiting.fetch_sub(1) == 1) {
      first_error ? reply(*first_error) : reply(std::move(answer));
    }
  }
};

}  // namespace

void remove(Shared& shared, Operation operation, Reply reply) {
  if (const auto job = make_remove_job(shared, std::move(operation), std::move(reply))) {
    attempt(job);
  }
}

void remove_admitted(Shared& shared, Operation operation, Reply reply) {
  if (const auto job = make_remove_job(shared, std::move(operation), std::move(reply))) {
    job->admits_by_itself = true;
    attempt(job);
  }
}

void remove_collection(Shared& shared, Operation operation, Reply reply) {
  const Query query(operation.query);
  auto options = parse_list_options(query, served_of(operation), /*watch=*/false);
  if (!options.ok()) {
    reply(std::move(options).error());
    return;
  }
  auto remove_options = parse_delete_options(operation, query);
  auto as = negotiate(operation.accept, query, /*watch=*/false);
  if (!remove_options.ok() || !as.ok()) {
    reply(remove_options.ok() ? std::move(as).error() : std::move(remove_options).error());
    return;
  }
  const auto snapshot = shared.parts.store.list(operation.resource->storage);
  auto objects = select_objects(snapshot, *operation.resource, operation.ns, options.value());
  auto all = std::make_shared<Collection>();
  all->reply = std::move(reply);
  all->waiting += objects.size();
  for (const auto& object : objects) {
    auto job = std::make_shared<RemoveJob>(
        shared, operation, [all](Result<Answer> outcome) { all->one_done(std::move(outcome)); });
    job->operation.verb = "delete";
    job->operation.ns = object->ns();
    job->operation.name = object->name();
    job->remove = remove_options.value();
    attempt(job);
  }
  ListWriter writer(as.value(), operation, shared.parts.clock);
  all->answer = writer.whole(objects, snapshot.revision());
  all->one_done(Answer{});
}

}  // namespace pintle::registry
