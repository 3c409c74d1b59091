// Connecting to nodes.

#include "core/http/dial.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/NetworkInterface.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Timespan.h>
#include <cerrno>
#include <fcntl.h>

#include "core/base/concat.hpp"

namespace pintle::http {
namespace {

constexpr long kTimeoutSeconds = 10;  // NOLINT: Poco's type.

bool is_own(const Poco::Net::IPAddress& address) {
  if (address.isLoopback()) {
    return true;
  }
  for (const auto& interface : Poco::Net::NetworkInterface::list()) {
    if (interface.address() == address) {
      return true;
    }
  }
  return false;
}

/// Source: apimachinery util/proxy IsProxyableIP; loopback as this header says.
Result<void> check(const Poco::Net::IPAddress& ip, const NodeAddress& address) {
  // Poco calls every IPv4 address mapped.
  const bool is_mapped = ip.family() == Poco::Net::IPAddress::IPv6 && ip.isIPv4Mapped();
  const bool refused = ip.isWildcard() || ip.isMulticast() || ip.isBroadcast() ||
                       ip.isLinkLocal() || is_mapped ||
                       (ip.isLoopback() && !address.may_be_loopback);
  if (refused) {
    return Error{Code::kBadRequest, concat({"address ", ip.toString(), " not allowed"})};
  }
  if (address.own_port != 0 && address.port == address.own_port && is_own(ip)) {
    return Error{Code::kBadRequest,
                 concat({"address ", authority_of(address), " not allowed: it is this server"})};
  }
  return {};
}

Poco::Net::IPAddress resolve(const std::string& host) {
  Poco::Net::IPAddress literal;
  if (Poco::Net::IPAddress::tryParse(host, literal)) {
    return literal;
  }
  return Poco::Net::DNS::resolveOne(host);
}

Error unreachable(const NodeAddress& address, std::string_view why) {
  return {Code::kServiceUnavailable, concat({"dial tcp ", authority_of(address), ": ", why})};
}

}  // namespace

std::string authority_of(const NodeAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return concat({is_v6 ? "[" : "", address.host, is_v6 ? "]:" : ":", std::to_string(address.port)});
}

Result<int> dial(const NodeAddress& address) {
  try {
    const auto ip = resolve(address.host);
    PINTLE_TRY_STATUS(check(ip, address));
    Poco::Net::StreamSocket socket;
    socket.connect(Poco::Net::SocketAddress(ip, address.port), Poco::Timespan(kTimeoutSeconds, 0));
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    const int fd = ::fcntl(socket.impl()->sockfd(), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      return unreachable(address, "no file descriptors left");
    }
    return fd;
  } catch (const Poco::Net::ConnectionRefusedException&) {
    return unreachable(address, "connect: connection refused");
  } catch (const Poco::TimeoutException&) {
    return unreachable(address, "i/o timeout");
  } catch (const Poco::Net::DNSException&) {
    return Error{Code::kServiceUnavailable,
                 concat({"dial tcp: lookup ", address.host, ": no such host"})};
  } catch (const Poco::Exception& failure) {
    return unreachable(address, failure.displayText());
  }
}

}  // namespace pintle::http
