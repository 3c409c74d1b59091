// The Services' address range: "10.0.0.0/16" and the first address in it, the API's own.

#pragma once

#include <string>

#include "core/base/result.hpp"

namespace pintle::daemon {

/// "10.0.0.1" of "10.0.0.0/16". Errors: kInvalid for what is no IPv4 range of at least 16
/// addresses.
Result<std::string> first_address_of(const std::string& cidr);

}  // namespace pintle::daemon
