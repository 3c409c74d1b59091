// The common beginning and end of writes.

#include "core/registry/write.hpp"

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/versions.hpp"

namespace pintle::registry {

Key key_of(const Operation& operation) {
  return {.resource = std::string(operation.resource->storage),
          .ns = operation.resource->namespaced ? operation.ns : std::string(),
          .name = operation.name};
}

void run_attempt(Shared& shared, const api::Resource& resource, std::function<void()> attempt,
                 const std::function<void(Error)>& full) {
  const auto& parts = shared.parts;
  if (!parts.run_on_worker || !parts.admission.may_wait(resource)) {
    attempt();
  } else if (!parts.run_on_worker(std::move(attempt))) {
    full({Code::kTooManyRequests, "too many requests, please try again later",
          ErrorDetails{.retry_after_seconds = 1}});
  }
}

StrategyContext context_of(const Shared& shared, const Operation& operation, bool dry_run) {
  return {.who = operation.who,
          .store = shared.parts.store,
          .rbac = shared.parts.rbac,
          .authorizer = shared.parts.authorizer,
          .clock = shared.parts.clock,
          .service_cidr = shared.parts.service_cidr,
          .dry_run = dry_run,
          .api_version = served_of(operation).api_version()};
}

Json parse_stored(const Object& object, const JsonStorage& storage) {
  const auto json = object.json();
  auto parsed = parse_json(json, storage, {.max_bytes = json.size(), .max_depth = 1024});
  PINTLE_ASSERT(parsed.ok());  // It was accepted once.
  return std::move(parsed).value().value;
}

WriteJobPtr make_write_job(Shared& shared, Operation operation, Reply reply,
                           std::string_view options_kind, bool applies) {
  auto job = std::make_shared<WriteJob>(shared, std::move(operation), std::move(reply));
  auto options = parse_write_options(job->query, options_kind, applies);
  if (!options.ok()) {
    job->reply(std::move(options).error());
    return nullptr;
  }
  job->options = options.value();
  auto as = negotiate(job->operation.accept, job->query, /*watch=*/false);
  if (!as.ok()) {
    job->reply(std::move(as).error());
    return nullptr;
  }
  job->as = as.value();
  return job;
}

Result<void> check_place(const WriteJob& job, const Json& object) {
  const auto& operation = job.operation;
  const auto ns = text_at(object, {"metadata", "namespace"});
  if (!ns.empty() && ns != (job.resource().namespaced ? operation.ns : "")) {
    return Error(Code::kBadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  const auto name = text_at(object, {"metadata", "name"});
  if (name.empty()) {
    return Error(Code::kBadRequest,
                 concat({"the name of the object (", operation.name,
                         " based on URL) was undeterminable: name must be provided"}));
  }
  if (name != operation.name) {
    return Error(Code::kBadRequest,
                 concat({"the name of the object (", name, ") does not match the name on the URL (",
                         operation.name, ")"}));
  }
  return {};
}

Result<void> may_create(const WriteJob& job) {
  const auto* authorizer = job.shared.parts.authorizer;
  const auto& operation = job.operation;
  if (authorizer == nullptr) {
    return {};
  }
  const auto& resource = job.resource();
  const auth::Attributes wanted{.verb = "create",
                                .is_resource = true,
                                .group = std::string(resource.group),
                                .version = std::string(resource.version),
                                .resource = std::string(resource.plural),
                                .subresource = operation.subresource,
                                .ns = operation.ns,
                                .name = operation.name,
                                .path = {}};
  if (authorizer->allow(operation.who, wanted).allowed) {
    return {};
  }
  const auto where = operation.ns.empty()
                         ? std::string("at the cluster scope")
                         : concat({"in the namespace ", pintle::quoted(operation.ns)});
  return Error(Code::kForbidden,
               concat({resource.group_resource(), " ", pintle::quoted(operation.name),
                       " is forbidden: User ", pintle::quoted(operation.who.user),
                       " cannot create resource ", pintle::quoted(resource.plural),
                       " in API group ", pintle::quoted(resource.group), " ", where}),
               ErrorDetails{.name = operation.name,
                            .group = std::string(resource.group),
                            .kind = std::string(resource.plural)});
}

void reply_object(WriteJob& job, const Object& object, int status) {
  auto answer = job.show ? job.show(job, object, status)
                         : answer_object(job.as, served_of(job.operation), job.resource(), object,
                                         job.shared.parts.clock, status);
  answer.warnings = std::move(job.warnings);
  job.reply(std::move(answer));
}

void reply_draft(WriteJob& job, const Key& key, Revision revision, Draft draft, int status) {
  if (revision == 0 && job.as.form == Representation::Form::kPlain) {
    // Nothing was stored, so there is no resourceVersion to show.
    if (job.operation.served != nullptr) {
      const Object stored(key, revision, std::move(draft));
      draft = Shown(*job.operation.served, stored)->to_draft();
    }
    auto answer = answer_json(job.as, draft.head + draft.tail, status);
    answer.warnings = std::move(job.warnings);
    job.reply(std::move(answer));
    return;
  }
  reply_object(job, Object(key, revision, std::move(draft)), status);
}

Error modified_meanwhile(const api::Resource& resource, std::string_view name) {
  return conflict(resource.group_resource(), name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

Error worded(const WriteJob& job, const std::string& name, Error error) {
  switch (error.code) {
    case Code::kAlreadyExists:
      return already_exists(job.resource().group_resource(), name);
    case Code::kNotFound:
      return not_found(job.resource().group_resource(), name);
    case Code::kConflict:
      return modified_meanwhile(job.resource(), name);
    default:
      return error;
  }
}

}  // namespace pintle::registry
