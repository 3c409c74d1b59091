// Patch: JSON, merge and strategic, each applied to the object's current state.
//
// Source: apiserver endpoints/handlers/patch.go.

#include "core/object/patch.hpp"

#include <optional>

#include "core/api/schema.hpp"
#include "core/base/concat.hpp"
#include "core/object/go_print.hpp"
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
  if (content_type == kApplyType) {
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
    return Error(Code::kInvalid, concat({"the patched object is no ", resource.kind}));
  }
  const auto kind = text_at(next, {"kind"});
  const auto version = text_at(next, {"apiVersion"});
  if (kind != resource.kind || version != resource.api_version()) {
    return Error(Code::kInvalid, concat({"no kind ", quoted(kind), " is registered for version ",
                                         quoted(version), " at ", resource.group_resource()}));
  }
  return {};
}

/// What was found wrong, as Kubernetes shows it: the patch itself, or what it made of the object.
Error invalid_patch(std::string_view shown, std::string_view why) {
  return invalid("", "", "", {invalid_value("patch", quoted(shown), why)});
}

/// One patch on its way from the body to the object's next state.
struct Patching {
  WriteJob& job;
  PatchType type;
  const Json& current;
  const ParsedJson& patch;

  /// The patched object as a client would see it, or for a strategic patch the patch: as Go has it
  /// in its hands when it finds a fault.
  std::string shown() const {
    if (type == PatchType::kStrategic) {
      return to_go_value(patch.value);
    }
    Json again(current);
    from_stored(job.operation, again);
    return change(served_of(job.operation), type, again, patch.value).ok() ? to_json(again) : "";
  }

  /// Decodes and defaults `next`, telling of unknown and duplicate fields as asked.
  Result<void> settle(Json& next) const {
    const auto& resource = served_of(job.operation);
    const auto validation = job.options.field_validation;
    auto decoded = api::decode(*resource.type, next);
    if (!decoded.ok()) {
      return invalid_patch(shown(), decoded.error().message);
    }
    std::vector<std::string> faults;
    for (const auto& path : patch.duplicates) {
      faults.push_back(concat({type == PatchType::kJson ? "json patch " : "", "duplicate field ",
                               pintle::quoted(path)}));
    }
    for (const auto& path : decoded.value().unknown_fields) {
      faults.push_back(concat({"unknown field ", pintle::quoted(path)}));
    }
    if (validation == FieldValidation::kStrict && !faults.empty()) {
      std::string why = "strict decoding error: ";
      for (const auto& fault : faults) {
        why += concat({&fault == faults.data() ? "" : ", ", fault});
      }
      return invalid_patch(shown(), why);
    }
    if (validation == FieldValidation::kWarn) {
      job.warnings.insert(job.warnings.end(), faults.begin(), faults.end());
    }
    api::apply_defaults(*resource.type, next);
    find_strategy(resource.storage).apply_defaults(next);
    return {};
  }
};

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
  const Patching patching{.job = job, .type = type, .current = current, .patch = parsed.value()};
  if (auto wrong = check_same_type(served, next); !wrong.ok()) {
    return invalid_patch(patching.shown(), wrong.error().message);
  }
  PINTLE_TRY_STATUS(patching.settle(next));
  ensure_object(next.as_object(), "metadata");
  PINTLE_TRY_STATUS(check_place(job, next));
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
