// The manifests of etc/rbac, as the binary carries them.

#pragma once

#include <span>
#include <string_view>

namespace pintle::auth {

/// One YAML stream a file.
std::span<const std::string_view> rbac_manifests();

}  // namespace pintle::auth
