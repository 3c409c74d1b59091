// NodeProxy: the server's side of pods/log, exec, attach and portforward: finds the pod's node, and
// joins the client to its kubelet.
//
// The kubelet's certificate is verified against the cluster's CA for the very address dialled; the
// server shows its own client certificate. Node addresses are what kubelets wrote into their
// status, so they are not believed blindly: an unspecified, multicast or link-local address, and
// this server's own port, are refused. A loopback address is dialled only where the node itself
// gives it as its InternalIP: a server and a node on one machine, as in `pintle up`.
// Source: kube-apiserver pkg/registry/core/pod/rest, pkg/kubelet/client.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/auth/pki.hpp"
#include "core/base/result.hpp"
#include "core/gate/gate.hpp"
#include "core/http/dial.hpp"
#include "core/http/server.hpp"
#include "core/store/store.hpp"

namespace pintle::http {

/// True for pods/NAME/{log,exec,attach,portforward}.
bool is_node_route(const gate::RequestInfo& info);

struct NodeProxyParts {
  const store::Store& store;
  auth::CertDir cert_dir;
  std::uint16_t own_port = 0;  // Where this server itself listens.
};

/// Threads: every method may be called from any thread.
class NodeProxy {
 public:
  explicit NodeProxy(NodeProxyParts parts);

  /// Answers the request, which was authenticated and authorised, on its worker.
  /// REQUIRES: is_node_route(info).
  void serve(const gate::RequestInfo& info, Exchange& exchange) const;

 private:
  Result<void> connect(const gate::RequestInfo& info, Exchange& exchange) const;

  const NodeProxyParts parts_;
};

/// Where a node's kubelet listens. Source: kubelet/client NodeConnectionInfoGetter, with InternalIP
/// before Hostname.
Result<NodeAddress> address_of_node(const Json& node, std::uint16_t own_port);

/// What a kubelet is verified by, and shown.
void add_kubelet_credentials(const auth::CertDir& cert_dir, Exchange::Backend& backend);

/// Answers with the Status of `error`: for slow routes.
void answer_error(Exchange& exchange, const Error& error);

}  // namespace pintle::http
