// The quota controller; see quotas.hpp.

#include "plugins/controller_resource_quota/quotas.hpp"

#include <algorithm>
#include <chrono>

#include "core/sdk/plugin.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::controller_resource_quota {
namespace {

constexpr std::chrono::milliseconds kGather{20};  // Changes that come together are written once.

const SystemClock& system_clock() {
  static const SystemClock clock;
  return clock;
}

JsonObject to_json(const sdk::Amounts& amounts) {
  JsonObject texts;
  for (const auto& [name, amount] : amounts) {
    texts[name] = amount.to_text();
  }
  return texts;
}

}  // namespace

Result<std::unique_ptr<Quotas>> Quotas::make(sdk::Host& host, const Json& config) {
  PINTLE_TRY_STATUS(sdk::Settings(config).finish());
  if (!host.has_cluster()) {
    return Error(Code::kInvalid, "this host has no cluster; load the plugin into the server");
  }
  auto made = std::make_unique<Quotas>(host, system_clock());
  made->start();
  return made;
}

Quotas::Quotas(sdk::Host& host, const Clock& clock)
    : client_(host),
      reconciler_(
          host, "resourcequota", clock,
          [this](const std::string& key, const std::stop_token&) { return reconcile(key); }),
      ledger_(host, clock, [this](const std::string& ns) { look_at(ns); }) {}

Quotas::~Quotas() {
  ledger_.stop();
  reconciler_.stop();
}

void Quotas::start() {
  ledger_.start();
  reconciler_.start();
}

void Quotas::settle() {
  ledger_.settle();
  while (reconciler_.step()) {
    ledger_.settle();
  }
}

void Quotas::look_at(const std::string& ns) {
  for (const auto& standing : ledger_.standings(ns)) {
    if (standing.is_whole) {
      reconciler_.add_after(sdk::key_of(ns, standing.quota.name), kGather);
    }
  }
}

Result<void> Quotas::reconcile(const std::string& key) {
  const auto [ns_view, name] = sdk::split_key(key);
  const std::string ns(ns_view);
  const auto all = ledger_.standings(ns);
  const auto standing =
      std::ranges::find_if(all, [name = name](const auto& one) { return one.quota.name == name; });
  const auto quota =
      client_.find({.resource = "resourcequotas", .ns = ns, .name = std::string(name)});
  const bool is_current = standing != all.end() && standing->is_whole && quota &&
                          standing->quota.is_same_as(sdk::Quota::of(quota.root()));
  if (!is_current) {
    return {};  // Gone, or to be counted anew: then it is looked at again.
  }
  if (sdk::read_amounts(quota.at("status", "hard")) == standing->quota.hard &&
      sdk::read_amounts(quota.at("status", "used")) == standing->used) {
    return {};
  }
  Json next = quota.to_json();
  next.as_object()["status"] =
      JsonObject{{"hard", quota.at("spec", "hard").to_json()}, {"used", to_json(standing->used)}};
  const auto written = client_.update(
      {.resource = "resourcequotas", .ns = ns, .name = std::string(name), .subresource = "status"},
      next);
  if (!written.ok() && written.error().code != Code::kNotFound) {
    return written.error();
  }
  return {};
}

}  // namespace pintle::controller_resource_quota

PINTLE_PLUGIN("controller_resource_quota", "0.1.0", pintle::controller_resource_quota::Quotas)
