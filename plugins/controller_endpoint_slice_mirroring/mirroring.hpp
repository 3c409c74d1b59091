// The EndpointSlice mirroring controller: gives hand-made Endpoints the slices that say the same.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/client.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/informer.hpp"
#include "core/sdk/pending.hpp"
#include "core/sdk/reconciler.hpp"
#include "plugins/controller_endpoint_slice_mirroring/mirror.hpp"

namespace pintle::controller_endpoint_slice_mirroring {

/// Source: kubernetes pkg/controller/endpointslicemirroring.
class Mirroring {
 public:
  static Result<std::unique_ptr<Mirroring>> make(sdk::Host& host, const Json& config);

  Mirroring(sdk::Host& host, const Clock& clock);
  ~Mirroring();

  void start();
  bool wait_synced(const std::stop_token& stop) const;

  /// Brings the mirror of one Endpoints object to where it should be. Called by the workers.
  Result<void> reconcile(const std::string& key);

 private:
  void slice_changed(const sdk::ObjectHandle& slice);
  Result<void> carry_out(const std::string& key, const Changes& changes);

  sdk::Client client_;
  sdk::Pending pending_;
  sdk::Reconciler reconciler_;
  sdk::Informer services_;
  sdk::Informer endpoints_;
  sdk::Informer slices_;  // Only those of this controller.
};

}  // namespace pintle::controller_endpoint_slice_mirroring
