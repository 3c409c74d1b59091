// Which Pintle this is, and which Kubernetes it behaves as.

#pragma once

#include <string>

namespace pintle::daemon {

/// "pintle 0.1.0 (Kubernetes v1.33.2+pintle)".
std::string version_text();

/// The JSON of GET /version.
std::string version_json();

}  // namespace pintle::daemon
