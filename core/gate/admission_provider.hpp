// One offered `pintle.admission/1` table: what it wants, the calls of it that are under way, and
// what becomes of it when one of them does not come back.

#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/registry/registry.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::gate {

/// Operations as bits, so that a request is matched with one `and`.
std::uint32_t operation_bit(std::string_view operation);

/// Held by shared_ptr: a call that never comes back keeps it. Threads: every method may be called
/// from any thread.
class AdmissionProvider : public std::enable_shared_from_this<AdmissionProvider> {
 public:
  enum class Phase { kMutate, kValidate };

  /// Told once, by whoever notices first, when a call overran: the plugin and why.
  using Overrun = std::function<void(const std::string& plugin, const std::string& why)>;

  AdmissionProvider(std::string plugin, const pintle_admission_table& table, void* self,
                    Overrun overrun);

  const std::string& plugin() const { return plugin_; }
  bool is_table(const void* table, const void* self) const {
    return &table_ == table && self_ == self;
  }
  std::int32_t order() const { return table_.order; }
  bool has(Phase phase) const;
  bool is_quick() const { return is_quick_; }

  /// The resources it names, as "pods" and "deployments.apps"; empty: all.
  const std::vector<std::string>& resources() const { return resources_; }
  /// Whether it wants `review`, whose resource is one of its resources.
  bool wants(const registry::Review& review, std::uint32_t operation) const;

  /// Asks it: here if it is quick, else on a thread that may be lost. A mutating plugin's patch is
  /// applied. Errors: what the plugin said; kTimeout if it said nothing in its time;
  /// kInternalError if it is suspended or patched nonsense.
  Result<void> ask(Phase phase, registry::Review& review);

  /// One turn of the watchdog's wheel: suspends the plugin if a quick call overran.
  /// True if one is so far over that the thread it holds must be given up.
  bool tick(std::uint64_t now, std::chrono::milliseconds turn);

  /// Nobody asks it from now on. Waits until no call is under way, but for `patience` at most.
  /// False if some still are.
  bool leave(std::chrono::milliseconds patience);

  bool is_suspended() const { return is_suspended_.load(std::memory_order_acquire); }

 private:
  class Stay;
  struct SlowCall;
  static constexpr std::size_t kSlots = 64;

  Result<void> ask_here(Phase phase, registry::Review& review);
  Result<void> ask_there(Phase phase, registry::Review& review);
  Result<void> answer(Phase phase, SlowCall& call) const;
  void suspend(const std::string& why);
  Error suspended() const;
  bool is_empty() const;

  const std::string plugin_;
  const pintle_admission_table& table_;
  void* const self_;
  const Overrun overrun_;
  bool is_quick_ = false;
  std::chrono::milliseconds timeout_{10'000};
  std::vector<std::string> resources_;
  std::vector<std::pair<std::string, std::string>> subresources_;  // Resource and the only one.
  std::uint32_t operations_ = ~0U;

  std::atomic<bool> has_left_{false};
  std::atomic<bool> is_suspended_{false};
  std::atomic<std::uint64_t> turn_{1};  // Of the watchdog.
  /// The turn at which the call in each slot began; 0 is a free slot.
  std::array<std::atomic<std::uint64_t>, kSlots> calls_{};
  std::atomic<std::uint32_t> crowd_{0};  // Calls that found no slot: not watched, only counted.
};

}  // namespace pintle::gate
