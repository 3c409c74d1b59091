// Storage protection: volumes and claims go only once nobody uses them.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/reconciler.hpp"

namespace pintle::controller_storage_protection {

/// Source: kubernetes pkg/controller/volume/{pvcprotection,pvprotection}.
class Protection {
 public:
  static Result<std::unique_ptr<Protection>> make(sdk::Host& host, const Json& config);

  Protection(sdk::Host& host, const Clock& clock);
  ~Protection();

  void start(int workers);

  /// Brings one claim ("default/data") or volume ("disk-1") to where it should be. Called by the
  /// workers, and by tests.
  Result<void> reconcile(std::string_view key);
  bool wait_synced(const std::stop_token& stop) const;

 private:
  bool is_used(const sdk::ObjectHandle& claim) const;
  Result<void> set_finalizer(const sdk::ObjectHandle& object, const sdk::Path& path,
                             std::string_view finalizer, bool wanted);
  void look_at_claims_of(const sdk::ObjectHandle& pod);

  sdk::Client client_;
  sdk::Reconciler reconciler_;
  sdk::Informer claims_;
  sdk::Informer volumes_;
  sdk::Informer pods_;
};

}  // namespace pintle::controller_storage_protection
