// Handlers: what a probe or a lifecycle hook runs against a container, once.

#pragma once

#include <chrono>
#include <string>

#include "core/base/result.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

struct HandlerTarget {
  std::string container_id;
  std::string ip;  // The pod's, or the node's for a pod on its network.
};

/// Runs the exec, httpGet, tcpSocket or grpc of `handler`. Errors: why it failed, as the
/// event says it: "HTTP probe failed with statuscode: 500".
Result<void> run_handler(Runtime& runtime, const Json& handler, const Json& container,
                         const HandlerTarget& target, std::chrono::seconds timeout);

}  // namespace pintle::kubelet
