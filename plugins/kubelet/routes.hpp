// The node's own HTTP routes: logs, exec, attach, port-forward, and what runs here.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/sdk/route.hpp"
#include "plugins/kubelet/kubelet.hpp"

namespace pintle::kubelet {

/// The parts of a route's path: "/exec/default/web/nginx" -> {"exec", "default", "web", "nginx"}.
std::vector<std::string> path_parts(std::string_view path);

/// Threads: handle is called from many threads at once.
class Routes final : public sdk::RouteHandler {
 public:
  explicit Routes(Kubelet& kubelet) : kubelet_(kubelet) {}

  /// Offers them on the kubelet's listeners. Errors: those of the host.
  Result<void> provide(sdk::Host& host);

  void handle(sdk::Exchange& exchange) override;

 private:
  void send_logs(sdk::Exchange& exchange, const std::vector<std::string>& parts);
  void send_stream(sdk::Exchange& exchange, const std::vector<std::string>& parts);
  void send_spec(sdk::Exchange& exchange);
  Result<std::string> stream_url(sdk::Exchange& exchange, const std::vector<std::string>& parts);
  Result<Kubelet::WorkerPtr> find_pod(const std::vector<std::string>& parts) const;

  Kubelet& kubelet_;
  std::vector<std::unique_ptr<sdk::RouteOffer>> offers_;
};

}  // namespace pintle::kubelet
