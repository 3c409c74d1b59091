// Plugin admission: the registry's question to every loaded `pintle.admission/1` table.
//
// First all mutate, in their order; then all validate what came out. A plugin that fails in any way
// but refusing fails the request: admission is closed when in doubt.

#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/loader/loader.hpp"
#include "core/registry/registry.hpp"

namespace pintle::gate {

/// Threads: every method may be called from any thread.
class PluginAdmission final : public registry::Admission {
 public:
  explicit PluginAdmission(Log& log) : log_(log) {}

  /// Asks every plugin that provides an admission table from now on. Unloading one waits until no
  /// request is inside it.
  void connect(loader::Loader& loader);

  /// Begins or ceases to ask one `pintle.admission/1` table: what connect() does for each.
  void change(const std::string& plugin, const void* table, void* self, bool added);

  Result<void> mutate(registry::Review& review) override;
  Result<void> validate(const registry::Review& review) override;

 private:
  struct Provider {
    std::string plugin;
    const pintle_admission_table* table = nullptr;
    void* self = nullptr;
    std::vector<std::string> resources;  // "pods", "deployments.apps"; empty: all.

    bool wants(const std::string& resource) const;
  };

  Log& log_;
  mutable std::shared_mutex mutex_;
  std::vector<Provider> providers_;  // Sorted by order. Guarded by mutex_.
};

}  // namespace pintle::gate
