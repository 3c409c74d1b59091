// The quota controller: what each ResourceQuota has counted, where people can read it.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/quota_ledger.hpp"
#include "core/sdk/reconciler.hpp"

namespace pintle::controller_resource_quota {

/// Source: kubernetes pkg/controller/resourcequota.
class Quotas {
 public:
  static Result<std::unique_ptr<Quotas>> make(sdk::Host& host, const Json& config);

  Quotas(sdk::Host& host, const Clock& clock);
  ~Quotas();

  void start();
  /// Does all that can be done now, on the caller's thread: for tests.
  void settle();

 private:
  void look_at(const std::string& ns);
  Result<void> reconcile(const std::string& key);

  sdk::Client client_;
  sdk::Reconciler reconciler_;
  sdk::QuotaLedger ledger_;
};

}  // namespace pintle::controller_resource_quota
