// ServiceCIDRs and IPAddresses: where Services' addresses come from, and who has which.
//
// Source: pkg/apis/networking/validation ValidateServiceCIDR, ValidateIPAddress.

#include <arpa/inet.h>

#include "core/base/concat.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

bool is_v6_cidr(std::string_view cidr) {
  return is_ipv6(cidr.substr(0, cidr.find('/')));
}

class ServiceCidrStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const JsonArray& cidrs = array_at(object, {"spec", "cidrs"});
    if (cidrs.empty()) {
      causes.push_back(required_value("spec.cidrs", "at least one CIDR required"));
    }
    if (cidrs.size() > 2) {
      causes.push_back(
          invalid_value("spec.cidrs", to_json(Json(cidrs)), "may only hold up to 2 values"));
    }
    if (cidrs.size() == 2 &&
        is_v6_cidr(text_at(cidrs[0], {})) == is_v6_cidr(text_at(cidrs[1], {}))) {
      causes.push_back(invalid_value("spec.cidrs", to_json(Json(cidrs)),
                                     "may specify no more than one IP for each IP family, i.e "
                                     "192.168.0.0/24 and 2001:db8::/64"));
    }
    for (std::size_t i = 0; i < cidrs.size(); ++i) {
      check_cidr(causes, item_path("spec.cidrs", i), text_at(cidrs[i], {}));
    }
  }
};

/// The address as it is always written; "" for what is none.
std::string canonical(std::string_view text) {
  unsigned char bytes[16] = {};
  char shown[INET6_ADDRSTRLEN] = "";
  const int family = is_ipv4(text) ? AF_INET : AF_INET6;
  if (inet_pton(family, std::string(text).c_str(), bytes) != 1) {
    return "";
  }
  return inet_ntop(family, bytes, shown, sizeof shown);
}

class IpAddressStrategy final : public Strategy {
 public:
  NameFault check_name(std::string_view name) const override {
    const std::string shown = canonical(name);
    if (shown.empty()) {
      return "must be a valid IP address";
    }
    return shown == name ? NameFault() : NameFault("must be a valid address in canonical form");
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json* parent = find_path(object, {"spec", "parentRef"});
    if (parent == nullptr) {
      causes.push_back(required_value("spec.parentRef"));
      return;
    }
    const std::string path = "spec.parentRef";
    if (const auto group = text_at(*parent, {"group"}); !group.empty()) {
      check_name_at(causes, sub_path(path, "group"), group, check_dns_subdomain(group));
    }
    for (const std::string_view field : {"resource", "name"}) {
      const auto value = text_at(*parent, {field});
      if (value.empty()) {
        causes.push_back(required_value(sub_path(path, field)));
      } else {
        check_name_at(causes, sub_path(path, field), value, check_path_segment(value));
      }
    }
    if (const auto ns = text_at(*parent, {"namespace"}); !ns.empty()) {
      check_name_at(causes, sub_path(path, "namespace"), ns, check_path_segment(ns));
    }
  }
};

}  // namespace

const Strategy& service_cidr_strategy() {
  static const ServiceCidrStrategy strategy;
  return strategy;
}

const Strategy& ip_address_strategy() {
  static const IpAddressStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
