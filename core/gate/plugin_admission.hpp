// Plugin admission: the registry's question to every loaded `pintle.admission/1` table.
//
// First all mutate, in their order; then all validate what came out. A plugin that fails in any way
// but refusing fails the request: admission is closed when in doubt. One that gives no answer in
// its time is suspended, and refuses what it wants until it is replaced or unloaded.

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/log.hpp"
#include "core/gate/admission_provider.hpp"
#include "core/loader/loader.hpp"
#include "core/registry/registry.hpp"

namespace pintle::gate {

/// What becomes of plugins that don't come back, and how long is waited for them.
struct AdmissionWatch {
  /// How often quick plugins are looked after.
  std::chrono::milliseconds turn{1000};
  /// How long an unloaded plugin's last calls are waited for.
  std::chrono::milliseconds patience{35'000};
  /// Called when a quick plugin has long had a thread that everyone needs. It doesn't return.
  std::function<void()> give_up = [] { std::abort(); };
};

/// Threads: every method may be called from any thread.
class PluginAdmission final : public registry::Admission {
 public:
  explicit PluginAdmission(Log& log, AdmissionWatch watch = {});
  ~PluginAdmission() override;

  /// Asks every plugin that provides an admission table from now on. Unloading one waits until no
  /// request is inside it. `loader` outlives this; it is told who is suspended, and who must not be
  /// stopped because a call is still inside.
  void connect(loader::Loader& loader);

  /// Begins or ceases to ask one `pintle.admission/1` table: what connect() does for each.
  void change(const std::string& plugin, const void* table, void* self, bool added);

  Result<void> mutate(registry::Review& review) override;
  Result<void> validate(const registry::Review& review) override;
  bool may_wait(const api::Resource& resource) const override;

 private:
  using ProviderPtr = std::shared_ptr<AdmissionProvider>;

  /// Who is asked about one resource, sorted by order.
  struct Chain {
    std::vector<ProviderPtr> mutate;
    std::vector<ProviderPtr> validate;
    bool may_wait = false;
  };
  /// Everyone, laid out for finding a resource's chain. Immutable, replaced as a whole.
  struct Chains {
    std::vector<ProviderPtr> providers;  // Sorted by order.
    std::map<std::string, Chain, std::less<>> by_resource;
    Chain of_others;  // Of resources that no plugin names.

    const Chain& find(std::string_view resource) const;
  };

  std::shared_ptr<const Chains> chains() const;
  static std::shared_ptr<const Chains> lay_out(std::vector<ProviderPtr> providers);
  void overran(const std::string& plugin, const std::string& why);
  void look_after(const std::stop_token& stop);

  Log& log_;
  const AdmissionWatch watch_;
  loader::Loader* loader_ = nullptr;  // Set by connect().
  mutable std::shared_mutex mutex_;
  std::shared_ptr<const Chains> chains_;  // Guarded by mutex_.
  std::mutex turn_mutex_;
  std::condition_variable_any turned_;
  std::jthread watchdog_;  // Started by the first table.
};

}  // namespace pintle::gate
