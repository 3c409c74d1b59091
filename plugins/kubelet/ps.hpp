// `pintle ps`: this machine's pods and containers, as the runtime tells them; no kubelet need run.

#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/sdk/host.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

/// The table a person reads: one line a container, the sandbox among them.
Result<std::string> containers_table(Runtime& runtime);

/// Offers `ps` as "pintle.command/1".
class PsCommand {
 public:
  explicit PsCommand(std::unique_ptr<Runtime> runtime) : runtime_(std::move(runtime)) {}

  Result<void> provide(sdk::Host& host);

 private:
  std::unique_ptr<Runtime> runtime_;
  pintle_command_table table_{};
};

}  // namespace pintle::kubelet
