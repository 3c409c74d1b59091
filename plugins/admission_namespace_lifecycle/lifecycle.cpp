// Namespace lifecycle: see lifecycle.hpp.

#include "plugins/admission_namespace_lifecycle/lifecycle.hpp"

#include <algorithm>
#include <array>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_namespace_lifecycle {
namespace {

constexpr std::array<std::string_view, 3> kImmortal = {"default", "kube-public", "kube-system"};

bool is_namespace(const sdk::AdmissionRequest& request) {
  return request.group.empty() && request.resource == "namespaces";
}

/// Asked of a namespace that is going, too: may I still look into it?
bool is_access_review(const sdk::AdmissionRequest& request) {
  return request.group == "authorization.k8s.io" && request.resource == "localsubjectaccessreviews";
}

Error terminating(std::string_view ns) {
  return {
      Code::kForbidden,
      concat({"unable to create new content in namespace ", ns, " because it is being terminated"}),
      ErrorDetails{.causes = {{.reason = "NamespaceTerminating",
                               .field = "metadata.namespace",
                               .message = concat({"namespace ", ns, " is being terminated"})}}}};
}

}  // namespace

Result<std::unique_ptr<Lifecycle>> Lifecycle::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Lifecycle>(host);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

Lifecycle::Lifecycle(sdk::Host& host) : client_(host), offer_(*this, {.mutates = true}) {}

Result<void> Lifecycle::mutate(const sdk::AdmissionRequest& request, sdk::JsonPatch&) {
  const bool deletes = request.operation == "DELETE";
  if (is_namespace(request)) {
    const bool immortal = std::ranges::find(kImmortal, request.name) != kImmortal.end();
    if (deletes && request.subresource.empty() && immortal) {
      return Error(Code::kForbidden, "this namespace may not be deleted");
    }
    return {};
  }
  if (request.ns.empty() || deletes || is_access_review(request)) {
    return {};
  }

  const auto ns = client_.find({.resource = "namespaces", .name = std::string(request.ns)});
  if (!ns) {
    return not_found("namespaces", request.ns);
  }
  const bool is_going =
      ns.text("status", "phase") == "Terminating" || ns.has("metadata", "deletionTimestamp");
  if (request.operation == "CREATE" && is_going) {
    return terminating(request.ns);
  }
  return {};
}

}  // namespace pintle::admission_namespace_lifecycle

PINTLE_PLUGIN("admission_namespace_lifecycle", "0.1.0",
              pintle::admission_namespace_lifecycle::Lifecycle)
