// EndpointSlices. Source: pkg/apis/discovery/validation, defaults.

#include <set>

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxEndpoints = 1000;
constexpr std::size_t kMaxAddresses = 100;
constexpr std::size_t kMaxPorts = 20000;

Cause too_many(std::string path, std::size_t found, std::size_t most) {
  return {"FieldValueTooMany", std::move(path),
          "Too many: " + std::to_string(found) + ": must have at most " + std::to_string(most) +
              " items"};
}

void validate_address(std::string_view type, std::string_view address, std::string path,
                      Causes& causes) {
  if (type == "IPv4" && !is_ipv4(address)) {
    causes.push_back(
        invalid_value(std::move(path), quoted(address), "must be a valid IPv4 address"));
  } else if (type == "IPv6" && !is_ipv6(address)) {
    causes.push_back(
        invalid_value(std::move(path), quoted(address), "must be a valid IPv6 address"));
  } else if (type == "FQDN") {
    check_name_at(causes, std::move(path), address, check_dns_subdomain(address));
  }
}

void validate_endpoints(const Json& slice, Causes& causes) {
  const auto type = text_at(slice, {"addressType"});
  const JsonArray& endpoints = array_at(slice, {"endpoints"});
  if (endpoints.size() > kMaxEndpoints) {
    causes.push_back(too_many("endpoints", endpoints.size(), kMaxEndpoints));
    return;
  }
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::string here = sub_path(item_path("endpoints", i), "addresses");
    const JsonArray& addresses = array_at(endpoints[i], {"addresses"});
    if (addresses.size() > kMaxAddresses) {
      causes.push_back(too_many(here, addresses.size(), kMaxAddresses));
    }
    for (std::size_t j = 0; j < addresses.size(); ++j) {
      validate_address(type, addresses[j].get_string(), item_path(here, j), causes);
    }
  }
}

void validate_ports(const Json& slice, Causes& causes) {
  std::set<std::string_view> names;
  const JsonArray& ports = array_at(slice, {"ports"});
  if (ports.size() > kMaxPorts) {
    causes.push_back(too_many("ports", ports.size(), kMaxPorts));
    return;
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string here = item_path("ports", i);
    const auto name = text_at(ports[i], {"name"});
    if (!name.empty()) {
      check_name_at(causes, sub_path(here, "name"), name, check_dns_label(name));
    }
    if (!names.insert(name).second) {
      causes.push_back(duplicate_value(sub_path(here, "name"), quoted(name)));
    }
    if (const auto number = integer_at(ports[i], {"port"})) {
      check_port(causes, sub_path(here, "port"), *number);
    }
  }
}

class EndpointSliceStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto type = text_at(object, {"addressType"});
    if (!type.empty() && type != "IPv4" && type != "IPv6" && type != "FQDN") {
      causes.push_back(unsupported_value("addressType", type, {"FQDN", "IPv4", "IPv6"}));
    }
    validate_endpoints(object, causes);
    validate_ports(object, causes);
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

}  // namespace

const Strategy& endpoint_slice_strategy() {
  static const EndpointSliceStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
