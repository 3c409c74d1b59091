// `pintle ps`: what the runtime runs on this machine, as a table for a person.

#pragma once

#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/sdk/host.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

/// Sandboxes and containers by namespace and pod, columns aligned.
Result<std::string> ps_table(Runtime& runtime, WallTime now);

/// Offers the command to the host.
class PsCommand {
 public:
  PsCommand(std::unique_ptr<Runtime> runtime, std::string endpoint)
      : runtime_(std::move(runtime)), endpoint_(std::move(endpoint)) {}
  PsCommand(const PsCommand&) = delete;
  PsCommand& operator=(const PsCommand&) = delete;

  /// Errors: those of the host.
  Result<void> provide(sdk::Host& host);

 private:
  static pintle_status run(void* self, void (*write)(void* context, pintle_text text),
                           void* context);

  const std::unique_ptr<Runtime> runtime_;
  const std::string endpoint_;
  pintle_command_table table_{};
};

}  // namespace pintle::kubelet
