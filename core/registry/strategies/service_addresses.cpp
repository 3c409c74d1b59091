// Choosing addresses: at random, and from the upper part of the range, so that hand-picked low
// ones seldom meet. Source: pkg/registry/core/service/ipallocator, portallocator.

#include "core/registry/strategies/service_addresses.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <set>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"

namespace pintle::registry {
namespace {

constexpr std::int64_t kFirstPort = 30000;
// Longer than any commit takes.
constexpr std::chrono::seconds kPromiseLasts{60};
constexpr std::int64_t kLastPort = 32767;
constexpr std::uint32_t kStaticBandMin = 16;
constexpr std::uint32_t kStaticBandMax = 256;

struct Range {
  std::uint32_t first = 0;  // The first address a Service may have, in host order.
  std::uint32_t size = 0;   // Without the network's and the broadcast's.
};

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  in_addr address{};
  if (inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
    return std::nullopt;
  }
  return ntohl(address.s_addr);
}

std::string to_ipv4(std::uint32_t address) {
  const in_addr raw{htonl(address)};
  char text[INET_ADDRSTRLEN] = "";
  inet_ntop(AF_INET, &raw, text, sizeof text);
  return text;
}

std::optional<Range> parse_range(std::string_view cidr) {
  const auto slash = cidr.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto base = parse_ipv4(cidr.substr(0, slash));
  unsigned bits = 0;
  const auto tail = cidr.substr(slash + 1);
  const auto read = std::from_chars(tail.data(), tail.data() + tail.size(), bits);
  if (!base || read.ec != std::errc() || bits < 8 || bits > 30) {
    return std::nullopt;
  }
  const std::uint32_t size = 1U << (32U - bits);
  return Range{(*base & ~(size - 1U)) + 1U, size - 2U};
}

std::uint64_t random_number() {
  return std::hash<std::string>{}(make_uuid());
}

/// Everything stored Services have: addresses and "port/protocol".
std::set<std::string> taken_by_services(const StrategyContext& context) {
  std::set<std::string> taken;
  context.store.list("services").scan_after("", "", [&taken](const ObjectPtr& service) {
    const Json& tree = service->tree();
    for (const Json& ip : array_at(tree, {"spec", "clusterIPs"})) {
      taken.emplace(ip.is_string() ? ip.get_string() : "");
    }
    if (const auto number = integer_at(tree, {"spec", "healthCheckNodePort"})) {
      taken.insert(concat({std::to_string(*number), "/TCP"}));
    }
    for (const Json& port : array_at(tree, {"spec", "ports"})) {
      if (const auto number = integer_at(port, {"nodePort"})) {
        taken.insert(concat({std::to_string(*number), "/", text_at(port, {"protocol"})}));
      }
    }
    return true;
  });
  return taken;
}

}  // namespace

Result<std::string> ServiceAddresses::reserve_any(const StrategyContext& context) {
  const auto range = parse_range(context.service_cidr);
  if (!range) {
    return Error(Code::kInternalError,
                 concat({"service CIDR ", context.service_cidr, " is no IPv4 range"}));
  }
  const auto band =
      std::min(std::clamp(range->size / 16U, kStaticBandMin, kStaticBandMax), range->size / 2U);
  const std::lock_guard lock(mutex_);
  const auto taken = taken_by_services(context);
  const auto upper = range->size - band;
  const auto start = static_cast<std::uint32_t>(random_number() % upper);
  for (std::uint32_t i = 0; i < range->size; ++i) {
    // First the upper part from a random place round, then the static band.
    const auto offset = i < upper ? band + (start + i) % upper : i - upper;
    std::string ip = to_ipv4(range->first + offset);
    if (taken.contains(ip) || is_promised(ip, context.clock.steady())) {
      continue;
    }
    promise(ip, context.clock.steady());
    return ip;
  }
  return Error(Code::kInternalError, "failed to allocate a serviceIP: range is full");
}

Result<void> ServiceAddresses::reserve(const StrategyContext& context, std::string_view ip) {
  const auto range = parse_range(context.service_cidr);
  const auto address = parse_ipv4(ip);
  if (!range || !address || *address < range->first || *address - range->first >= range->size) {
    return Error(Code::kInvalid,
                 concat({"failed to allocate IP ", ip,
                         ": the provided IP is not in the valid range. The range of valid IPs is ",
                         context.service_cidr}));
  }
  const std::lock_guard lock(mutex_);
  if (taken_by_services(context).contains(std::string(ip)) ||
      is_promised(std::string(ip), context.clock.steady())) {
    return Error(Code::kInvalid,
                 concat({"failed to allocate IP ", ip, ": provided IP is already allocated"}));
  }
  promise(std::string(ip), context.clock.steady());
  return {};
}

Result<std::int64_t> ServiceAddresses::reserve_any_port(const StrategyContext& context,
                                                        std::string_view protocol) {
  constexpr std::int64_t kCount = kLastPort - kFirstPort + 1;
  const std::lock_guard lock(mutex_);
  const auto taken = taken_by_services(context);
  const auto start = static_cast<std::int64_t>(random_number() % kCount);
  for (std::int64_t i = 0; i < kCount; ++i) {
    const auto port = kFirstPort + (start + i) % kCount;
    const std::string key = concat({std::to_string(port), "/", protocol});
    if (!taken.contains(key) && !is_promised(key, context.clock.steady())) {
      promise(key, context.clock.steady());
      return port;
    }
  }
  return Error(Code::kInternalError, "failed to allocate a nodePort: range is full");
}

Result<void> ServiceAddresses::reserve_port(const StrategyContext& context, std::int64_t port,
                                            std::string_view protocol) {
  if (port < kFirstPort || port > kLastPort) {
    return Error(Code::kInvalid,
                 concat({"provided port is not in the valid range. The range of valid ports is ",
                         std::to_string(kFirstPort), "-", std::to_string(kLastPort)}));
  }
  const std::string key = concat({std::to_string(port), "/", protocol});
  const std::lock_guard lock(mutex_);
  if (taken_by_services(context).contains(key) || is_promised(key, context.clock.steady())) {
    return Error(Code::kInvalid, "provided port is already allocated");
  }
  promise(key, context.clock.steady());
  return {};
}

bool ServiceAddresses::is_promised(const std::string& what, SteadyTime now) const {
  const auto promise = promised_.find(what);
  return promise != promised_.end() && now < promise->second;
}

void ServiceAddresses::promise(const std::string& what, SteadyTime now) {
  std::erase_if(promised_, [now](const auto& old) { return old.second <= now; });
  promised_[what] = now + kPromiseLasts;
}

void ServiceAddresses::release(const Json& service) {
  const std::lock_guard lock(mutex_);
  const auto forget = [this](const std::string& key) { promised_.erase(key); };
  for (const Json& ip : array_at(service, {"spec", "clusterIPs"})) {
    forget(ip.is_string() ? std::string(ip.get_string()) : "");
  }
  if (const auto number = integer_at(service, {"spec", "healthCheckNodePort"})) {
    forget(concat({std::to_string(*number), "/TCP"}));
  }
  for (const Json& port : array_at(service, {"spec", "ports"})) {
    if (const auto number = integer_at(port, {"nodePort"})) {
      forget(concat({std::to_string(*number), "/", text_at(port, {"protocol"})}));
    }
  }
}

}  // namespace pintle::registry
