// NetworkPolicies: which peers, which ports.
//
// Source: pkg/apis/networking/validation ValidateNetworkPolicySpec,
// pkg/apis/networking/v1/defaults.go.

#include <arpa/inet.h>
#include <array>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

struct Network {
  bool v4 = false;
  std::array<unsigned char, 16> bytes{};
  int bits = 0;
};

/// REQUIRES: `text` passed check_cidr.
Network network_of(std::string_view text) {
  Network network;
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  network.v4 = inet_pton(AF_INET, address.c_str(), network.bytes.data()) == 1;
  if (!network.v4) {
    inet_pton(AF_INET6, address.c_str(), network.bytes.data());
  }
  const auto bits = text.substr(slash + 1);
  std::from_chars(bits.data(), bits.data() + bits.size(), network.bits);
  return network;
}

bool is_strictly_within(const Network& inner, const Network& outer) {
  if (inner.v4 != outer.v4 || inner.bits <= outer.bits) {
    return false;
  }
  for (int bit = 0; bit < outer.bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    const int mask = 0x80 >> (bit % 8);
    if ((inner.bytes[at] & mask) != (outer.bytes[at] & mask)) {
      return false;
    }
  }
  return true;
}

void validate_ip_block(const Json& block, const std::string& path, Causes& causes) {
  const auto cidr = text_at(block, {"cidr"});
  if (cidr.empty()) {
    return;  // The tables say that it is required.
  }
  const auto before = causes.size();
  check_cidr(causes, sub_path(path, "cidr"), cidr);
  if (causes.size() != before) {
    return;
  }
  const auto outer = network_of(cidr);
  const JsonArray& except = array_at(block, {"except"});
  for (std::size_t i = 0; i < except.size(); ++i) {
    const std::string here = item_path(sub_path(path, "except"), i);
    const auto text = text_at(except[i], {});
    const auto so_far = causes.size();
    check_cidr(causes, here, text);
    if (causes.size() == so_far && !is_strictly_within(network_of(text), outer)) {
      causes.push_back(invalid_value(here, quoted(text), "must be a strict subset of `cidr`"));
    }
  }
}

void validate_peer(const Json& peer, const std::string& path, Causes& causes) {
  std::size_t peers = 0;
  for (const std::string_view field : {"podSelector", "namespaceSelector"}) {
    if (const Json* selector = find_member(peer, field)) {
      ++peers;
      check_label_selector(causes, selector, sub_path(path, field));
    }
  }
  const Json* block = find_member(peer, "ipBlock");
  if (block != nullptr) {
    ++peers;
    validate_ip_block(*block, sub_path(path, "ipBlock"), causes);
  }
  if (peers == 0) {
    causes.push_back(required_value(path, "must specify a peer"));
  } else if (peers > 1 && block != nullptr) {
    causes.push_back(forbidden_value(path, "may not specify both ipBlock and another peer"));
  }
}

void validate_end(const Json& entry, const Json* port, std::int64_t end, const std::string& path,
                  Causes& causes) {
  const std::string here = sub_path(path, "endPort");
  if (port == nullptr) {
    causes.push_back(invalid_value(here, std::to_string(end),
                                   "may not be specified when `port` is not specified"));
  } else if (port->is_string()) {
    causes.push_back(invalid_value(here, std::to_string(end),
                                   "may not be specified when `port` is non-numeric"));
  } else {
    const auto first = integer_at(entry, {"port"}).value_or(0);
    if (end < first) {
      causes.push_back(
          invalid_value(here, std::to_string(first), "must be greater than or equal to `port`"));
    }
    check_port(causes, here, end);
  }
}

void validate_port(const Json& entry, const std::string& path, Causes& causes) {
  const Json* port = find_member(entry, "port");
  if (port != nullptr) {
    check_port_reference(causes, sub_path(path, "port"), port);
  }
  if (const auto end = integer_at(entry, {"endPort"})) {
    validate_end(entry, port, *end, path, causes);
  }
}

void validate_direction(const Json& spec, std::string_view direction, std::string_view peers_field,
                        Causes& causes) {
  const JsonArray& rules = array_at(spec, {direction});
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string path = item_path(sub_path("spec", direction), i);
    const JsonArray& ports = array_at(rules[i], {"ports"});
    for (std::size_t j = 0; j < ports.size(); ++j) {
      validate_port(ports[j], item_path(sub_path(path, "ports"), j), causes);
    }
    const JsonArray& peers = array_at(rules[i], {peers_field});
    for (std::size_t j = 0; j < peers.size(); ++j) {
      validate_peer(peers[j], item_path(sub_path(path, peers_field), j), causes);
    }
  }
}

class NetworkPolicyStrategy final : public Strategy {
 public:
  /// Ingress always, Egress where there is an egress rule.
  void apply_defaults(Json& object) const override {
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    if (!array_at(object, {"spec", "policyTypes"}).empty()) {
      return;
    }
    JsonArray types{"Ingress"};
    if (!array_at(object, {"spec", "egress"}).empty()) {
      types.emplace_back("Egress");
    }
    spec["policyTypes"] = std::move(types);
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const Json* spec = find_member(object, "spec");
    if (spec == nullptr) {
      return;
    }
    check_label_selector(causes, find_member(*spec, "podSelector"), "spec.podSelector");
    validate_direction(*spec, "ingress", "from", causes);
    validate_direction(*spec, "egress", "to", causes);
    const JsonArray& types = array_at(*spec, {"policyTypes"});
    if (types.size() > 2) {
      causes.push_back(invalid_value("spec.policyTypes", to_json(Json(types)),
                                     "may not specify more than two policyTypes"));
    }
  }

  void validate_update(const StrategyContext& context, const Json& next, const Json& /*current*/,
                       Causes& causes) const override {
    validate_create(context, next, causes);
  }
};

}  // namespace

const Strategy& network_policy_strategy() {
  static const NetworkPolicyStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
