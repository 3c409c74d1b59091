// Services: ports, types, and the addresses and node ports they are given.
//
// Source: pkg/registry/core/service/{strategy,storage/alloc}.go, core/validation ValidateService.

#include <set>

#include "core/base/concat.hpp"
#include "core/registry/strategies/checks.hpp"
#include "core/registry/strategies/service_addresses.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

bool has_node_ports(std::string_view type) {
  return type == "NodePort" || type == "LoadBalancer";
}

/// Load balancers that keep to local endpoints ask each node whether it has one.
bool needs_health_check(const Json& service) {
  return text_at(service, {"spec", "type"}) == "LoadBalancer" &&
         text_at(service, {"spec", "externalTrafficPolicy"}) == "Local";
}

bool is_headless(const Json& service) {
  return text_at(service, {"spec", "clusterIP"}) == "None";
}

Error invalid_service(const Json& service, Cause cause) {
  return invalid("", "Service", text_at(service, {"metadata", "name"}), {std::move(cause)});
}

JsonArray& ports_of(JsonObject& spec) {
  Json& ports = spec["ports"];
  return ports.is_array() ? ports.get_array() : ports.emplace_array();
}

void validate_port(const Json& service, std::size_t index, Causes& causes) {
  const JsonArray& ports = array_at(service, {"spec", "ports"});
  const Json& port = ports[index];
  const std::string here = item_path("spec.ports", index);
  const auto name = text_at(port, {"name"});
  if (name.empty() && ports.size() > 1) {
    causes.push_back(required_value(sub_path(here, "name")));
  } else if (!name.empty()) {
    check_name_at(causes, sub_path(here, "name"), name, check_dns_label(name));
  }
  check_port(causes, sub_path(here, "port"), integer_at(port, {"port"}).value_or(0));
  if (const Json* target = find_member(port, "targetPort"); target != nullptr) {
    check_port_reference(causes, sub_path(here, "targetPort"), target);
  }
  const auto type = text_at(service, {"spec", "type"});
  if (integer_at(port, {"nodePort"}).value_or(0) != 0 && !has_node_ports(type)) {
    causes.push_back(forbidden_value(sub_path(here, "nodePort"),
                                     concat({"may not be used when `type` is '", type, "'"})));
  }
}

void validate_ports(const Json& service, Causes& causes) {
  const JsonArray& ports = array_at(service, {"spec", "ports"});
  if (ports.empty() && !is_headless(service) &&
      text_at(service, {"spec", "type"}) != "ExternalName") {
    causes.push_back(required_value("spec.ports"));
  }
  std::set<std::string> names;
  std::set<std::string> numbers;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    validate_port(service, i, causes);
    const std::string name(text_at(ports[i], {"name"}));
    if (!name.empty() && !names.insert(name).second) {
      causes.push_back(duplicate_value(sub_path(item_path("spec.ports", i), "name"), quoted(name)));
    }
    const std::string number = concat({text_at(ports[i], {"protocol"}), "/",
                                       std::to_string(integer_at(ports[i], {"port"}).value_or(0))});
    if (!numbers.insert(number).second) {
      causes.push_back(duplicate_value(
          item_path("spec.ports", i),
          concat({"{\"protocol\":", quoted(text_at(ports[i], {"protocol"})),
                  ",\"port\":", std::to_string(integer_at(ports[i], {"port"}).value_or(0)), "}"})));
    }
  }
}

void validate_selector(const Json& service, Causes& causes) {
  for (const auto& label : object_at(service, {"spec", "selector"})) {
    const std::string_view value =
        label.value().is_string() ? std::string_view(label.value().get_string()) : "";
    check_name_at(causes, "spec.selector", label.key(), check_label_key(label.key()));
    check_name_at(causes, "spec.selector", value, check_label_value(value));
  }
}

void validate_service(const Json& service, Causes& causes) {
  validate_ports(service, causes);
  validate_selector(service, causes);
  const auto type = text_at(service, {"spec", "type"});
  if (type == "ExternalName") {
    const auto name = text_at(service, {"spec", "externalName"});
    if (name.empty()) {
      causes.push_back(required_value("spec.externalName"));
    } else {
      check_name_at(causes, "spec.externalName", name, check_dns_subdomain(name));
    }
  }
  if (type == "LoadBalancer" && is_headless(service)) {
    causes.push_back(invalid_value("spec.clusterIPs[0]", "\"None\"",
                                   "may not be set to 'None' for LoadBalancer services"));
  }
  if (integer_at(service, {"spec", "healthCheckNodePort"}).value_or(0) != 0 &&
      !needs_health_check(service)) {
    causes.push_back(forbidden_value("spec.healthCheckNodePort",
                                     "may only be set when `type` is 'LoadBalancer' and "
                                     "`externalTrafficPolicy` is 'Local'"));
  }
  const JsonArray& externals = array_at(service, {"spec", "externalIPs"});
  for (std::size_t i = 0; i < externals.size(); ++i) {
    const std::string_view ip = externals[i].get_string();
    if (!is_ipv4(ip) && !is_ipv6(ip)) {
      causes.push_back(invalid_value(item_path("spec.externalIPs", i), quoted(ip),
                                     "must be a valid IP address, (e.g. 10.9.8.7 or "
                                     "2001:db8::ffff)"));
    }
  }
}

class ServiceStrategy final : public Strategy {
 public:
  NameFault check_name(std::string_view name) const override { return check_dns1035_label(name); }
  bool creates_on_update() const override { return true; }

  void apply_defaults(Json& object) const override {
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    const std::string type(text_at(object, {"spec", "type"}));
    for (Json& port : ports_of(spec)) {
      JsonObject& members = port.get_object();
      if (!members.contains("targetPort") && members.contains("port")) {
        members["targetPort"] = members["port"];
      }
    }
    if (has_node_ports(type) && !spec.contains("externalTrafficPolicy")) {
      spec["externalTrafficPolicy"] = "Cluster";
    }
    if (type != "ExternalName" && !spec.contains("internalTrafficPolicy")) {
      spec["internalTrafficPolicy"] = "Cluster";
    }
    if (type == "LoadBalancer" && !spec.contains("allocateLoadBalancerNodePorts")) {
      spec["allocateLoadBalancerNodePorts"] = true;
    }
    if (text_at(object, {"spec", "sessionAffinity"}) == "ClientIP" &&
        !spec.contains("sessionAffinityConfig")) {
      spec["sessionAffinityConfig"] =
          JsonObject{{"clientIP", JsonObject{{"timeoutSeconds", 10800}}}};
    }
  }

  Result<void> prepare_create(const StrategyContext& context, Json& object) const override {
    object.get_object()["status"] = JsonObject{{"loadBalancer", JsonObject()}};
    return allocate(context, object);
  }

  /// What was given stays given where the update leaves it open.
  Result<void> prepare_update(const StrategyContext& context, Json& next,
                              const Json& current) const override {
    JsonObject& spec = ensure_object(next.get_object(), "spec");
    const bool was_external = text_at(current, {"spec", "type"}) == "ExternalName";
    const bool is_external = text_at(next, {"spec", "type"}) == "ExternalName";
    if (is_external && !was_external) {
      for (const auto field :
           {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"}) {
        spec.erase(field);
      }
    } else if (!is_external && !was_external) {
      keep_addresses(spec, current);
    }
    keep_node_ports(next, current);
    keep_health_check(next, current);
    return allocate_again(context, next, current);
  }

  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    validate_service(object, causes);
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    validate_service(next, causes);
    const bool external = text_at(current, {"spec", "type"}) == "ExternalName" ||
                          text_at(next, {"spec", "type"}) == "ExternalName";
    const auto before = text_at(current, {"spec", "clusterIP"});
    const auto now = text_at(next, {"spec", "clusterIP"});
    if (!external && !before.empty() && before != now) {
      causes.push_back(invalid_value("spec.clusterIPs[0]", concat({"[", quoted(now), "]"}),
                                     "may not change once set"));
    }
    if (needs_health_check(next) && needs_health_check(current)) {
      check_immutable(causes, next, current, {"spec", "healthCheckNodePort"});
    }
  }

  void released(const Json& object) const override { addresses_.release(object); }

 private:
  static void keep_addresses(JsonObject& spec, const Json& current) {
    const Json none = JsonObject();
    const Json* old = find_member(current, "spec");
    old = old == nullptr ? &none : old;
    const Json* ip = spec.if_contains("clusterIP");
    if (ip == nullptr || *ip == "") {
      carry(spec, *old, "clusterIP");
      carry(spec, *old, "clusterIPs");
    }
    for (const auto field : {"clusterIPs", "ipFamilies", "ipFamilyPolicy"}) {
      if (!spec.contains(field)) {
        carry(spec, *old, field);
      }
    }
  }

  static void keep_node_ports(Json& next, const Json& current) {
    if (!has_node_ports(text_at(next, {"spec", "type"}))) {
      return;
    }
    for (Json& port : ports_of(next.get_object()["spec"].get_object())) {
      for (const Json& old : array_at(current, {"spec", "ports"})) {
        if (!port.get_object().contains("nodePort") && same_at(port, old, {"port"}) &&
            same_at(port, old, {"protocol"})) {
          carry(port.get_object(), old, "nodePort");
        }
      }
    }
  }

  static void keep_health_check(Json& next, const Json& current) {
    JsonObject& spec = ensure_object(next.get_object(), "spec");
    const Json* old = find_path(current, {"spec", "healthCheckNodePort"});
    const Json* now = spec.if_contains("healthCheckNodePort");
    const bool is_open = now == nullptr || *now == 0;
    if (needs_health_check(next)) {
      if (is_open && old != nullptr) {
        spec["healthCheckNodePort"] = *old;
      }
    } else if (now != nullptr && old != nullptr && *now == *old) {
      spec.erase("healthCheckNodePort");  // It went with what needed it.
    }
  }

  Result<void> allocate_health_check(const StrategyContext& context, Json& object,
                                     const Json& current) const {
    if (!needs_health_check(object)) {
      return {};
    }
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    const auto number = integer_at(object, {"spec", "healthCheckNodePort"}).value_or(0);
    if (number == 0) {
      PINTLE_TRY(const auto given, addresses_.reserve_any_port(context, "TCP"));
      spec["healthCheckNodePort"] = given;
      return {};
    }
    if (number == integer_at(current, {"spec", "healthCheckNodePort"}).value_or(0)) {
      return {};
    }
    const auto reserved = addresses_.reserve_port(context, number, "TCP");
    if (!reserved.ok()) {
      return invalid_service(object,
                             invalid_value("spec.healthCheckNodePort", std::to_string(number),
                                           reserved.error().message));
    }
    return {};
  }

  /// This cluster has IPv4 addresses only.
  static Result<void> check_families(const Json& object) {
    const JsonArray& families = array_at(object, {"spec", "ipFamilies"});
    for (std::size_t i = 0; i < families.size(); ++i) {
      if (text_at(families[i], {}) != "IPv4") {
        return invalid_service(
            object, invalid_value(item_path("spec.ipFamilies", i), quoted(text_at(families[i], {})),
                                  "not configured on this cluster"));
      }
    }
    const auto policy = text_at(object, {"spec", "ipFamilyPolicy"});
    if (policy == "RequireDualStack") {
      return invalid_service(
          object, invalid_value("spec.ipFamilyPolicy", quoted(policy),
                                "this cluster is not configured for dual-stack services"));
    }
    return {};
  }

  Result<void> allocate(const StrategyContext& context, Json& object) const {
    JsonObject& spec = ensure_object(object.get_object(), "spec");
    const auto type = std::string(text_at(object, {"spec", "type"}));
    if (type != "ExternalName") {
      PINTLE_TRY_STATUS(allocate_address(context, object, spec));
    }
    return allocate_ports(context, object, Json(JsonObject()));
  }

  Result<void> allocate_again(const StrategyContext& context, Json& next,
                              const Json& current) const {
    JsonObject& spec = ensure_object(next.get_object(), "spec");
    if (text_at(next, {"spec", "type"}) != "ExternalName" &&
        text_at(current, {"spec", "clusterIP"}).empty()) {
      PINTLE_TRY_STATUS(allocate_address(context, next, spec));
    }
    return allocate_ports(context, next, current);
  }

  Result<void> allocate_address(const StrategyContext& context, const Json& object,
                                JsonObject& spec) const {
    PINTLE_TRY_STATUS(check_families(object));
    const std::string wanted(text_at(object, {"spec", "clusterIP"}));
    std::string ip = wanted;
    if (wanted.empty()) {
      PINTLE_TRY(ip, addresses_.reserve_any(context));
    } else if (wanted != "None") {
      if (!is_ipv4(wanted)) {
        return invalid_service(object, invalid_value("spec.clusterIPs[0]", quoted(wanted),
                                                     "must be a valid IP address"));
      }
      const auto reserved = addresses_.reserve(context, wanted);
      if (!reserved.ok()) {
        return invalid_service(object,
                               invalid_value("spec.clusterIPs", concat({"[", quoted(wanted), "]"}),
                                             reserved.error().message));
      }
    }
    spec["clusterIP"] = ip;
    spec["clusterIPs"] = JsonArray(1, Json(ip));
    if (!spec.contains("ipFamilies")) {
      spec["ipFamilies"] = JsonArray(1, Json("IPv4"));
    }
    if (!spec.contains("ipFamilyPolicy")) {
      spec["ipFamilyPolicy"] = "SingleStack";
    }
    return {};
  }

  Result<void> allocate_ports(const StrategyContext& context, Json& object,
                              const Json& current) const {
    const auto type = text_at(object, {"spec", "type"});
    const Json* allocates = find_path(object, {"spec", "allocateLoadBalancerNodePorts"});
    const bool gives = type == "NodePort" ||
                       (type == "LoadBalancer" && (allocates == nullptr || *allocates != false));
    if (!has_node_ports(type)) {
      return {};
    }
    std::size_t index = 0;
    for (Json& port : ports_of(object.get_object()["spec"].get_object())) {
      const std::string here = sub_path(item_path("spec.ports", index++), "nodePort");
      PINTLE_TRY_STATUS(allocate_port(context, object, port, current, gives, here));
    }
    return allocate_health_check(context, object, current);
  }

  Result<void> allocate_port(const StrategyContext& context, const Json& object, Json& port,
                             const Json& current, bool gives, const std::string& path) const {
    const std::string protocol(text_at(port, {"protocol"}));
    const auto number = integer_at(port, {"nodePort"}).value_or(0);
    if (number == 0) {
      if (gives) {
        PINTLE_TRY(const auto given, addresses_.reserve_any_port(context, protocol));
        port.get_object()["nodePort"] = given;
      }
      return {};
    }
    for (const Json& old : array_at(current, {"spec", "ports"})) {
      if (same_at(port, old, {"nodePort"}) && same_at(port, old, {"protocol"})) {
        return {};
      }
    }
    const auto reserved = addresses_.reserve_port(context, number, protocol);
    if (!reserved.ok()) {
      return invalid_service(object,
                             invalid_value(path, std::to_string(number), reserved.error().message));
    }
    return {};
  }

  // The one thing a strategy keeps: promises between a plan and its commit.
  mutable ServiceAddresses addresses_;
};

}  // namespace

const Strategy& service_strategy() {
  static const ServiceStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
