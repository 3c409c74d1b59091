// The objects of etc/rbac, as the binary carries them: made from YAML by rbacc at build time.

#pragma once

#include <span>
#include <string_view>

namespace pintle::auth {

/// One object's JSON each, marked and aggregated as default_rbac_objects gives them.
std::span<const std::string_view> rbac_object_texts();

}  // namespace pintle::auth
