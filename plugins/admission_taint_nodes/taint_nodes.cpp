// Taint nodes: see taint_nodes.hpp.

#include "plugins/admission_taint_nodes/taint_nodes.hpp"

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_taint_nodes {
namespace {

constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";
constexpr std::string_view kEffect = "NoSchedule";

}  // namespace

Result<std::unique_ptr<TaintNodes>> TaintNodes::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  auto made = std::make_unique<TaintNodes>();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

TaintNodes::TaintNodes() : offer_(*this, {.mutates = true}) {}

Result<void> TaintNodes::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch& patch) {
  const auto taints = request.object.at("spec", "taints");
  for (const auto taint : taints) {
    if (taint.text("key") == kNotReady && taint.text("effect") == kEffect) {
      return {};
    }
  }
  Json taint = {{"key", kNotReady}, {"effect", kEffect}};
  if (taints.is_array()) {
    patch.add("/spec/taints/-", std::move(taint));
  } else if (request.object.at("spec").is_object()) {
    patch.add("/spec/taints", JsonArray{std::move(taint)});
  } else {
    patch.add("/spec", JsonObject{{"taints", JsonArray{std::move(taint)}}});
  }
  return {};
}

}  // namespace pintle::admission_taint_nodes

PINTLE_PLUGIN("admission_taint_nodes", "0.1.0", pintle::admission_taint_nodes::TaintNodes)
