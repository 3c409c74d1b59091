// From a Review to the C tables and back: texts and trees are lent, patches come as JSON.

#include "core/gate/admission_border.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"
#include "core/sdk/text.hpp"

namespace pintle::gate {
namespace {

using sdk::to_value;

void take_warning(void* host_context, pintle_text text) {
  auto& sink = *static_cast<AdmissionSink*>(host_context);
  if (sink.warnings != nullptr) {
    sink.warnings->emplace_back(sdk::to_view(text));
  }
}

/// The last word about a key counts: a write that lost a race is admitted anew.
void take_note(void* host_context, pintle_text key, pintle_text value) {
  auto* notes = static_cast<AdmissionSink*>(host_context)->notes;
  if (notes == nullptr) {
    return;
  }
  const auto known = std::find_if(notes->begin(), notes->end(), [&](const auto& note) {
    return note.first == sdk::to_view(key);
  });
  if (known != notes->end()) {
    known->second = sdk::to_view(value);
  } else {
    notes->emplace_back(sdk::to_view(key), sdk::to_view(value));
  }
}

std::string shown_name(const registry::Review& review) {
  if (!review.name.empty()) {
    return std::string(review.name);
  }
  if (review.object == nullptr) {
    return "";
  }
  const auto name = text_at(*review.object, {"metadata", "name"});
  return std::string(name.empty() ? text_at(*review.object, {"metadata", "generateName"}) : name);
}

}  // namespace

BorderRequest::BorderRequest(const registry::Review& review, AdmissionSink& sink) {
  groups.reserve(review.who.groups.size());
  for (const auto& group : review.who.groups) {
    groups.push_back(sdk::to_c(group));
  }
  request = {.size = sizeof(pintle_admission_request),
             .operation = sdk::to_c(review.operation),
             .group = sdk::to_c(review.resource.group),
             .version = sdk::to_c(review.resource.version),
             .resource = sdk::to_c(review.resource.plural),
             .subresource = sdk::to_c(review.subresource),
             .kind = sdk::to_c(review.resource.kind),
             .ns = sdk::to_c(review.ns),
             .name = sdk::to_c(review.name),
             .user = sdk::to_c(review.who.user),
             .groups = groups.data(),
             .group_count = groups.size(),
             .dry_run = review.dry_run ? 1U : 0U,
             .object = to_value(review.object),
             .old_object = to_value(review.old_object),
             .user_uid = sdk::to_c(review.who.uid),
             .warn = take_warning,
             .annotate = take_note,
             .host_context = &sink};
}

Error to_refusal(const registry::Review& review, Error error) {
  if (error.code != Code::kForbidden) {
    return error;
  }
  const std::string name = shown_name(review);
  ErrorDetails details{.name = name,
                       .group = std::string(review.resource.group),
                       .kind = std::string(review.resource.plural)};
  if (error.details != nullptr) {
    details.causes = error.details->causes;
  }
  return {
      Code::kForbidden,
      concat({review.resource.group_resource(), " \"", name, "\" is forbidden: ", error.message}),
      std::move(details)};
}

Result<void> apply_plugin_patch(const std::string& plugin, std::string_view json_patch,
                                registry::Review& review) {
  if (review.object == nullptr) {
    return {};
  }
  auto patch = parse_json(json_patch, review.object->storage());
  const auto applied = patch.ok() ? apply_json_patch(*review.object, patch.value().value)
                                  : Result<void>(patch.error());
  if (!applied.ok()) {
    return Error{Code::kInternalError,
                 concat({"admission plugin \"", plugin,
                         "\" gave a patch that does not apply: ", applied.error().message})};
  }
  return {};
}

}  // namespace pintle::gate
