// ApiHandler: which way a request of the API's listener goes: through the gate on its loop, or to a
// worker (exec, logs, the plugin API, plugins' routes).

#pragma once

#include <functional>
#include <string>

#include "core/gate/gate.hpp"
#include "core/http/api_proxy.hpp"
#include "core/http/node_proxy.hpp"
#include "core/http/plugin_routes.hpp"
#include "core/http/server.hpp"
#include "core/loader/loader.hpp"

namespace pintle::daemon {

/// The engine wants its handler before the gate exists: everything is set before start().
class ApiHandler final : public http::Handler {
 public:
  struct Parts {
    gate::Gate* gate = nullptr;
    loader::Loader* loader = nullptr;
    const http::NodeProxy* node_proxy = nullptr;
    const http::ApiProxy* api_proxy = nullptr;
    http::PluginRoutes* routes = nullptr;
  };
  void set(Parts parts) { parts_ = parts; }

  void handle(gate::Request request, gate::Respond respond) override;
  bool is_slow(const gate::Request& request) const override;
  void handle_slow(http::Exchange& exchange) override;

 private:
  void serve(const gate::Admitted& admitted, http::Exchange& exchange) const;

  Parts parts_;
};

/// True on a worker of the engine: what may wait is then done at once instead of queued.
bool is_on_worker();

}  // namespace pintle::daemon
