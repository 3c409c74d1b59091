// Text to number and back.

#include "core/daemon/cidr.hpp"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <netinet/in.h>

namespace pintle::daemon {

Result<std::string> first_address_of(const std::string& cidr) {
  const Error wrong{Code::kInvalid, "\"" + cidr +
                                        "\" is no IPv4 range for Services; give one like "
                                        "10.0.0.0/16, of /8 to /28"};
  const auto slash = cidr.find('/');
  if (slash == std::string::npos) {
    return wrong;
  }
  in_addr base{};
  int bits = 0;
  const char* digits = cidr.data() + slash + 1;
  const char* end = cidr.data() + cidr.size();
  const auto parsed = std::from_chars(digits, end, bits);
  if (::inet_pton(AF_INET, cidr.substr(0, slash).c_str(), &base) != 1 || parsed.ptr != end ||
      parsed.ec != std::errc() || bits < 8 || bits > 28) {
    return wrong;
  }
  const std::uint32_t mask = ~std::uint32_t{0} << (32 - bits);
  const in_addr first{htonl((ntohl(base.s_addr) & mask) + 1)};
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &first, text.data(), text.size());
  return std::string(text.data());
}

}  // namespace pintle::daemon
