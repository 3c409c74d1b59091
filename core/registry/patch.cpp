// Patch: JSON, merge and strategic, each applied to the object's current state.
//
// Source: apiserver endpoints/handlers/patch.go.

#include "core/object/patch.hpp"

#include <optional>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/apply.hpp"
#include "core/registry/body.hpp"
#include "core/registry/versions.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {
namespace {

constexpr std::string_view kUnknownPatch =
    "the body of the request was in an unknown format - accepted media types include: "
    "application/json-patch+json, application/merge-patch+json, "
    "application/strategic-merge-patch+json, application/apply-patch+yaml";

std::optional<PatchType> patch_type_of(std::string_view content_type) {
  if (content_type == "application/json-patch+json") {
    return PatchType::kJson;
  }
  if (content_type == "application/merge-patch+json") {
    return PatchType::kMerge;
  }
  if (content_type == "application/strategic-merge-patch+json") {
    return PatchType::kStrategic;
  }
  if (content_type == "application/apply-patch+yaml") {
    return PatchType::kApply;
  }
  return std::nullopt;
}

Result<void> change(const api::Resource& resource, PatchType type, Json& target,
                    const Json& patch) {
  switch (type) {
    case PatchType::kJson:
      return apply_json_patch(target, patch);
    case PatchType::kStrategic:
      if (!patch.is_object()) {
        return Error(Code::kBadRequest, "error decoding patch: the patch is no object");
      }
      return api::apply_strategic_merge(*resource.type, target, patch);
    case PatchType::kMerge:
    case PatchType::kApply:
      break;
  }
  if (!patch.is_object()) {
    return Error(Code::kBadRequest, "error decoding patch: the patch is no object");
  }
  apply_merge_patch(target, patch);
  return {};
}

/// A patch changes an object, never which one it is.
Result<void> check_same_type(const api::Resource& resource, const Json& next) {
  if (!next.is_object()) {
    return Error(Code::kBadRequest, concat({"the patched object is no ", resource.kind}));
  }
  const auto version = text_at(next, {"apiVersion"});
  if (text_at(next, {"kind"}) != resource.kind) {
    return Error(Code::kBadRequest,
                 concat({quoted(text_at(next, {"kind"})), " in version ", quoted(version),
                         " cannot be handled as a ", resource.kind}));
  }
  if (version != resource.api_version()) {
    return Error(Code::kBadRequest, concat({"the API version in the data (", version,
                                            ") does not match the expected API version (",
                                            resource.api_version(), ")"}));
  }
  return {};
}

Result<Json> next_from_patch(WriteJob& job, PatchType type, const Json& current,
                             const JsonStorage& storage) {
  auto parsed = parse_json(job.operation.body, storage);
  if (!parsed.ok()) {
    auto error = std::move(parsed).error();
    error.message = concat({"error decoding patch: ", error.message});
    return error;
  }
  const auto& served = served_of(job.operation);
  Json next(current, storage);
  from_stored(job.operation, next);
  PINTLE_TRY_STATUS(change(served, type, next, parsed.value().value));
  PINTLE_TRY_STATUS(check_same_type(served, next));
  PINTLE_TRY_STATUS(decode_tree(served, job.options.field_validation, next,
                                {.paths = parsed.value().duplicates}, job.warnings));
  ensure_object(next.as_object(), "metadata");
  PINTLE_TRY_STATUS(convert_to_stored(job.operation, next));
  return next;
}

}  // namespace

Result<MakeNext> make_patched(const Operation& operation) {
  const auto type = patch_type_of(operation.content_type);
  if (!type) {
    return Error(Code::kUnsupportedMediaType, std::string(kUnknownPatch));
  }
  return MakeNext([type = *type](WriteJob& job, const Json& current, const JsonStorage& storage) {
    return next_from_patch(job, type, current, storage);
  });
}

void patch(Shared& shared, Operation operation, Reply reply) {
  if (patch_type_of(operation.content_type) == PatchType::kApply) {
    apply(shared, std::move(operation), std::move(reply));
    return;
  }
  const auto make_next = make_patched(operation);
  if (!make_next.ok()) {
    reply(make_next.error());
    return;
  }
  if (const auto job =
          make_write_job(shared, std::move(operation), std::move(reply), "PatchOptions")) {
    attempt_update(job, make_next.value());
  }
}

}  // namespace pintle::registry
