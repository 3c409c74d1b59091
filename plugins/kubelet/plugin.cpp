// The kubelet as a plugin.

#include "core/sdk/plugin.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/settings.hpp"
#include "plugins/kubelet/cri_client.hpp"
#include "plugins/kubelet/files.hpp"
#include "plugins/kubelet/kubelet.hpp"
#include "plugins/kubelet/ps.hpp"
#include "plugins/kubelet/routes.hpp"

namespace pintle::kubelet {
namespace {

class Plugin {
 public:
  /// Errors: kInvalid for a setting; kInternalError if the root folder can't be made.
  static Result<std::unique_ptr<Plugin>> make(sdk::Host& host, const Json& config) {
    PINTLE_TRY_STATUS(sdk::Settings(config).finish());
    PINTLE_TRY(auto options, read_options(host));
    if (host.setting("command") == "ps") {
      auto plugin = std::make_unique<Plugin>(host, make_cri_client(options.runtime_endpoint));
      PINTLE_TRY_STATUS(plugin->ps_->provide(host));
      return plugin;
    }
    // Nobody but root looks into the volumes of pods.
    PINTLE_TRY_STATUS(make_folders(std::filesystem::path(options.root) / "pods", 0750));
    PINTLE_TRY_STATUS(make_folders(options.log_root, 0755));
    auto runtime = make_cri_client(options.runtime_endpoint);
    auto plugin = std::make_unique<Plugin>(host, std::move(options), std::move(runtime));
    PINTLE_TRY_STATUS(plugin->agent_->routes.provide(host));
    return plugin;
  }

  Plugin(sdk::Host& host, KubeletOptions options, std::unique_ptr<Runtime> runtime)
      : agent_(std::make_unique<Agent>(host, std::move(options), std::move(runtime))) {}
  Plugin(sdk::Host&, std::unique_ptr<Runtime> runtime)
      : ps_(std::make_unique<PsCommand>(std::move(runtime))) {}

 private:
  struct Agent {
    Agent(sdk::Host& host, KubeletOptions options, std::unique_ptr<Runtime> runtime)
        : kubelet(host, std::move(options), std::move(runtime)), routes(kubelet) {}

    Kubelet kubelet;
    Routes routes;
  };

  // One of the two: the node agent, or a command that only looks.
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<PsCommand> ps_;
};

}  // namespace
}  // namespace pintle::kubelet

PINTLE_PLUGIN("kubelet", "0.1.0", pintle::kubelet::Plugin)
