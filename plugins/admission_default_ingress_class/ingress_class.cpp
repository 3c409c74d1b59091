// Default ingress class: see ingress_class.hpp.

#include "plugins/admission_default_ingress_class/ingress_class.hpp"

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_default_ingress_class {
namespace {

bool is_default(const sdk::ObjectHandle& ingress_class) {
  return ingress_class.text("metadata", "annotations",
                            "ingressclass.kubernetes.io/is-default-class") == "true";
}

/// The newest counts, so that a new default takes over from an old one; of two of one second, the
/// first by name. Times are RFC 3339 in UTC: their texts sort as they do.
bool goes_before(const sdk::ObjectHandle& one, const sdk::ObjectHandle& other) {
  const auto born = one.text("metadata", "creationTimestamp");
  const auto other_born = other.text("metadata", "creationTimestamp");
  return born == other_born ? one.name() < other.name() : born > other_born;
}

}  // namespace

Result<std::unique_ptr<DefaultIngressClass>> DefaultIngressClass::make(sdk::Host& host,
                                                                       const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<DefaultIngressClass>(host);
  made->classes_.start();
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

DefaultIngressClass::DefaultIngressClass(sdk::Host& host)
    : classes_(host, {.group = "networking.k8s.io", .resource = "ingressclasses"}),
      offer_(*this, {.mutates = true}) {}

Result<void> DefaultIngressClass::mutate(const sdk::AdmissionRequest& request,
                                         sdk::JsonPatch& patch) {
  // The annotation is how a class was named before there was a field.
  if (request.object.has("spec", "ingressClassName") ||
      request.object.has("metadata", "annotations", "kubernetes.io/ingress.class")) {
    return {};
  }
  sdk::ObjectHandle chosen;
  classes_.for_each([&chosen](const sdk::ObjectHandle& candidate) {
    if (is_default(candidate) && (!chosen || goes_before(candidate, chosen))) {
      chosen = candidate;
    }
  });
  if (chosen) {
    patch.add("/spec/ingressClassName", JsonString(chosen.name()));
  }
  return {};
}

}  // namespace pintle::admission_default_ingress_class

PINTLE_PLUGIN("admission_default_ingress_class", "0.1.0",
              pintle::admission_default_ingress_class::DefaultIngressClass)
