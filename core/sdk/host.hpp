// Host: the program a plugin runs in, as C++. Settings, the log, the tables it gives and takes.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::sdk {

/// One table that some plugin offers under an extension point.
struct Offer {
  std::string plugin;
  const void* table = nullptr;
  void* self = nullptr;  // What the table's functions want as their first argument.
};

/// Threads: every method may be called from any thread.
class Host {
 public:
  explicit Host(const pintle_host* raw);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  const pintle_host* raw() const { return raw_; }

  /// A setting of the host's ("node-name"); `otherwise` where it is not set.
  std::string setting(std::string_view name, std::string_view otherwise = "") const;

  Log& log() const { return *log_; }

  /// True where there is a cluster to speak to: a client and a bus.
  bool has_cluster() const { return client_ != nullptr && bus_ != nullptr; }

  /// REQUIRES for client_table and bus_table: has_cluster().
  const pintle_object_table* object_table() const { return object_; }
  const pintle_client_table* client_table() const { return client_; }
  const pintle_bus_table* bus_table() const { return bus_; }
  /// Any other table of the host's; null where it has none.
  const void* table(const char* name) const { return raw_->table(raw_, name); }

  /// Offers `table` under `point` for as long as the plugin runs. Both outlive the plugin's stop.
  /// Errors: kConflict once stop has begun.
  Result<void> provide(const char* point, const void* table, void* self);

  /// Calls `changed` for every table offered under `point`, now and later; and with added=false
  /// before one goes: when that call returns, the table is used no more. One call at a time.
  Result<void> on_provided(const char* point,
                           std::function<void(const Offer& offer, bool added)> changed);

 private:
  using Changed = std::function<void(const Offer& offer, bool added)>;
  struct Watch;
  static void dispatch(void* context, const char* plugin, const void* table, void* self,
                       std::uint32_t added);

  const pintle_host* raw_;
  const pintle_object_table* object_;
  const pintle_client_table* client_;
  const pintle_bus_table* bus_;
  std::unique_ptr<Log> log_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Watch>> watches_;  // Guarded by mutex_.
};

}  // namespace pintle::sdk
