// Always pull: see always_pull.hpp.

#include "plugins/admission_always_pull_images/always_pull.hpp"

#include <functional>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_always_pull_images {
namespace {

/// One place of a pod that names an image.
struct Place {
  std::string_view list;  // "containers", "volumes", ...
  std::size_t index = 0;
  std::string_view within;  // "" or "image": where in the element the two fields are.
  std::string_view policy;  // The name of the field.
  sdk::Value value;         // What has the fields.
};

void for_each_place(const sdk::Value& pod, const std::function<void(const Place&)>& visit) {
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const auto containers = pod.at("spec", list);
    for (std::size_t i = 0; i < containers.size(); ++i) {
      visit({.list = list,
             .index = i,
             .within = "",
             .policy = "imagePullPolicy",
             .value = containers.element(i)});
    }
  }
  const auto volumes = pod.at("spec", "volumes");
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    if (const auto image = volumes.element(i).at("image"); image) {
      visit({.list = "volumes",
             .index = i,
             .within = "image",
             .policy = "pullPolicy",
             .value = image});
    }
  }
}

std::string_view image_of(const Place& place) {
  return place.within.empty() ? place.value.text("image") : place.value.text("reference");
}

/// Whether an update brings this image where the old pod had the same: it was judged then, and what
/// is written of a running pod may not change.
bool is_old(const sdk::AdmissionRequest& request, const Place& place) {
  const auto old_list = request.old_object.at("spec", place.list);
  const auto name = request.object.at("spec", place.list).element(place.index).text("name");
  for (const auto candidate : old_list) {
    if (candidate.text("name") == name) {
      const Place before{.within = place.within,
                         .value = place.within.empty() ? candidate : candidate.at(place.within)};
      return image_of(before) == image_of(place);
    }
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<AlwaysPull>> AlwaysPull::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  auto made = std::make_unique<AlwaysPull>();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

AlwaysPull::AlwaysPull() : offer_(*this, {.mutates = true, .validates = true}) {}

Result<void> AlwaysPull::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  for_each_place(request.object, [&](const Place& place) {
    if (place.value.text(place.policy) != "Always" && !is_old(request, place)) {
      patch.add(concat({"/spec/", place.list, "/", std::to_string(place.index), "/", place.within,
                        place.within.empty() ? "" : "/", place.policy}),
                "Always");
    }
  });
  return {};
}

Result<void> AlwaysPull::validate(const sdk::AdmissionRequest& request) {
  std::vector<std::string> faults;
  for_each_place(request.object, [&](const Place& place) {
    const auto policy = place.value.text(place.policy);
    if (policy != "Always" && !is_old(request, place)) {
      const auto cause =
          unsupported_value(concat({"spec.", place.list, "[", std::to_string(place.index), "].",
                                    place.within, place.within.empty() ? "" : ".", place.policy}),
                            policy, {"Always"});
      faults.push_back(concat({cause.field, ": ", cause.message}));
    }
  });
  if (faults.empty()) {
    return {};
  }
  std::string all = faults[0];
  for (std::size_t i = 1; i < faults.size(); ++i) {
    all += ", " + faults[i];
  }
  return Error(Code::kForbidden, faults.size() == 1 ? all : "[" + all + "]");
}

}  // namespace pintle::admission_always_pull_images

PINTLE_PLUGIN("admission_always_pull_images", "0.1.0",
              pintle::admission_always_pull_images::AlwaysPull)
