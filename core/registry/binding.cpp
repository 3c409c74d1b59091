// Binding: a scheduler's word, "this pod, that node", written once and never over another's.
//
// Source: kube-apiserver registry/core/pod/storage BindingREST.

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/body.hpp"
#include "core/registry/conditions.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr int kMaxTries = 64;
constexpr std::string_view kSuccess =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201})";

struct BindJob : WriteJob {
  using WriteJob::WriteJob;
  const api::Resource* pods = nullptr;
  Json binding;
};

using BindJobPtr = std::shared_ptr<BindJob>;

Result<void> check_binding(BindJob& job) {
  const auto name = text_at(job.binding, {"metadata", "name"});
  if (!job.operation.name.empty() && !name.empty() && name != job.operation.name) {
    return Error(Code::kBadRequest, "name in URL does not match name in Binding object");
  }
  if (job.operation.name.empty()) {
    job.operation.name = name;
  }
  const auto ns = text_at(job.binding, {"metadata", "namespace"});
  if (!ns.empty() && ns != job.operation.ns) {
    return Error(Code::kBadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  std::vector<Cause> causes;
  const auto kind = text_at(job.binding, {"target", "kind"});
  if (!kind.empty() && kind != "Node") {
    causes.push_back(unsupported_value("target.kind", kind, {"Node", "<empty>"}));
  }
  if (text_at(job.binding, {"target", "name"}).empty()) {
    causes.push_back(required_value("target.name"));
  }
  if (!causes.empty()) {
    return invalid("", "Binding", job.operation.name, std::move(causes));
  }
  return {};
}

Result<Draft> plan(const BindJob& job, const Object& current) {
  const auto refuse = [&](std::string_view why) {
    return conflict("pods/binding", job.operation.name, why);
  };
  JsonArena arena(32 * 1024);
  Json pod = parse_stored(current, &arena);
  const auto uid = text_at(job.binding, {"metadata", "uid"});
  if (!uid.empty() && uid != current.uid()) {
    return refuse(concat({"Precondition failed: UID in precondition: ", uid,
                          ", UID in object meta: ", current.uid()}));
  }
  if (!text_at(pod, {"metadata", "deletionTimestamp"}).empty()) {
    return refuse(
        concat({"pod ", job.operation.name, " is being deleted, cannot be assigned to a host"}));
  }
  if (const auto node = text_at(pod, {"spec", "nodeName"}); !node.empty()) {
    return refuse(
        concat({"pod ", job.operation.name, " is already assigned to node ", quoted(node)}));
  }
  auto& object = pod.as_object();
  ensure_object(object, "spec")["nodeName"] = text_at(job.binding, {"target", "name"});
  for (const auto& annotation : object_at(job.binding, {"metadata", "annotations"})) {
    auto& annotations = ensure_object(ensure_object(object, "metadata"), "annotations");
    annotations[annotation.key()] = annotation.value();
  }
  put_condition(ensure_object(object, "status"),
                {{"type", "PodScheduled"},
                 {"status", "True"},
                 {"lastProbeTime", nullptr},
                 {"lastTransitionTime", to_rfc3339(job.shared.parts.clock.now())}});
  return api::to_draft(*job.pods, pod);
}

void attempt(const BindJobPtr& job) {
  auto& store = job->shared.parts.store;
  Key key{.resource = "pods", .ns = job->operation.ns, .name = job->operation.name};
  const auto current = store.latest(key);
  if (current == nullptr) {
    job->reply(not_found("pods", key.name));
    return;
  }
  auto draft = plan(*job, *current);
  if (!draft.ok()) {
    job->reply(std::move(draft).error());
    return;
  }
  if (job->options.dry_run) {
    job->reply(answer_json(job->as, std::string(kSuccess), 201));
    return;
  }
  store.commit(
      {.type = store::Write::Type::kUpdate,
       .key = std::move(key),
       .expected = current->revision(),
       .draft = std::move(draft).value()},
      [job](Result<ObjectPtr> outcome) {
        if (outcome.ok()) {
          job->reply(answer_json(job->as, std::string(kSuccess), 201));
          return;
        }
        const auto code = outcome.error().code;
        if ((code == Code::kConflict || code == Code::kNotFound) && ++job->tries < kMaxTries) {
          attempt(job);
          return;
        }
        job->reply(worded(*job, job->operation.name, std::move(outcome).error()));
      });
}

Result<void> prepare(BindJob& job) {
  PINTLE_TRY(job.options, parse_write_options(job.query, "CreateOptions"));
  PINTLE_TRY(job.as, negotiate(job.operation.accept, job.query, /*watch=*/false));
  PINTLE_TRY(ParsedJson body, parse_body(job.operation, {}, "Binding"));
  job.binding = std::move(body.value);
  PINTLE_TRY_STATUS(check_binding(job));
  Review review{.who = job.operation.who,
                .operation = "CREATE",
                .resource = *job.pods,
                .subresource = "binding",
                .ns = job.operation.ns,
                .name = job.operation.name,
                .dry_run = job.options.dry_run,
                .object = &job.binding,
                .old_object = nullptr,
                .warnings = &job.warnings,
                .notes = job.operation.notes};
  PINTLE_TRY_STATUS(job.shared.parts.admission.mutate(review));
  return job.shared.parts.admission.validate(review);
}

}  // namespace

void bind(Shared& shared, Operation operation, Reply reply) {
  auto job = std::make_shared<BindJob>(shared, std::move(operation), std::move(reply));
  job->pods = shared.parts.catalog.find("", "v1", "pods");
  if (const auto ready = prepare(*job); !ready.ok()) {
    job->reply(ready.error());
    return;
  }
  attempt(job);
}

}  // namespace pintle::registry
