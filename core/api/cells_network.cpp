// Cells of Services, Endpoints, EndpointSlices and Ingresses.
// Source: printers/internalversion printService, printIngress, formatEndpoints, formatDiscovery...

#include <set>

#include "core/api/cells.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::size_t kEndpointsShown = 3;

std::string service_cluster_ip(const CellInput& in) {
  const auto ips = array_at(in.object, {"spec", "clusterIPs"});
  if (!ips.empty() && ips[0].is_string()) {
    return plain_text(ips[0]);
  }
  const auto ip = text_at(in.object, {"spec", "clusterIP"});
  return ip.empty() ? "<none>" : std::string(ip);
}

std::vector<std::string> load_balancers(const Json& object) {
  std::vector<std::string> texts;
  for (const Json& ingress : array_at(object, {"status", "loadBalancer", "ingress"})) {
    const auto ip = text_at(ingress, {"ip"});
    const auto host = text_at(ingress, {"hostname"});
    if (!ip.empty() || !host.empty()) {
      texts.emplace_back(ip.empty() ? host : ip);
    }
  }
  return texts;
}

std::string service_external_ip(const CellInput& in) {
  const auto type = text_at(in.object, {"spec", "type"});
  if (type == "ExternalName") {
    return std::string(text_at(in.object, {"spec", "externalName"}));
  }
  std::vector<std::string> ips;
  if (type == "LoadBalancer") {
    ips = load_balancers(in.object);
  }
  for (const Json& ip : array_at(in.object, {"spec", "externalIPs"})) {
    ips.push_back(plain_text(ip));
  }
  if (ips.empty()) {
    return type == "LoadBalancer" ? "<pending>" : "<none>";
  }
  return joined(ips, ",");
}

std::string service_ports(const CellInput& in) {
  std::vector<std::string> texts;
  for (const Json& port : array_at(in.object, {"spec", "ports"})) {
    std::string text = std::to_string(integer_at(port, {"port"}).value_or(0));
    if (const auto node_port = integer_at(port, {"nodePort"}).value_or(0); node_port > 0) {
      text += ":" + std::to_string(node_port);
    }
    texts.push_back(concat({text, "/", text_at(port, {"protocol"})}));
  }
  return texts.empty() ? "<none>" : joined(texts, ",");
}

std::string ingress_hosts(const CellInput& in) {
  std::vector<std::string> hosts;
  std::size_t more = 0;
  for (const Json& rule : array_at(in.object, {"spec", "rules"})) {
    if (hosts.size() == kEndpointsShown) {
      ++more;
      continue;
    }
    const auto host = text_at(rule, {"host"});
    if (!host.empty()) {
      hosts.emplace_back(host);
    }
  }
  if (hosts.empty()) {
    return "*";
  }
  return joined(hosts, ",") + (more > 0 ? " + " + std::to_string(more) + " more..." : "");
}

std::string ingress_address(const CellInput& in) {
  return joined(load_balancers(in.object), ",");
}

std::string ingress_ports(const CellInput& in) {
  return array_at(in.object, {"spec", "tls"}).empty() ? "80" : "80, 443";
}

std::string ingress_class_parameters(const CellInput& in) {
  const Json* parameters = find_path(in.object, {"spec", "parameters"});
  if (parameters == nullptr) {
    return "<none>";
  }
  const auto group = text_at(*parameters, {"apiGroup"});
  return concat({text_at(*parameters, {"kind"}), group.empty() ? "" : ".", group, "/",
                 text_at(*parameters, {"name"})});
}

std::string shown(const std::vector<std::string>& texts, std::size_t more) {
  if (texts.empty()) {
    return "<none>";
  }
  return joined(texts, ",") + (more > 0 ? " + " + std::to_string(more) + " more..." : "");
}

std::string endpoints(const CellInput& in) {
  std::vector<std::string> texts;
  std::size_t more = 0;
  const auto add = [&texts, &more](std::string text) {
    if (texts.size() < kEndpointsShown) {
      texts.push_back(std::move(text));
    } else {
      ++more;
    }
  };
  for (const Json& subset : array_at(in.object, {"subsets"})) {
    const JsonArray& ports = array_at(subset, {"ports"});
    for (const Json& address : array_at(subset, {"addresses"})) {
      const auto ip = text_at(address, {"ip"});
      if (ports.empty()) {
        add(std::string(ip));
      }
      for (const Json& port : ports) {
        add(concat({ip, ":", std::to_string(integer_at(port, {"port"}).value_or(0))}));
      }
    }
  }
  return shown(texts, more);
}

std::string slice_ports(const CellInput& in) {
  std::vector<std::string> texts;
  std::size_t more = 0;
  for (const Json& port : array_at(in.object, {"ports"})) {
    if (texts.size() == kEndpointsShown) {
      ++more;
      continue;
    }
    const auto number = integer_at(port, {"port"});
    texts.push_back(number ? std::to_string(*number) : "*");
  }
  return texts.empty() ? "<unset>" : shown(texts, more);
}

std::string slice_endpoints(const CellInput& in) {
  std::vector<std::string> texts;
  std::size_t more = 0;
  for (const Json& endpoint : array_at(in.object, {"endpoints"})) {
    for (const Json& address : array_at(endpoint, {"addresses"})) {
      if (texts.size() < kEndpointsShown) {
        texts.push_back(plain_text(address));
      } else {
        ++more;
      }
    }
  }
  return texts.empty() ? "<unset>" : shown(texts, more);
}

std::string parent_ref(const CellInput& in) {
  const Json* parent = find_path(in.object, {"spec", "parentRef"});
  if (parent == nullptr) {
    return "";
  }
  std::vector<std::string> parts;
  for (const auto key : {"group", "resource", "namespace", "name"}) {
    if (const auto text = text_at(*parent, {key}); !text.empty()) {
      parts.emplace_back(text);
    }
  }
  return joined(parts, "/");
}

std::string api_service(const CellInput& in) {
  const Json* service = find_path(in.object, {"spec", "service"});
  return service == nullptr
             ? "Local"
             : concat({text_at(*service, {"namespace"}), "/", text_at(*service, {"name"})});
}

std::string api_available(const CellInput& in) {
  for (const Json& condition : array_at(in.object, {"status", "conditions"})) {
    if (text_at(condition, {"type"}) == "Available") {
      const auto status = text_at(condition, {"status"});
      const auto reason = text_at(condition, {"reason"});
      return status == "True" ? "True" : concat({status, " (", reason, ")"});
    }
  }
  return "Unknown";
}

}  // namespace

std::vector<NamedPrinter> network_printers() {
  return {{"service_cluster_ip", service_cluster_ip},
          {"service_external_ip", service_external_ip},
          {"service_ports", service_ports},
          {"ingress_hosts", ingress_hosts},
          {"ingress_address", ingress_address},
          {"ingress_ports", ingress_ports},
          {"ingress_class_parameters", ingress_class_parameters},
          {"endpoints", endpoints},
          {"slice_ports", slice_ports},
          {"slice_endpoints", slice_endpoints},
          {"parent_ref", parent_ref},
          {"api_service", api_service},
          {"api_available", api_available}};
}

}  // namespace pintle::api
