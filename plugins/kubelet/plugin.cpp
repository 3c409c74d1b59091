// The kubelet as a plugin: an agent with its routes, or, for `pintle ps`, a command alone.

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
    auto runtime = make_cri_client(options.runtime_endpoint);
    auto plugin = std::make_unique<Plugin>();
    if (!host.setting("command").empty()) {
      plugin->ps_ = std::make_unique<PsCommand>(std::move(runtime), options.runtime_endpoint);
      PINTLE_TRY_STATUS(plugin->ps_->provide(host));
      return plugin;
    }
    // Nobody but root looks into the volumes of pods.
    PINTLE_TRY_STATUS(make_folders(std::filesystem::path(options.root) / "pods", 0750));
    PINTLE_TRY_STATUS(make_folders(options.log_root, 0755));
    plugin->kubelet_ = std::make_unique<Kubelet>(host, std::move(options), std::move(runtime));
    plugin->routes_ = std::make_unique<Routes>(*plugin->kubelet_);
    PINTLE_TRY_STATUS(plugin->routes_->provide(host));
    return plugin;
  }

 private:
  std::unique_ptr<PsCommand> ps_;
  std::unique_ptr<Kubelet> kubelet_;
  std::unique_ptr<Routes> routes_;
};

}  // namespace
}  // namespace pintle::kubelet

PINTLE_PLUGIN("kubelet", "0.1.0", pintle::kubelet::Plugin)
