// Addresses and node ports for Services: what is free is what no stored Service has and no create
// or update under way was promised.

#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/registry/strategy.hpp"

namespace pintle::registry {

/// Threads: every method may be called from any thread. What is reserved is held until `release`,
/// which comes when the Service is stored, or never will be.
class ServiceAddresses {
 public:
  /// A free address of the context's CIDR, reserved. Errors: kInvalid if there is none.
  Result<std::string> reserve_any(const StrategyContext& context);

  /// Reserves `ip`. Errors: kInvalid, saying why it can't be had.
  Result<void> reserve(const StrategyContext& context, std::string_view ip);

  /// The same for ports from 30000 to 32767.
  Result<std::int64_t> reserve_any_port(const StrategyContext& context, std::string_view protocol);
  Result<void> reserve_port(const StrategyContext& context, std::int64_t port,
                            std::string_view protocol);

  /// Gives back what `service` was promised.
  void release(const Json& service);

 private:
  bool is_promised(const std::string& what, SteadyTime now) const;
  void promise(const std::string& what, SteadyTime now);

  std::mutex mutex_;
  // "10.0.0.7" or "30080/TCP", and until when: an update that fails gives nothing back itself.
  std::map<std::string, SteadyTime> promised_;  // Guarded by mutex_.
};

}  // namespace pintle::registry
