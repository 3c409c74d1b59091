// ApiProxy: pods/NAME/proxy, services/NAME/proxy and nodes/NAME/proxy: the client speaks HTTP to
// what runs in the cluster, through the server.
//
// Where a pod or a service is, is read from what the cluster says of itself, and only the address
// of a pod that is there is dialled: who may write Endpoints can't point the server elsewhere.
// Source: kube-apiserver pkg/registry/core/{pod,service,node} ResourceLocation,
// apimachinery util/proxy UpgradeAwareHandler.

#pragma once

#include <string>
#include <string_view>

#include "core/gate/gate.hpp"
#include "core/http/dial.hpp"
#include "core/http/node_proxy.hpp"
#include "core/http/server.hpp"

namespace pintle::http {

/// True for /proxy of a pod, service or node, whatever follows.
bool is_proxy_route(const gate::RequestInfo& info);

/// Where a proxied request goes.
struct ProxyTarget {
  bool tls = false;
  bool is_kubelet = false;  // Verified, and shown the server's own certificate.
  NodeAddress address;
};

/// Errors: kBadRequest for a name that is no "[scheme:]name[:port]" or an address that may not be
/// dialled; kNotFound; kServiceUnavailable for a service with nobody behind it.
Result<ProxyTarget> find_proxy_target(const store::Store& store, const gate::RequestInfo& info,
                                      std::uint16_t own_port);

/// A target's path cut after its "proxy" segment: what names the thing, and the path within it.
struct ProxiedPath {
  std::string_view prefix;  // "/api/v1/namespaces/default/pods/web/proxy".
  std::string_view rest;    // "/index.html", "/", "".
};
/// REQUIRES: is_proxy_route of the target's info.
ProxiedPath split_proxied_path(std::string_view path);

/// Threads: every method may be called from any thread.
class ApiProxy {
 public:
  explicit ApiProxy(NodeProxyParts parts);

  /// Answers the request, which was authenticated and authorised, on its worker.
  /// REQUIRES: is_proxy_route(info).
  void serve(const gate::RequestInfo& info, Exchange& exchange) const;

 private:
  Result<void> connect(const gate::RequestInfo& info, Exchange& exchange) const;

  const NodeProxyParts parts_;
};

}  // namespace pintle::http
