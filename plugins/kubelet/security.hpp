// Security contexts: a pod's and its container's, merged into what the runtime is told. What can't
// be granted here is refused by name, never passed over.

#pragma once

#include <optional>
#include <vector>

#include "core/base/result.hpp"
#include "plugins/kubelet/pod.hpp"
#include "plugins/kubelet/runtime.hpp"

namespace pintle::kubelet {

/// Errors: kInvalid naming the field this node can't honour, or saying why runAsNonRoot is not met.
Result<LinuxSecurity> make_security(const Json& pod, const Json& container, const ImageInfo& image);

/// The pod's own part: namespaces, user, sysctls, seccomp. Errors: kInvalid as above.
Result<void> fill_sandbox_security(SandboxConfig& sandbox, const Json& pod);

/// Nothing wrong with the rest of the spec. Errors: kInvalid naming a field we can't honour.
Result<void> check_supported(const Json& pod);
Result<void> check_supported_container(const Json& container);

/// The group that owns the pod's volumes, if one is named.
std::optional<std::int64_t> fs_group_of(const Json& pod);

/// cgroup numbers and OOM score for a container's requests and limits. Source: kubelet qos policy.
LinuxResources make_resources(const Json& pod, const Json& container,
                              std::int64_t node_memory_bytes);

}  // namespace pintle::kubelet
