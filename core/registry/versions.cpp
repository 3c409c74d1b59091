// Which kinds have several versions, and what is done to requests and answers of those not stored.

#include "core/registry/versions.hpp"

#include <array>

#include "core/api/schema.hpp"
#include "core/base/assert.hpp"
#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/registry/shared.hpp"
#include "core/registry/strategies/versions.hpp"

namespace pintle::registry {
namespace {

/// "autoscaling/v1" of which kind.
struct Entry {
  std::string_view group;
  std::string_view version;
  std::string_view kind;
  const Conversion& (*conversion)();
};

constexpr std::array kConversions = {
    Entry{"autoscaling", "v1", "HorizontalPodAutoscaler", autoscaler_v1_conversion},
    Entry{"events.k8s.io", "v1", "Event", event_conversion},
};

/// `from` at the beginning of `text`, if a space follows, as `to`.
void rename(std::string& text, std::string_view from, std::string_view to) {
  if (text.starts_with(from) && text.substr(from.size()).starts_with(' ')) {
    text.replace(0, from.size(), to);
  }
}

std::string group_kind(const api::Resource& resource) {
  return resource.group.empty() ? std::string(resource.kind)
                                : concat({resource.kind, ".", resource.group});
}

/// The registry speaks of the stored resource; the client asked for the served one.
void reword(const api::Resource& stored, const api::Resource& served, Error& error) {
  if (stored.group == served.group) {
    return;
  }
  rename(error.message, stored.group_resource(), served.group_resource());
  rename(error.message, group_kind(stored), group_kind(served));
  if (error.details != nullptr && error.details->group == stored.group) {
    auto details = *error.details;
    details.group = served.group;
    error.details = std::make_shared<const ErrorDetails>(std::move(details));
  }
}

}  // namespace

const Conversion& find_conversion(const api::Resource& served) {
  for (const auto& entry : kConversions) {
    if (entry.kind == served.kind && entry.group == served.group &&
        entry.version == served.version) {
      return entry.conversion();
    }
  }
  PINTLE_ASSERT(served.storage_version);  // Every version that is not has a row.
  return kConversions.front().conversion();
}

const api::Resource& served_of(const Operation& operation) {
  return operation.served == nullptr ? *operation.resource : *operation.served;
}

void move_to_stored(const api::Catalog& catalog, Operation& operation) {
  if (operation.resource->storage_version) {
    return;
  }
  operation.served = operation.resource;
  operation.resource = catalog.find_storage(operation.served->storage);
  PINTLE_ASSERT(operation.resource != nullptr);  // kindc looked for it.
}

Reply in_words_of(const Operation& operation, Reply reply) {
  if (operation.served == nullptr) {
    return reply;
  }
  return [stored = operation.resource, served = operation.served,
          reply = std::move(reply)](Result<Answer> answer) {
    if (answer.ok()) {
      return reply(std::move(answer));
    }
    Error error = std::move(answer).error();
    reword(*stored, *served, error);
    reply(std::move(error));
  };
}

void to_stored(const Operation& operation, Json& object) {
  if (operation.served != nullptr) {
    find_conversion(*operation.served).to_stored(object);
    object.as_object()["apiVersion"] = operation.resource->api_version();
  }
}

void from_stored(const Operation& operation, Json& object) {
  if (operation.served != nullptr) {
    find_conversion(*operation.served).from_stored(object);
    object.as_object()["apiVersion"] = operation.served->api_version();
  }
}

Shown::Shown(const api::Resource& served, const Object& stored) : object_(&stored) {
  if (served.storage_version) {
    return;
  }
  JsonArena arena(16 * 1024);
  Json tree = parse_stored(stored, &arena);
  find_conversion(served).from_stored(tree);
  converted_.emplace(stored.key(), stored.revision(), api::to_draft(served, tree));
  object_ = &*converted_;
}

}  // namespace pintle::registry
