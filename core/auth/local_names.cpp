// The names and addresses of this machine that clients may call a server by.

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include "core/auth/pki.hpp"

namespace pintle::auth {
namespace {

/// The address as text; "" for loopback, link-local and what is no address.
std::string global_address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address != nullptr && address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    const auto number = ntohl(v4->sin_addr.s_addr);
    const bool is_local = (number >> 24) == 127 || (number >> 16) == 0xa9fe;  // 169.254/16.
    return is_local ? "" : inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  }
  if (address != nullptr && address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    const bool is_local =
        IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) || IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
    return is_local ? "" : inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return {};
}

}  // namespace

ServingNames local_serving_names() {
  ServingNames names;
  names.dns = {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
               "kubernetes.default.svc.cluster.local", "localhost"};
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0 && host[0] != '\0' &&
      std::string_view(host.data()) != "localhost") {
    names.dns.emplace_back(host.data());
  }
  names.addresses = {"127.0.0.1", "::1"};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return names;
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> interfaces(first, &::freeifaddrs);
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    auto text = (one->ifa_flags & IFF_UP) != 0 ? global_address_text(one->ifa_addr) : "";
    if (!text.empty() && std::ranges::find(names.addresses, text) == names.addresses.end()) {
      names.addresses.push_back(std::move(text));
    }
  }
  return names;
}

}  // namespace pintle::auth
