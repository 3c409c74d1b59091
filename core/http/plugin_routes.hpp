// Plugin routes: HTTP paths that plugins offer ("pintle.route/1"), served on one listener.

#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/server.hpp"
#include "core/loader/loader.hpp"

namespace pintle::http {

/// The host's "pintle.exchange/1", for the loader's host_tables.
const pintle_exchange_table* plugin_exchange_table();

/// Threads: every method may be called from any thread.
class PluginRoutes {
 public:
  /// Serves the routes that name `listener`: "kubelet", "kubelet-read-only" or "apiserver".
  /// The loader calls back into this object until it is destroyed itself: destroy it first.
  PluginRoutes(loader::Loader& loader, std::string listener);
  /// The same without a loader: change() says what there is.
  explicit PluginRoutes(std::string listener);
  ~PluginRoutes();

  /// A plugin offers `table`, or takes it back; as pintle_host.on_provided. Taking it back waits
  /// until no request is in the plugin any more.
  void change(const void* table, void* self, bool added);

  /// Whether a plugin serves `path` (without its query).
  bool matches(std::string_view path) const;

  /// Hands the request to the plugin with the longest fitting prefix, on its worker; 404 where
  /// there is none any more.
  void serve(const std::string& user, Exchange& exchange);

 private:
  struct Offer;

  std::shared_ptr<Offer> find(std::string_view path) const;

  const std::string listener_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  std::vector<std::shared_ptr<Offer>> offers_;  // Guarded by mutex_.
};

}  // namespace pintle::http
