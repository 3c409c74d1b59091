// How a configuration is read, checked and applied, to what is there or to nothing.
//
// Source: apiserver endpoints/handlers/patch.go applyPatcher; apimachinery util/managedfields.

#include "core/registry/apply.hpp"

#include <algorithm>

#include "core/api/field_walk.hpp"
#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/object/yaml.hpp"
#include "core/registry/body.hpp"
#include "core/registry/field_manager.hpp"
#include "core/registry/versions.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

/// Clients send JSON mostly, which is YAML, but quicker read as what it is.
Result<ParsedJson> parse_config(const std::string& body, const JsonStorage& storage) {
  const auto start = body.find_first_not_of(" \t\r\n");
  const bool is_json = start != std::string::npos && body[start] == '{';
  auto parsed = is_json ? parse_json(body, storage) : parse_yaml_document(body);
  if (!parsed.ok()) {
    auto error = std::move(parsed).error();
    if (error.code == Code::kBadRequest) {
      error.message = concat({"error decoding YAML: ", error.message});
    }
    return error;
  }
  if (!parsed.value().value.is_object()) {
    return Error(Code::kBadRequest,
                 "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot "
                 "unmarshal into Go value of type map[string]interface {}");
  }
  return parsed;
}

/// "apps/v1, Kind=Deployment", "/v1, Kind=Pod".
std::string kind_text(const Json& config) {
  const auto version = text_at(config, {"apiVersion"});
  return concat({version.find('/') == std::string_view::npos ? "/" : "", version,
                 ", Kind=", text_at(config, {"kind"})});
}

/// "default/web; /v1, Kind=Pod".
std::string who_is(const Json& config) {
  return concat({text_at(config, {"metadata", "namespace"}), "/",
                 text_at(config, {"metadata", "name"}), "; ", kind_text(config)});
}

Result<void> check_config(const api::Resource& resource, const Json& config) {
  if (text_at(config, {"kind"}) != resource.kind ||
      text_at(config, {"apiVersion"}) != resource.api_version()) {
    return Error(Code::kBadRequest, concat({"invalid object type: ", kind_text(config)}));
  }
  const auto* owners = find_path(config, {"metadata", "managedFields"});
  if (owners != nullptr && !owners->is_null()) {
    return Error(Code::kBadRequest, "metadata.managedFields must be nil");
  }
  const auto faults = api::faults_of_applied(*resource.type, config);
  if (faults.empty()) {
    return {};
  }
  std::string why = faults.size() == 1 ? faults[0] : "errors:";
  for (std::size_t i = 0; faults.size() > 1 && i < faults.size(); ++i) {
    why += concat({"\n  ", faults[i]});
  }
  return Error(Code::kUnknown,
               concat({"failed to create typed patch object (", who_is(config), "): ", why}));
}

Result<void> tell_duplicates(WriteJob& job, const ParsedJson& parsed) {
  if (parsed.duplicates.empty() || job.options.field_validation == FieldValidation::kIgnore) {
    return {};
  }
  std::string why = "error converting YAML to JSON: yaml: unmarshal errors:";
  for (const auto& place : parsed.yaml_duplicates) {
    why += "\n  " + place;
  }
  for (const auto& path : parsed.duplicates) {
    if (!parsed.yaml_duplicates.empty()) {
      break;  // Told with their lines.
    }
    const auto dot = path.rfind('.');
    const auto key = dot == std::string::npos ? path : path.substr(dot + 1);
    why += concat({"\n  key ", pintle::quoted(key), " already set in map"});
  }
  if (job.options.field_validation == FieldValidation::kStrict) {
    return Error(Code::kBadRequest, concat({"error strict decoding YAML: ", why}));
  }
  job.warnings.push_back(std::move(why));
  return {};
}

/// A configuration in another version than the stored one owns what it comes to there.
Result<void> move_to_stored(const WriteJob& job, Json& config) {
  if (job.operation.served == nullptr) {
    return {};
  }
  const auto decoded = api::decode(*served_of(job.operation).type, config);
  if (!decoded.ok()) {
    return Error(Code::kUnknown, concat({"failed to create typed patch object (", who_is(config),
                                         "): ", decoded.error().message}));
  }
  to_stored(job.operation, config);
  return {};
}

/// `live` is null where the object is made.
Result<Json> apply_config(WriteJob& job, const Json* live, const Json& config,
                          const JsonStorage& storage) {
  const Signature signature(job);
  const auto settle = [&job, &config](Json& merged) -> Result<void> {
    auto decoded = decode_tree(job.resource(), FieldValidation::kIgnore, merged, {}, job.warnings);
    if (!decoded.ok()) {
      return Error(Code::kUnknown, concat({"failed to convert new typed object (", who_is(config),
                                           ") to object: ", decoded.error().message}));
    }
    ensure_object(merged.as_object(), "metadata");
    return {};
  };
  return api::apply({.type = *job.resource().type,
                     .live = live,
                     .config = config,
                     .writer = signature.writer(),
                     .force = job.options.force,
                     .settle = settle},
                    storage);
}

/// What the job's body makes of `live`.
Result<Json> applied(WriteJob& job, const Json* live, const JsonStorage& storage) {
  PINTLE_TRY(ParsedJson parsed, parse_config(job.operation.body, storage));
  PINTLE_TRY_STATUS(check_config(served_of(job.operation), parsed.value));
  PINTLE_TRY_STATUS(move_to_stored(job, parsed.value));
  drop_reset_fields(job, parsed.value);
  PINTLE_TRY(Json object, apply_config(job, live, parsed.value, storage));
  PINTLE_TRY_STATUS(tell_duplicates(job, parsed));
  return object;
}

Result<Json> next_from_apply(WriteJob& job, const Json& current, const JsonStorage& storage) {
  PINTLE_TRY(Json next, applied(job, &current, storage));
  PINTLE_TRY_STATUS(check_place(job, next));
  return next;
}

Result<Json> new_from_apply(WriteJob& job, const JsonStorage& storage) {
  PINTLE_TRY(Json object, applied(job, nullptr, storage));
  const auto uid = text_at(object, {"metadata", "uid"});
  if (!uid.empty()) {
    return conflict(job.resource().group_resource(), job.operation.name,
                    concat({"uid mismatch: the provided object specified uid ", uid,
                            ", and no existing object was found"}));
  }
  PINTLE_TRY_STATUS(check_place(job, object));
  for (const auto* key : {"resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    ensure_object(object.as_object(), "metadata").erase(key);
  }
  return object;
}

void attempt_apply(const WriteJobPtr& job);

void create_applied(const WriteJobPtr& job) {
  if (!job->operation.subresource.empty()) {
    job->reply(not_found(job->resource().group_resource(), job->operation.name));
    return;
  }
  if (const auto allowed = may_create(*job); !allowed.ok()) {
    job->reply(allowed.error());
    return;
  }
  job->warnings.clear();
  attempt_create(job, new_from_apply, attempt_apply);
}

void attempt_apply(const WriteJobPtr& job) {
  attempt_update(job, next_from_apply, create_applied, Tracking::kDone);
}

}  // namespace

Result<Json> apply_scale(WriteJob& job, const api::Resource& scale, const Json& workload,
                         const JsonStorage& storage) {
  PINTLE_TRY(ParsedJson parsed, parse_config(job.operation.body, storage));
  PINTLE_TRY_STATUS(check_config(scale, parsed.value));
  PINTLE_TRY_STATUS(check_place(job, parsed.value));
  Json config(JsonObject(), storage);
  auto& object = config.get_object();
  object["kind"] = job.resource().kind;
  object["apiVersion"] = job.resource().api_version();
  auto& metadata = ensure_object(object, "metadata");
  for (const auto* key : {"name", "namespace", "uid", "resourceVersion"}) {
    if (const auto* value = find_path(parsed.value, {"metadata", key})) {
      metadata[key] = *value;
    }
  }
  if (const auto* replicas = find_path(parsed.value, {"spec", "replicas"})) {
    ensure_object(object, "spec")["replicas"] = *replicas;
  }
  PINTLE_TRY(Json next, apply_config(job, &workload, config, storage));
  PINTLE_TRY_STATUS(tell_duplicates(job, parsed));
  return next;
}

void apply(Shared& shared, Operation operation, Reply reply) {
  const auto job = make_write_job(shared, std::move(operation), std::move(reply), "PatchOptions",
                                  /*applies=*/true);
  if (job != nullptr) {
    attempt_apply(job);
  }
}

}  // namespace pintle::registry
