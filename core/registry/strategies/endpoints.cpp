// Endpoints: addresses and ports behind a service. Source: core/validation ValidateEndpoints.

#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/strategies.hpp"

namespace pintle::registry {
namespace {

void validate_addresses(const Json& subset, std::string_view list, const std::string& path,
                        Causes& causes) {
  const JsonArray& addresses = array_at(subset, {list});
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const auto ip = text_at(addresses[i], {"ip"});
    if (!ip.empty() && !is_ipv4(ip) && !is_ipv6(ip)) {
      causes.push_back(invalid_value(sub_path(item_path(sub_path(path, list), i), "ip"), quoted(ip),
                                     "must be a valid IP address, (e.g. 10.9.8.7 or "
                                     "2001:db8::ffff)"));
    }
  }
}

void validate_ports(const Json& subset, const std::string& path, Causes& causes) {
  const JsonArray& ports = array_at(subset, {"ports"});
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::string here = item_path(sub_path(path, "ports"), i);
    const auto name = text_at(ports[i], {"name"});
    if (name.empty() && ports.size() > 1) {
      causes.push_back(required_value(sub_path(here, "name")));
    } else if (!name.empty()) {
      check_name_at(causes, sub_path(here, "name"), name, check_dns_label(name));
    }
    check_port(causes, sub_path(here, "port"), integer_at(ports[i], {"port"}).value_or(0));
  }
}

class EndpointsStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const JsonArray& subsets = array_at(object, {"subsets"});
    for (std::size_t i = 0; i < subsets.size(); ++i) {
      const std::string here = item_path("subsets", i);
      if (array_at(subsets[i], {"addresses"}).empty() &&
          array_at(subsets[i], {"notReadyAddresses"}).empty()) {
        causes.push_back(required_value(here, "must specify `addresses` or `notReadyAddresses`"));
      }
      validate_addresses(subsets[i], "addresses", here, causes);
      validate_addresses(subsets[i], "notReadyAddresses", here, causes);
      validate_ports(subsets[i], here, causes);
    }
  }
  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
  bool creates_on_update() const override { return true; }
};

}  // namespace

const Strategy& endpoints_strategy() {
  static const EndpointsStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
