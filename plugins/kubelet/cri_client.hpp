// The CRI client: a Runtime over gRPC to containerd or another runtime's socket.

#pragma once

#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

/// `endpoint` is "unix:///run/containerd/containerd.sock" or a bare path. Connects on first use,
/// and again by itself after the runtime was away.
std::unique_ptr<Runtime> make_cri_client(const std::string& endpoint);

/// "SERVING" or not, by the gRPC health protocol: what a grpc probe asks.
Result<void> check_grpc_health(const std::string& address, const std::string& service,
                               std::chrono::seconds timeout);

}  // namespace pintle::kubelet
