// Dialling a node: resolves once, checks what came out, and connects to that very address.

#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace pintle::http {

struct NodeAddress {
  std::string host;  // An address, or a name to resolve.
  std::uint16_t port = 0;
  bool may_be_loopback = false;
  std::uint16_t own_port = 0;  // Of this server: never dialled on this machine. 0: none.
};

/// A connected socket, the caller's from here on; waits at most ten seconds.
/// Errors: kBadRequest for an address no node may have; kServiceUnavailable with Go's words for why
/// it can't be reached.
Result<int> dial(const NodeAddress& address);

/// "192.0.2.7:10250", "[fd00::7]:10250".
std::string authority_of(const NodeAddress& address);

}  // namespace pintle::http
