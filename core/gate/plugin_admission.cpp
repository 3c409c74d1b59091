// From a Review to the C tables and back: texts and trees are lent, patches come as JSON.

#include "core/gate/plugin_admission.hpp"

#include <algorithm>
#include <mutex>
#include <sstream>

#include "core/base/concat.hpp"
#include "core/object/patch.hpp"
#include "core/sdk/object_table.hpp"
#include "core/sdk/text.hpp"

namespace pintle::gate {
namespace {

using sdk::to_value;

/// A Review in the border's words. Lives as long as the review and this object.
struct BorderRequest {
  explicit BorderRequest(const registry::Review& review) {
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
               .old_object = to_value(review.old_object)};
  }

  std::vector<pintle_text> groups;
  pintle_admission_request request;
};

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

/// A plugin's status as the client sees it: 403 reads `pods "x" is forbidden: <text>`, with the
/// causes it names; the rest is told as it is. Source: apiserver admission.NewForbidden.
Error refusal(const registry::Review& review, const pintle_status& status) {
  Error error = sdk::to_error(status);
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

struct Patching {
  const registry::Review& review;
  const std::string& plugin;
  Result<void> outcome;
};

void apply_patch(void* context, pintle_text json_patch) {
  auto& patching = *static_cast<Patching*>(context);
  if (!patching.outcome.ok() || patching.review.object == nullptr) {
    return;
  }
  auto patch = parse_json(sdk::to_view(json_patch), patching.review.object->storage());
  const auto applied = patch.ok() ? apply_json_patch(*patching.review.object, patch.value().value)
                                  : Result<void>(patch.error());
  if (!applied.ok()) {
    patching.outcome = Error{Code::kInternalError,
                             "admission plugin \"" + patching.plugin +
                                 "\" gave a patch that does not apply: " + applied.error().message};
  }
}

}  // namespace

bool PluginAdmission::Provider::wants(const std::string& resource) const {
  return resources.empty() ||
         std::find(resources.begin(), resources.end(), resource) != resources.end();
}

void PluginAdmission::connect(loader::Loader& loader) {
  loader.on_provided("pintle.admission/1",
                     [this](const std::string& plugin, const void* table, void* self, bool added) {
                       change(plugin, table, self, added);
                     });
}

void PluginAdmission::change(const std::string& plugin, const void* table, void* self, bool added) {
  const auto* admission = static_cast<const pintle_admission_table*>(table);
  const std::unique_lock lock(mutex_);
  if (!added) {
    std::erase_if(providers_, [&](const Provider& provider) {
      return provider.table == admission && provider.self == self;
    });
    return;
  }
  Provider provider{.plugin = plugin, .table = admission, .self = self};
  std::istringstream words{std::string(sdk::to_view(admission->resources))};
  for (std::string word; words >> word;) {
    provider.resources.push_back(word);
  }
  const auto at = std::upper_bound(
      providers_.begin(), providers_.end(), admission->order,
      [](std::int32_t order, const Provider& other) { return order < other.table->order; });
  providers_.insert(at, std::move(provider));
  log_.info("admission plugin connected", {{"plugin", plugin}});
}

Result<void> PluginAdmission::mutate(registry::Review& review) {
  const std::string resource(review.resource.storage);
  const std::shared_lock lock(mutex_);
  for (const auto& provider : providers_) {
    if (provider.table->mutate == nullptr || !provider.wants(resource)) {
      continue;
    }
    const BorderRequest border(review);
    Patching patching{.review = review, .plugin = provider.plugin, .outcome = {}};
    const auto status =
        provider.table->mutate(provider.self, &border.request, apply_patch, &patching);
    if (status.code != 0) {
      return refusal(review, status);
    }
    PINTLE_TRY_STATUS(patching.outcome);
  }
  return {};
}

Result<void> PluginAdmission::validate(const registry::Review& review) {
  const std::string resource(review.resource.storage);
  const std::shared_lock lock(mutex_);
  for (const auto& provider : providers_) {
    if (provider.table->validate == nullptr || !provider.wants(resource)) {
      continue;
    }
    const BorderRequest border(review);
    const auto status = provider.table->validate(provider.self, &border.request);
    if (status.code != 0) {
      return refusal(review, status);
    }
  }
  return {};
}

}  // namespace pintle::gate
