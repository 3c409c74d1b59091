// Delete: at once, gracefully, or marked until the last finalizer is gone.
//
// What becomes of an object's dependents is said by a finalizer that the delete sets, and done by
// the garbage collector: "foregroundDeletion" waits for them, "orphan" lets them go, none leaves
// them to be found.
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

/// Kinds that leave their dependents alone where nothing is asked, as their first versions did.
/// Source: kube-apiserver's strategies with DefaultGarbageCollectionPolicy OrphanDependents.
constexpr std::array<std::string_view, 2> kOrphansByDefault = {"jobs.batch",
                                                               "replicationcontrollers"};

constexpr std::string_view kForeground = "foregroundDeletion";
constexpr std::string_view kOrphan = "orphan";

// Source: pkg/registry/batch/job/storage deleteOptionWarnings.
constexpr std::string_view kJobsOrphan =
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background "
    "to remove them or set propagationPolicy=Orphan to suppress this warning";

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

bool has_finalizer(const Json& object, std::string_view wanted) {
  const auto& all = array_at(object, {"metadata", "finalizers"});
  return std::any_of(all.begin(), all.end(), [wanted](const Json& finalizer) {
    return finalizer.is_string() && std::string_view(finalizer.get_string()) == wanted;
  });
}

/// The finalizer by which the collector knows what to do with the dependents; "" for none. What the
/// request asks stands over what the object says, and that over the kind's own way.
std::string_view collecting_finalizer(const RemoveJob& job, const Json& object) {
  if (job.remove.orphan_dependents) {
    return *job.remove.orphan_dependents ? kOrphan : "";
  }
  if (!job.remove.propagation.empty()) {
    return job.remove.propagation == "Orphan"       ? kOrphan
           : job.remove.propagation == "Foreground" ? kForeground
                                                    : std::string_view();
  }
  for (const auto finalizer : {kOrphan, kForeground}) {
    if (has_finalizer(object, finalizer)) {
      return finalizer;
    }
  }
  return std::ranges::find(kOrphansByDefault, job.resource().storage) != kOrphansByDefault.end()
             ? kOrphan
             : std::string_view();
}

/// The collecting finalizer the object should have ("" for none); nothing where it is as it should.
std::optional<std::string_view> other_finalizer(const RemoveJob& job, const Json& object) {
  // Events own nothing; a namespace is emptied by its own controller first.
  const auto storage = job.resource().storage;
  if (storage == "events" ||
      (storage == "namespaces" && !array_at(object, {"spec", "finalizers"}).empty())) {
    return std::nullopt;
  }
  const auto wanted = collecting_finalizer(job, object);
  const bool is_right = has_finalizer(object, kOrphan) == (wanted == kOrphan) &&
                        has_finalizer(object, kForeground) == (wanted == kForeground);
  return is_right ? std::nullopt : std::optional(wanted);
}

void set_finalizer(Json& object, std::string_view wanted) {
  JsonArray finalizers(object.storage());
  for (const auto& finalizer : array_at(object, {"metadata", "finalizers"})) {
    const auto name =
        finalizer.is_string() ? std::string_view(finalizer.get_string()) : std::string_view();
    if (name != kOrphan && name != kForeground) {
      finalizers.push_back(finalizer);
    }
  }
  if (!wanted.empty()) {
    finalizers.push_back(Json(wanted, object.storage()));
  }
  auto& metadata = ensure_object(object.as_object(), "metadata");
  if (finalizers.empty()) {
    metadata.erase("finalizers");
  } else {
    metadata["finalizers"] = std::move(finalizers);
  }
}

/// Seconds the object still has; nothing where its grace runs already and this request does not
/// shorten it.
std::optional<std::int64_t> seconds_left(const RemoveJob& job, const Json& object) {
  const auto asked = job.remove.grace_seconds;
  const bool going = !text_at(object, {"metadata", "deletionTimestamp"}).empty();
  const auto grace = job.strategy().grace_seconds(object, asked);
  if (!going || !grace) {
    return grace.value_or(0);
  }
  const auto left = integer_at(object, {"metadata", "deletionGracePeriodSeconds"});
  if (!left || *left == 0) {
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
                .old_object = &tree,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  if (!job.admits_by_itself) {
    PINTLE_TRY_STATUS(parts.admission.mutate(review));
    PINTLE_TRY_STATUS(parts.admission.validate(review));
  }

  const auto seconds = seconds_left(job, tree);
  if (!seconds) {
    return Plan{.what = Plan::What::kWait, .draft = current.to_draft()};
  }
  const auto refinalized = other_finalizer(job, tree);
  const bool graceful = job.strategy().grace_seconds(tree, job.remove.grace_seconds).has_value();
  bool held = is_held(job.resource(), tree);
  if (!held && !graceful && !refinalized) {
    return Plan{.what = Plan::What::kRemove, .draft = current.to_draft()};
  }
  Json last(tree, &arena);
  if (refinalized) {
    set_finalizer(last, *refinalized);
    held = is_held(job.resource(), last);
  }
  const bool going = !text_at(tree, {"metadata", "deletionTimestamp"}).empty();
  if (held && !graceful && going && !refinalized) {
    return Plan{.what = Plan::What::kWait, .draft = current.to_draft()};
  }
  if (!held && !graceful) {
    return Plan{.what = Plan::What::kRemove, .draft = current.to_draft()};
  }
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
  auto answer = answer_json(
      job.as, to_success_status_json(object.name(), resource.group, resource.plural, object.uid()));
  answer.warnings = std::move(job.warnings);
  job.reply(std::move(answer));
}

void attempt(const RemoveJobPtr& job);

void settle(const RemoveJobPtr& job, Plan::What what, Result<ObjectPtr> outcome) {
  if (!outcome.ok()) {
    const auto code = outcome.error().code;
    if ((code == Code::kConflict || code == Code::kNotFound) && ++job->tries < kMaxTries) {
      run_attempt(
          job->shared, job->resource(), [job] { attempt(job); }, job->reply);
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

/// Jobs leave their pods behind where nothing else is asked, which surprises people.
bool orphans_unasked(const api::Resource& resource, const DeleteOptions& options) {
  return resource.storage == "jobs.batch" && !options.orphan_dependents &&
         options.propagation.empty();
}

RemoveJobPtr make_remove_job(Shared& shared, Operation operation, Reply reply) {
  auto job = std::make_shared<RemoveJob>(shared, std::move(operation), std::move(reply));
  auto options = parse_delete_options(job->operation, job->query);
  if (!options.ok()) {
    job->reply(std::move(options).error());
    return nullptr;
  }
  job->remove = std::move(options).value();
  if (orphans_unasked(*job->operation.resource, job->remove)) {
    job->warnings.emplace_back(kJobsOrphan);
  }
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
    job->operation.notes = nullptr;  // They are many at once, and the audit line is one.
    job->operation.ns = object->ns();
    job->operation.name = object->name();
    job->remove = remove_options.value();
    attempt(job);
  }
  ListWriter writer(as.value(), operation, shared.parts.clock);
  all->answer = writer.whole(objects, snapshot.revision());
  if (orphans_unasked(*operation.resource, remove_options.value())) {
    all->answer.warnings.emplace_back(kJobsOrphan);
  }
  all->one_done(Answer{});
}

}  // namespace pintle::registry
