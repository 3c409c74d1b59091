// Host: one plugin's end of the border: its tables, its settings, what it provides and asks for.

#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/loader/loader.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::loader {

/// Who provides what to whom. Calls to watchers come one at a time; a provider that goes waits
/// until every watcher has let go of its table. Threads: every method may be called from any
/// thread; watchers may call back in.
class Exchange {
 public:
  using Changed =
      std::function<void(const std::string& plugin, const void* table, void* self, bool added)>;

  void provide(const void* owner, const std::string& plugin, const std::string& point,
               const void* table, void* self);
  void watch(const void* owner, const std::string& point, Changed changed);
  /// Takes back all that `owner` provides, telling the watchers.
  void withdraw(const void* owner);
  /// Forgets the watches of `owner`; none of them is called any more.
  void forget(const void* owner);
  std::vector<std::string> points_of(const void* owner) const;

 private:
  struct Offer {
    const void* owner;
    std::string plugin;
    std::string point;
    const void* table;
    void* self;
  };
  struct Watch {
    const void* owner;
    std::string point;
    std::shared_ptr<Changed> changed;
  };

  void tell(const Offer& offer, bool added);

  mutable std::recursive_mutex mutex_;
  std::vector<Offer> offers_;   // Guarded by mutex_.
  std::vector<Watch> watches_;  // Guarded by mutex_.
};

/// What the plugin holds as `const pintle_host*`.
struct Host : pintle_host {
  Host(std::string plugin_name, std::unique_ptr<Backend> cluster,
       const std::map<std::string, const void*>& more_tables,
       const std::map<std::string, std::string>& host_settings, Exchange& exchange_in, Log& log_in);

  const std::string plugin;
  const std::unique_ptr<Backend> backend;  // Null where there is no cluster.
  const std::map<std::string, const void*>& extra_tables;
  const std::map<std::string, std::string>& settings;
  Exchange& exchange;
  Log& log;
  bool stopping = false;                   // Guarded by the loader's queue of operations.
  std::atomic<bool> is_abandoned = false;  // The cluster behind it may be gone.
};

}  // namespace pintle::loader
