// Scale: how many replicas a workload has, read and written apart from the rest of it.
//
// A Scale is stored nowhere: it is a view of its workload, and writing it writes the workload.
// Source: kube-apiserver registry/apps/*/storage ScaleREST and registry/core/replicationcontroller.

#include <array>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/selector.hpp"
#include "core/object/status.hpp"
#include "core/registry/apply.hpp"
#include "core/registry/body.hpp"
#include "core/registry/field_manager.hpp"
#include "core/registry/metadata.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

/// Source: pkg/printers/internalversion, printScale.
constexpr std::array kColumns = {
    api::Column{.name = "Name",
                .type = "string",
                .format = "name",
                .priority = 0,
                .description = {},
                .cell = ".metadata.name"},
    api::Column{.name = "Desired",
                .type = "integer",
                .format = {},
                .priority = 0,
                .description = {},
                .cell = "@number .spec.replicas"},
    api::Column{.name = "Available",
                .type = "integer",
                .format = {},
                .priority = 0,
                .description = {},
                .cell = ".status.replicas"},
    api::Column{.name = "Age",
                .type = "string",
                .format = {},
                .priority = 0,
                .description = {},
                .cell = "@age .metadata.creationTimestamp"},
};

using ResourcePtr = std::shared_ptr<const api::Resource>;

/// Scale as the kind that bodies and answers of `workload`'s scale are of.
ResourcePtr scale_of(const api::Catalog& catalog, const api::Resource& workload) {
  return std::make_shared<const api::Resource>(
      api::Resource{.group = "autoscaling",
                    .version = "v1",
                    .kind = "Scale",
                    .plural = workload.plural,
                    .singular = {},
                    .short_names = {},
                    .categories = {},
                    .verbs = {},
                    .storage = "scales.autoscaling",
                    .namespaced = true,
                    .type = catalog.find_type("autoscaling/v1.Scale"),
                    .columns = kColumns,
                    .subresources = {},
                    .selectable = {}});
}

std::string selector_of(const Json& workload) {
  const Json* selector = find_path(workload, {"spec", "selector"});
  if (selector == nullptr) {
    return {};
  }
  // Only a ReplicationController selects by a plain map.
  return text_at(workload, {"kind"}) == "ReplicationController"
             ? label_map_text(object_at(*selector, {}))
             : label_selector_text(*selector);
}

/// The Scale of `workload`, a workload's tree.
Json view_of(const Json& workload, const JsonStorage& storage) {
  Json scale(JsonObject(), storage);
  auto& object = scale.get_object();
  object["kind"] = "Scale";
  object["apiVersion"] = "autoscaling/v1";
  auto& metadata = ensure_object(object, "metadata");
  for (const auto* key : {"name", "namespace", "uid", "resourceVersion", "creationTimestamp"}) {
    if (const Json* value = find_path(workload, {"metadata", key})) {
      metadata[key] = *value;
    }
  }
  const auto count = [&](std::string_view part) {
    return integer_at(workload, {part, "replicas"}).value_or(0);
  };
  ensure_object(object, "spec")["replicas"] = count("spec");
  auto& status = ensure_object(object, "status");
  status["replicas"] = count("status");
  status["selector"] = selector_of(workload);
  return scale;
}

Answer show(const WriteJob& job, const api::Resource& scale, const Object& workload, int status) {
  JsonArena arena(8 * 1024);
  const Json view = view_of(parse_stored(workload, &arena), &arena);
  return answer_object(job.as, scale, scale,
                       Object(workload.key(), workload.revision(), api::to_draft(scale, view)),
                       job.shared.parts.clock, status);
}

/// Errors: kInvalid for what no Scale may be; kConflict for another workload's uid.
Result<void> check(const WriteJob& job, const api::Resource& scale, const Json& view,
                   const Json& workload) {
  std::vector<Cause> causes;
  validate_metadata(scale, find_strategy(job.resource().storage), view, causes);
  const auto replicas = integer_at(view, {"spec", "replicas"}).value_or(0);
  if (replicas < 0) {
    causes.push_back(invalid_value("spec.replicas", std::to_string(replicas),
                                   "must be greater than or equal to 0"));
  }
  if (!causes.empty()) {
    return invalid("autoscaling", "Scale", job.operation.name, std::move(causes));
  }
  const auto uid = text_at(view, {"metadata", "uid"});
  const auto current = text_at(workload, {"metadata", "uid"});
  if (!uid.empty() && uid != current) {
    const auto& group = job.resource().group;
    return conflict(concat({job.resource().plural, "/scale", group.empty() ? "" : ".", group}),
                    job.operation.name,
                    concat({"Precondition failed: UID in precondition: ", uid,
                            ", UID in object meta: ", current}));
  }
  return {};
}

/// Admission is asked about the Scale, as the one thing the request is about.
Result<void> admit(WriteJob& job, Json& view, const Json& current_view) {
  auto& admission = job.shared.parts.admission;
  Review review{.who = job.operation.who,
                .operation = "UPDATE",
                .resource = job.resource(),
                .subresource = "scale",
                .ns = job.operation.ns,
                .name = job.operation.name,
                .dry_run = job.options.dry_run,
                .object = &view,
                .old_object = &current_view,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  PINTLE_TRY_STATUS(admission.mutate(review));
  return admission.validate(review);
}

/// The workload with the replicas that the request's Scale wants. No `make_view`: it is applied.
Result<Json> next_workload(WriteJob& job, const ResourcePtr& scale, const MakeNext& make_view,
                           const Json& current, const JsonStorage& storage) {
  const Json current_view = view_of(current, storage);
  WriteJob of_scale(job.shared, job.operation, nullptr);
  of_scale.operation.subresource = "scale";  // As which the replicas have their owner.
  of_scale.options = job.options;
  if (!make_view) {
    PINTLE_TRY(Json applied, apply_scale(of_scale, *scale, current, storage));
    job.warnings = std::move(of_scale.warnings);
    Json applied_view = view_of(applied, storage);
    PINTLE_TRY_STATUS(admit(job, applied_view, current_view));
    PINTLE_TRY_STATUS(check(job, *scale, applied_view, current));
    return applied;
  }
  of_scale.operation.resource = scale.get();
  PINTLE_TRY(Json view, make_view(of_scale, current_view, storage));
  of_scale.operation.resource = job.operation.resource;
  job.warnings = std::move(of_scale.warnings);
  auto& metadata = ensure_object(view.as_object(), "metadata");
  metadata["namespace"] = job.operation.ns;
  PINTLE_TRY_STATUS(admit(job, view, current_view));
  PINTLE_TRY_STATUS(check(job, *scale, view, current));

  Json next(current, storage);
  auto& object = next.get_object();
  ensure_object(object, "spec")["replicas"] = integer_at(view, {"spec", "replicas"}).value_or(0);
  ensure_object(object, "metadata")["resourceVersion"] =
      text_at(view, {"metadata", "resourceVersion"});
  track(of_scale, &current, next);
  return next;
}

void get_scale(const WriteJob& job, const api::Resource& scale) {
  const auto workload = job.shared.parts.store.get(key_of(job.operation));
  if (workload == nullptr) {
    const auto& group = job.resource().group;
    job.reply(not_found(concat({job.resource().plural, "/scale", group.empty() ? "" : ".", group}),
                        job.operation.name));
    return;
  }
  job.reply(show(job, scale, *workload, 200));
}

}  // namespace

void scale(Shared& shared, Operation operation, Reply reply) {
  const bool patches = operation.verb == "patch";
  const bool applies = patches && operation.content_type == kApplyType;
  const auto make_view = applies   ? Result<MakeNext>(MakeNext())
                         : patches ? make_patched(operation)
                                   : Result<MakeNext>(next_from_body);
  if (!make_view.ok() && operation.verb != "get") {
    reply(make_view.error());
    return;
  }
  const auto job = make_write_job(shared, std::move(operation), std::move(reply),
                                  patches ? "PatchOptions" : "UpdateOptions", applies);
  if (job == nullptr) {
    return;
  }
  const auto scale = scale_of(shared.parts.catalog, job->resource());
  if (job->operation.verb == "get") {
    get_scale(*job, *scale);
    return;
  }
  job->admits_by_itself = true;
  job->operation.subresource.clear();  // From here on it is a write of the workload.
  job->show = [scale](const WriteJob& of, const Object& workload, int status) {
    return show(of, *scale, workload, status);
  };
  attempt_update(
      job,
      [scale, make = make_view.value()](WriteJob& of, const Json& current,
                                        const JsonStorage& storage) {
        return next_workload(of, scale, make, current, storage);
      },
      nullptr, Tracking::kDone);
}

}  // namespace pintle::registry
