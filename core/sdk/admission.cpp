// Admission: a say in every write; see admission.hpp.

#include "core/sdk/admission.hpp"

#include "core/sdk/text.hpp"

namespace pintle::sdk {

std::string pointer_escaped(std::string_view step) {
  std::string escaped;
  for (const char c : step) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

JsonPatch& JsonPatch::add(std::string_view path, Json value) {
  operations_.push_back(JsonObject{{"op", "add"}, {"path", path}, {"value", std::move(value)}});
  return *this;
}

JsonPatch& JsonPatch::replace(std::string_view path, Json value) {
  operations_.push_back(JsonObject{{"op", "replace"}, {"path", path}, {"value", std::move(value)}});
  return *this;
}

JsonPatch& JsonPatch::remove(std::string_view path) {
  operations_.push_back(JsonObject{{"op", "remove"}, {"path", path}});
  return *this;
}

std::string JsonPatch::to_text() const {
  return to_json(operations_);
}

void AdmissionRequest::warn(std::string_view text) const {
  if (border != nullptr && border->warn != nullptr) {
    border->warn(border->host_context, to_c(text));
  }
}

void AdmissionRequest::annotate(std::string_view key, std::string_view value) const {
  if (border != nullptr && border->annotate != nullptr) {
    border->annotate(border->host_context, to_c(key), to_c(value));
  }
}

AdmissionOffer::AdmissionOffer(Admission& admission, AdmissionPhases phases)
    : admission_(admission),
      resources_(admission.resources()),
      operations_(admission.operations()) {
  table_.size = sizeof(table_);
  table_.order = admission.order();
  table_.mutate = phases.mutates ? &AdmissionOffer::mutate : nullptr;
  table_.validate = phases.validates ? &AdmissionOffer::validate : nullptr;
  table_.resources = to_c(std::string_view(resources_));
  table_.operations = to_c(std::string_view(operations_));
  table_.is_quick = admission.is_quick() ? 1U : 0U;
  table_.timeout_ms = static_cast<std::uint32_t>(admission.timeout().count());
}

Result<void> AdmissionOffer::provide(Host& host) {
  objects_ = host.object_table();
  return host.provide("pintle.admission/1", &table_, this);
}

AdmissionRequest AdmissionOffer::to_request(const pintle_admission_request& request) const {
  AdmissionRequest made{.operation = to_view(request.operation),
                        .group = to_view(request.group),
                        .version = to_view(request.version),
                        .resource = to_view(request.resource),
                        .subresource = to_view(request.subresource),
                        .kind = to_view(request.kind),
                        .ns = to_view(request.ns),
                        .name = to_view(request.name),
                        .user = to_view(request.user),
                        .groups = {},
                        .dry_run = request.dry_run != 0,
                        .object = Value(objects_, request.object),
                        .old_object = Value(objects_, request.old_object),
                        .user_uid = {},
                        .border = nullptr};
  // A host built before these had a smaller request.
  if (request.size >= sizeof(pintle_admission_request)) {
    made.user_uid = to_view(request.user_uid);
    made.border = &request;
  }
  for (std::uint64_t i = 0; i < request.group_count; ++i) {
    made.groups.push_back(to_view(request.groups[i]));
  }
  return made;
}

pintle_status AdmissionOffer::mutate(void* self, const pintle_admission_request* request,
                                     void (*patch)(void* context, pintle_text json_patch),
                                     void* context) {
  const auto& offer = *static_cast<AdmissionOffer*>(self);
  return guarded("mutate", [&]() -> Result<void> {
    JsonPatch changes;
    PINTLE_TRY_STATUS(offer.admission_.mutate(offer.to_request(*request), changes));
    if (!changes.empty()) {
      const std::string text = changes.to_text();
      patch(context, to_c(std::string_view(text)));
    }
    return {};
  });
}

pintle_status AdmissionOffer::validate(void* self, const pintle_admission_request* request) {
  const auto& offer = *static_cast<AdmissionOffer*>(self);
  return guarded("validate", [&] { return offer.admission_.validate(offer.to_request(*request)); });
}

}  // namespace pintle::sdk
