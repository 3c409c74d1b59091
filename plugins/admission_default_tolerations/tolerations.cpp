// Default tolerations: see tolerations.hpp.

#include "plugins/admission_default_tolerations/tolerations.hpp"

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_default_tolerations {
namespace {

/// An empty key and an empty effect tolerate all.
bool tolerates(const sdk::Value& tolerations, std::string_view taint) {
  for (const auto toleration : tolerations) {
    const auto key = toleration.text("key");
    const auto effect = toleration.text("effect");
    if ((key.empty() || key == taint) && (effect.empty() || effect == "NoExecute")) {
      return true;
    }
  }
  return false;
}

Json toleration_of(std::string_view taint, std::chrono::seconds stay) {
  return {{"key", taint},
          {"operator", "Exists"},
          {"effect", "NoExecute"},
          {"tolerationSeconds", stay.count()}};
}

}  // namespace

Result<std::unique_ptr<DefaultTolerations>> DefaultTolerations::make(sdk::Host& host,
                                                                     const Json& config) {
  Stay stay;
  sdk::Settings settings(config);
  settings.seconds("not_ready_seconds", stay.not_ready)
      .seconds("unreachable_seconds", stay.unreachable);
  PINTLE_TRY_STATUS(settings.finish());
  auto made = std::make_unique<DefaultTolerations>(stay);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

DefaultTolerations::DefaultTolerations(Stay stay) : stay_(stay), offer_(*this, {.mutates = true}) {}

Result<void> DefaultTolerations::mutate(const sdk::AdmissionRequest& request,
                                        sdk::JsonPatch& patch) {
  const bool writes = request.operation == "CREATE" || request.operation == "UPDATE";
  if (!writes || !request.subresource.empty()) {
    return {};
  }
  const sdk::Value tolerations = request.object.at("spec", "tolerations");
  JsonArray missing;
  for (const auto& [taint, stay] :
       {std::pair{"node.kubernetes.io/not-ready", stay_.not_ready},
        std::pair{"node.kubernetes.io/unreachable", stay_.unreachable}}) {
    if (!tolerates(tolerations, taint)) {
      missing.push_back(toleration_of(taint, stay));
    }
  }
  if (missing.empty()) {
    return {};
  }
  if (!tolerations.is_array()) {
    patch.add("/spec/tolerations", std::move(missing));
    return {};
  }
  for (auto& toleration : missing) {
    patch.add("/spec/tolerations/-", std::move(toleration));
  }
  return {};
}

}  // namespace pintle::admission_default_tolerations

PINTLE_PLUGIN("admission_default_tolerations", "0.1.0",
              pintle::admission_default_tolerations::DefaultTolerations)
