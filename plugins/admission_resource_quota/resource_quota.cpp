// Resource quota; see resource_quota.hpp.

#include "plugins/admission_resource_quota/resource_quota.hpp"

#include <chrono>

#include "core/base/concat.hpp"
#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_resource_quota {
namespace {

constexpr std::chrono::seconds kReadyWithin{10};  // Source: the plugin's WaitForReady.

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

/// Whether this request changes what is used. Source: each evaluator's Handles.
bool may_use_more(const sdk::AdmissionRequest& request) {
  if (request.ns.empty() || request.resource == "namespaces" || request.resource == "events") {
    return false;
  }
  const bool is_core = request.group.empty();
  if (request.operation == "CREATE") {
    return request.subresource.empty();
  }
  if (request.operation != "UPDATE" || !is_core) {
    return false;
  }
  if (request.resource == "pods") {
    return request.subresource == "resize";
  }
  return request.subresource.empty() &&
         (request.resource == "services" || request.resource == "persistentvolumeclaims");
}

}  // namespace

Result<std::unique_ptr<ResourceQuota>> ResourceQuota::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<ResourceQuota>(host, system_clock());
  made->ledger_.start();
  // Before the first question, because no question may wait. In vain: they are refused until then.
  made->ledger_.wait_ready(kReadyWithin);
  PINTLE_TRY_STATUS(made->offer_.provide(host));
  return made;
}

ResourceQuota::ResourceQuota(sdk::Host& host, const Clock& clock)
    : clock_(clock),
      client_(host),
      ledger_(host, clock),
      offer_(*this, {.mutates = false, .validates = true}) {}

Result<void> ResourceQuota::validate(const sdk::AdmissionRequest& request) {
  if (!may_use_more(request)) {
    return {};
  }
  if (!ledger_.wait_ready(std::chrono::seconds(0))) {
    return Error(Code::kForbidden, "not yet ready to handle request");
  }
  const std::string ns(request.ns);
  if (!ledger_.has_quotas(ns)) {
    return {};
  }
  const std::string resource = request.group.empty()
                                   ? std::string(request.resource)
                                   : concat({request.resource, ".", request.group});
  const auto now = clock_.now();
  sdk::QuotaLedger::Charge charge{.ns = ns,
                                  .uid = std::string(request.object.text("metadata", "uid")),
                                  .use = sdk::quota_use_of(resource, request.object, now),
                                  .before = {},
                                  .holds = !request.dry_run};
  if (request.operation == "UPDATE") {
    charge.before = sdk::quota_use_of(resource, request.old_object, now).amounts;
  } else {
    // A create that will find its name taken is refused alike, but must not hold a place.
    charge.holds = charge.holds && !is_there(request);
  }
  if (resource == "pods") {
    PINTLE_TRY_STATUS(check_all_is_said(ns, charge.use, request.object));
  }
  return ledger_.charge(charge);
}

Result<void> ResourceQuota::check_all_is_said(const std::string& ns, const sdk::QuotaUse& use,
                                              const sdk::Value& pod) const {
  for (const auto& standing : ledger_.standings(ns)) {
    if (!standing.quota.counts(use)) {
      continue;
    }
    if (const auto missing = standing.quota.missing_in(pod)) {
      return Error(Code::kForbidden,
                   concat({"failed quota: ", standing.quota.name, ": ", *missing}));
    }
  }
  return {};
}

bool ResourceQuota::is_there(const sdk::AdmissionRequest& request) {
  const auto name = request.object.text("metadata", "name");
  return !name.empty() && client_.find({.group = std::string(request.group),
                                        .version = std::string(request.version),
                                        .resource = std::string(request.resource),
                                        .ns = std::string(request.ns),
                                        .name = std::string(name)});
}

}  // namespace pintle::admission_resource_quota

PINTLE_PLUGIN("admission_resource_quota", "0.1.0", pintle::admission_resource_quota::ResourceQuota)
