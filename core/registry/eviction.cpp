// Eviction: a pod's deletion that asks its disruption budget first.
//
// Source: kube-apiserver registry/core/pod/storage/eviction.go.

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/selector.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/conditions.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr int kMaxTries = 64;
constexpr std::size_t kMaxDisruptedPods = 2000;  // Source: MaxDisruptedPodSize.
constexpr std::string_view kSuccess =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";
constexpr std::string_view kManyBudgets =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"This pod )"
    R"(has more than one PodDisruptionBudget, which the eviction subresource does not support.",)"
    R"("code":500})";
constexpr std::string_view kWouldViolate =
    "Cannot evict pod as it would violate the pod's disruption budget.";

struct EvictJob : WriteJob {
  using WriteJob::WriteJob;

  const api::Resource* pods = nullptr;
  const api::Resource* budgets = nullptr;
  Json eviction;
  Json delete_options = JsonObject();  // The eviction's, with the request's dryRun.
  std::string budget;                  // The one that guards the pod; empty for none.
  Revision pinned = 0;                 // The pod must still be at this one; 0: at any.

  std::string_view asked_version() const {
    return text_at(delete_options, {"preconditions", "resourceVersion"});
  }
};

using EvictJobPtr = std::shared_ptr<EvictJob>;

Error too_many(std::string cause) {
  return {
      Code::kTooManyRequests, std::string(kWouldViolate),
      ErrorDetails{
          .name = {},
          .group = {},
          .kind = {},
          .uid = {},
          .causes = {{.reason = "DisruptionBudget", .field = {}, .message = std::move(cause)}}}};
}

Error still_processed(std::string_view budget) {
  return too_many(
      concat({"The disruption budget ", budget, " is still being processed by the server."}));
}

Error forbidden_budget(std::string_view name, std::string_view why) {
  return {
      Code::kForbidden,
      concat({"poddisruptionbudget.policy ", pintle::quoted(name), " is forbidden: ", why}),
      ErrorDetails{.name = std::string(name), .group = "policy", .kind = "poddisruptionbudget"}};
}

bool is_going(const Json& pod) {
  return !text_at(pod, {"metadata", "deletionTimestamp"}).empty();
}

bool has_ended(const Json& pod) {
  const auto phase = text_at(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}

/// Nothing is disrupted by the end of a pod that does not run, or is ending anyway.
bool needs_no_budget(const Json& pod) {
  return has_ended(pod) || is_going(pod) || text_at(pod, {"status", "phase"}) == "Pending";
}

std::vector<ObjectPtr> find_budgets(const EvictJob& job, const Object& pod) {
  std::vector<ObjectPtr> found;
  const auto snapshot = job.shared.parts.store.list(job.budgets->storage);
  snapshot.scan_namespace(job.operation.ns, "", [&](const ObjectPtr& budget) {
    const auto* selector = find_path(budget->tree(), {"spec", "selector"});
    if (selector == nullptr) {
      return true;  // Selects nothing.
    }
    const auto parsed = label_selector_of(*selector);
    if (parsed.ok() && parsed.value().matches(pod.labels())) {
      found.push_back(budget);
    }
    return true;
  });
  return found;
}

/// Errors: kTooManyRequests while the budget allows no disruption.
Result<void> check_budget(const Json& budget) {
  const auto name = text_at(budget, {"metadata", "name"});
  const auto status = [&](std::string_view field) {
    return integer_at(budget, {"status", field}).value_or(0);
  };
  if (status("observedGeneration") < integer_at(budget, {"metadata", "generation"}).value_or(0)) {
    return still_processed(name);
  }
  if (status("disruptionsAllowed") < 0) {
    return forbidden_budget(name, "pdb disruptions allowed is negative");
  }
  if (object_at(budget, {"status", "disruptedPods"}).size() > kMaxDisruptedPods) {
    return forbidden_budget(name,
                            "DisruptedPods map too big - too many evictions not confirmed by PDB "
                            "controller");
  }
  if (status("disruptionsAllowed") > 0) {
    return {};
  }
  const auto* allowed = find_condition(budget, "DisruptionAllowed");
  if (allowed != nullptr && text_at(*allowed, {"status"}) == "False" &&
      text_at(*allowed, {"reason"}) == "SyncFailed") {
    return too_many(concat({"The disruption budget ", name,
                            " does not allow evicting pods currently because it failed sync: ",
                            text_at(*allowed, {"message"})}));
  }
  return too_many(
      concat({"The disruption budget ", name, " needs ", std::to_string(status("desiredHealthy")),
              " healthy pods and has ", std::to_string(status("currentHealthy")), " currently"}));
}

/// Takes one disruption from the budget, for the pod called `pod`.
void spend(Json& budget, const std::string& pod, WallTime now) {
  auto& status = ensure_object(budget.get_object(), "status");
  const auto left = integer_at(budget, {"status", "disruptionsAllowed"}).value_or(0) - 1;
  status["disruptionsAllowed"] = left;
  ensure_object(status, "disruptedPods")[pod] = to_rfc3339(now);
  if (left > 0) {
    return;
  }
  const auto* old = find_condition(budget, "DisruptionAllowed");
  const bool was_false = old != nullptr && text_at(*old, {"status"}) == "False";
  const Json since = was_false ? *find_member(*old, "lastTransitionTime") : Json(to_rfc3339(now));
  put_condition(status, {{"type", "DisruptionAllowed"},
                         {"status", "False"},
                         {"observedGeneration",
                          integer_at(budget, {"status", "observedGeneration"}).value_or(0)},
                         {"lastTransitionTime", since},
                         {"reason", "InsufficientPods"},
                         {"message", ""}});
}

void begin(const EvictJobPtr& job);

bool lost_a_race(const Error& error) {
  return error.code == Code::kConflict || error.code == Code::kNotFound;
}

void finish(const EvictJobPtr& job, Result<Answer> removed) {
  if (removed.ok()) {
    job->reply(answer_json(job->as, std::string(kSuccess), 201));
    return;
  }
  const auto& error = removed.error();
  const bool pinned_by_us = job->pinned != 0 && job->asked_version().empty();
  if (error.code != Code::kConflict || !pinned_by_us) {
    job->reply(error);
    return;
  }
  // The pod is another than the one that was judged. Without a budget we look again; with one the
  // client does.
  if (job->budget.empty() && ++job->tries < kMaxTries) {
    begin(job);
    return;
  }
  job->reply(job->budget.empty() ? error : still_processed(job->budget));
}

/// Deletes the pod as it was asked to be, if it still is at `revision`; 0: wherever it is.
void remove_pod(const EvictJobPtr& job, Revision revision) {
  Json options = job->delete_options;
  auto& object = options.get_object();
  object["kind"] = "DeleteOptions";
  object["apiVersion"] = "v1";
  if (revision != 0) {
    ensure_object(object, "preconditions")["resourceVersion"] = std::to_string(revision);
  }
  remove_admitted(job->shared,
                  {.who = job->operation.who,
                   .verb = "delete",
                   .resource = job->pods,
                   .subresource = {},
                   .ns = job->operation.ns,
                   .name = job->operation.name,
                   .query = {},
                   .body = to_json(options),
                   .content_type = "application/json",
                   .accept = {}},
                  [job](Result<Answer> removed) { finish(job, std::move(removed)); });
}

Error precondition_failed(const EvictJob& job, std::string_view what, std::string_view asked,
                          std::string_view found, std::string_view so) {
  return conflict("Pod", job.operation.name,
                  concat({"the ", what, " in the precondition (", asked, ") does not match the ",
                          what, " in record (", found, "). The object might have been ", so}));
}

/// Errors: kConflict if the pod is not the one that was asked for, or judged.
Result<void> check_preconditions(const EvictJob& job, const Object& pod) {
  const auto uid = text_at(job.delete_options, {"preconditions", "uid"});
  if (!uid.empty() && uid != pod.uid()) {
    return precondition_failed(job, "UID", uid, pod.uid(), "deleted and then recreated");
  }
  const auto found = std::to_string(pod.revision());
  const std::string asked = job.asked_version().empty() && job.pinned != 0
                                ? std::to_string(job.pinned)
                                : std::string(job.asked_version());
  if (!asked.empty() && asked != found) {
    return precondition_failed(job, "ResourceVersion", asked, found, "modified");
  }
  return {};
}

Draft with_target_condition(const EvictJob& job, const Object& pod) {
  JsonArena arena(32 * 1024);
  Json tree = parse_stored(pod, &arena);
  put_condition(ensure_object(tree.get_object(), "status"),
                {{"type", "DisruptionTarget"},
                 {"status", "True"},
                 {"lastProbeTime", nullptr},
                 {"lastTransitionTime", to_rfc3339(job.shared.parts.clock.now())},
                 {"reason", "EvictionByEvictionAPI"},
                 {"message", "Eviction API: evicting"}});
  return api::to_draft(*job.pods, tree);
}

/// Writes into the pod why it ends, and deletes it.
void mark_and_remove(const EvictJobPtr& job) {
  if (job->options.dry_run) {
    remove_pod(job, job->pinned);
    return;
  }
  Key key{.resource = "pods", .ns = job->operation.ns, .name = job->operation.name};
  const auto pod = job->shared.parts.store.latest(key);
  if (pod == nullptr) {
    job->reply(not_found("pods", key.name));
    return;
  }
  if (const auto same = check_preconditions(*job, *pod); !same.ok()) {
    finish(job, same.error());
    return;
  }
  job->shared.parts.store.commit(
      {.type = store::Write::Type::kUpdate,
       .key = std::move(key),
       .expected = pod->revision(),
       .draft = with_target_condition(*job, *pod)},
      [job](Result<ObjectPtr> outcome) {
        if (outcome.ok()) {
          const bool holds = job->pinned != 0 || !job->asked_version().empty();
          remove_pod(job, holds ? outcome.value()->revision() : 0);
        } else if (lost_a_race(outcome.error()) && ++job->tries < kMaxTries) {
          mark_and_remove(job);
        } else {
          job->reply(worded(*job, job->operation.name, std::move(outcome).error()));
        }
      });
}

/// Takes one disruption from the budget before the pod goes.
void spend_and_remove(const EvictJobPtr& job) {
  auto& store = job->shared.parts.store;
  Key key{
      .resource = std::string(job->budgets->storage), .ns = job->operation.ns, .name = job->budget};
  const auto budget = store.latest(key);
  if (budget == nullptr) {
    job->reply(not_found("poddisruptionbudgets.policy", job->budget));
    return;
  }
  JsonArena arena(8 * 1024);
  Json tree = parse_stored(*budget, &arena);
  if (const auto allowed = check_budget(tree); !allowed.ok()) {
    job->reply(allowed.error());
    return;
  }
  if (job->options.dry_run) {
    mark_and_remove(job);
    return;
  }
  spend(tree, job->operation.name, job->shared.parts.clock.now());
  store.commit({.type = store::Write::Type::kUpdate,
                .key = std::move(key),
                .expected = budget->revision(),
                .draft = api::to_draft(*job->budgets, tree)},
               [job](Result<ObjectPtr> outcome) {
                 if (outcome.ok()) {
                   mark_and_remove(job);
                 } else if (lost_a_race(outcome.error()) && ++job->tries < kMaxTries) {
                   spend_and_remove(job);
                 } else if (lost_a_race(outcome.error())) {
                   job->reply(Error{Code::kTimeout,
                                    concat({"Timeout: couldn't update PodDisruptionBudget ",
                                            pintle::quoted(job->budget), " due to conflicts"}),
                                    ErrorDetails{.retry_after_seconds = 10}});
                 } else {
                   job->reply(std::move(outcome).error());
                 }
               });
}

/// An unready pod counts towards no budget: it may go where the policy or the rest's health says.
bool may_go_unready(const Json& pod, const Json& budget) {
  if (is_condition_true(pod, "Ready")) {
    return false;
  }
  const auto desired = integer_at(budget, {"status", "desiredHealthy"}).value_or(0);
  const auto current = integer_at(budget, {"status", "currentHealthy"}).value_or(0);
  return text_at(budget, {"spec", "unhealthyPodEvictionPolicy"}) == "AlwaysAllow" ||
         (current >= desired && desired > 0);
}

void begin(const EvictJobPtr& job) {
  const auto pod = job->shared.parts.store.latest(
      {.resource = "pods", .ns = job->operation.ns, .name = job->operation.name});
  if (pod == nullptr) {
    job->reply(not_found("pods", job->operation.name));
    return;
  }
  JsonArena arena(32 * 1024);
  const Json tree = parse_stored(*pod, &arena);
  job->budget.clear();
  if (needs_no_budget(tree)) {
    job->pinned = has_ended(tree) || is_going(tree) ? 0 : pod->revision();
    mark_and_remove(job);
    return;
  }
  const auto budgets = find_budgets(*job, *pod);
  if (budgets.size() > 1) {
    job->reply(answer_json(job->as, std::string(kManyBudgets), 500));
    return;
  }
  job->pinned = 0;
  if (budgets.empty()) {
    mark_and_remove(job);
    return;
  }
  job->budget = budgets.front()->name();
  if (may_go_unready(tree, budgets.front()->tree())) {
    job->pinned = pod->revision();
    mark_and_remove(job);
    return;
  }
  spend_and_remove(job);
}

/// Errors: kBadRequest for an Eviction of another version or name.
Result<void> check_eviction(EvictJob& job) {
  const auto version = text_at(job.eviction, {"apiVersion"});
  const auto kind = text_at(job.eviction, {"kind"});
  const bool known = version.empty() || version == "policy/v1" || version == "policy/v1beta1";
  if (!known || (!kind.empty() && kind != "Eviction")) {
    return Error(Code::kBadRequest,
                 concat({"the API version in the data (", version,
                         ") does not match the expected API version (policy/v1)"}));
  }
  if (text_at(job.eviction, {"metadata", "name"}) != job.operation.name) {
    return Error(Code::kBadRequest, "name in URL does not match name in Eviction object");
  }
  const auto ns = text_at(job.eviction, {"metadata", "namespace"});
  if (!ns.empty() && ns != job.operation.ns) {
    return Error(Code::kBadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  return {};
}

/// The request's dryRun and the delete options' are one.
void unite_dry_run(EvictJob& job) {
  if (const auto* options = find_member(job.eviction, "deleteOptions");
      options != nullptr && options->is_object()) {
    job.delete_options = *options;
  }
  auto& options = job.delete_options.get_object();
  job.options.dry_run = job.options.dry_run || !array_at(job.delete_options, {"dryRun"}).empty();
  if (job.options.dry_run) {
    options["dryRun"] = JsonArray{"All"};
  }
}

Result<void> prepare(EvictJob& job) {
  PINTLE_TRY(job.options, parse_write_options(job.query, "CreateOptions"));
  PINTLE_TRY(job.as, negotiate(job.operation.accept, job.query, /*watch=*/false));
  PINTLE_TRY(ParsedJson body, parse_body(job.operation, {}, "Eviction"));
  job.eviction = std::move(body.value);
  PINTLE_TRY_STATUS(check_eviction(job));
  unite_dry_run(job);
  Review review{.who = job.operation.who,
                .operation = "CREATE",
                .resource = *job.pods,
                .subresource = "eviction",
                .ns = job.operation.ns,
                .name = job.operation.name,
                .dry_run = job.options.dry_run,
                .object = &job.eviction,
                .old_object = nullptr,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  PINTLE_TRY_STATUS(job.shared.parts.admission.mutate(review));
  return job.shared.parts.admission.validate(review);
}

}  // namespace

void evict(Shared& shared, Operation operation, Reply reply) {
  auto job = std::make_shared<EvictJob>(shared, std::move(operation), std::move(reply));
  job->pods = job->operation.resource;
  job->budgets = shared.parts.catalog.find("policy", "v1", "poddisruptionbudgets");
  if (const auto ready = prepare(*job); !ready.ok()) {
    job->reply(ready.error());
    return;
  }
  begin(job);
}

}  // namespace pintle::registry
