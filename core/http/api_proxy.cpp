// From a pod, service or node to the address behind it.

#include "core/http/api_proxy.hpp"

#include <charconv>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/base/concat.hpp"
#include "core/http/head.hpp"
#include "core/object/json.hpp"
#include "core/object/status.hpp"

namespace pintle::http {
namespace {

Error bad_request(std::string message) {
  return {Code::kBadRequest, std::move(message)};
}

/// "name", "name:port", "scheme:name:port". Source: apimachinery net.SplitSchemeNamePort.
struct Id {
  std::string scheme;
  std::string name;
  std::string port;
};

std::optional<Id> parse_id(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(':', at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (parts.size() > 3) {
    return std::nullopt;
  }
  Id id;
  const bool has_scheme = parts.size() == 3;
  id.scheme = has_scheme ? parts[0] : "";
  id.name = parts[has_scheme ? 1 : 0];
  id.port = parts.size() > 1 ? parts.back() : "";
  const bool known = id.scheme.empty() || id.scheme == "http" || id.scheme == "https";
  return known && !id.name.empty() ? std::optional(std::move(id)) : std::nullopt;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

std::size_t random_below(std::size_t count) {
  static thread_local std::minstd_rand engine(std::random_device{}());
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(engine);
}

ProxyTarget target_of(const Id& id, std::string host, std::uint16_t port, std::uint16_t own_port) {
  return {
      .tls = id.scheme == "https",
      .is_kubelet = false,
      .address = {
          .host = std::move(host), .port = port, .may_be_loopback = false, .own_port = own_port}};
}

/// The port asked for, else the first a container listens on, else the scheme's.
Result<std::uint16_t> port_of_pod(const Id& id, const Json& pod) {
  if (!id.port.empty()) {
    if (const auto port = parse_port(id.port)) {
      return *port;
    }
    return bad_request(
        concat({"invalid port ", pintle::quoted(id.port), " of pod ", pintle::quoted(id.name)}));
  }
  for (const auto& container : array_at(pod, {"spec", "containers"})) {
    for (const auto& port : array_at(container, {"ports"})) {
      return static_cast<std::uint16_t>(integer_at(port, {"containerPort"}).value_or(0));
    }
  }
  return static_cast<std::uint16_t>(id.scheme == "https" ? 443 : 80);
}

std::string address_of_pod(const Json& pod) {
  const auto& addresses = array_at(pod, {"status", "podIPs"});
  return std::string(addresses.empty() ? text_at(pod, {"status", "podIP"})
                                       : text_at(addresses[0], {"ip"}));
}

Result<ProxyTarget> find_pod(const store::Store& store, const gate::RequestInfo& info,
                             std::uint16_t own_port) {
  const auto id = parse_id(info.attributes.name);
  if (!id) {
    return bad_request(concat({"invalid pod request ", pintle::quoted(info.attributes.name)}));
  }
  const auto pod = store.get({"pods", info.attributes.ns, id->name});
  if (pod == nullptr) {
    return not_found("pods", id->name);
  }
  const auto host = address_of_pod(pod->tree());
  if (host.empty()) {
    return bad_request("address not allowed");
  }
  PINTLE_TRY(const auto port, port_of_pod(*id, pod->tree()));
  return target_of(*id, host, port, own_port);
}

/// True if the endpoint is the pod it says it is, at that pod's own address.
bool is_of_a_pod(const store::Store& store, const Json& endpoint, const std::string& ns) {
  if (text_at(endpoint, {"targetRef", "kind"}) != "Pod" ||
      text_at(endpoint, {"targetRef", "namespace"}) != ns) {
    return false;
  }
  const auto pod = store.get({"pods", ns, std::string(text_at(endpoint, {"targetRef", "name"}))});
  if (pod == nullptr) {
    return false;
  }
  const auto ip = text_at(endpoint, {"ip"});
  if (text_at(pod->tree(), {"status", "podIP"}) == ip) {
    return true;
  }
  for (const auto& own : array_at(pod->tree(), {"status", "podIPs"})) {
    if (text_at(own, {"ip"}) == ip) {
      return true;
    }
  }
  return false;
}

/// The name of the service's port that `id` asks for by number or by name.
Result<std::string> name_of_port(const Id& id, const Json& service) {
  const auto number = parse_port(id.port);
  if (!number) {
    return id.port;
  }
  for (const auto& port : array_at(service, {"spec", "ports"})) {
    if (integer_at(port, {"port"}) == *number) {
      return std::string(text_at(port, {"name"}));
    }
  }
  return Error{
      Code::kServiceUnavailable,
      concat({"no service port ", id.port, " found for service ", pintle::quoted(id.name)}),
      ErrorDetails{}};
}

/// One endpoint of the subset by chance; nothing if none may be dialled.
std::optional<ProxyTarget> choose_endpoint(const store::Store& store, const Id& id,
                                           const Json& subset, const std::string& port_name,
                                           const std::string& ns, std::uint16_t own_port) {
  const auto& addresses = array_at(subset, {"addresses"});
  for (const auto& port : array_at(subset, {"ports"})) {
    if (text_at(port, {"name"}) != port_name || addresses.empty()) {
      continue;
    }
    const auto start = random_below(addresses.size());
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const auto& endpoint = addresses[(start + i) % addresses.size()];
      if (is_of_a_pod(store, endpoint, ns)) {
        return target_of(id, std::string(text_at(endpoint, {"ip"})),
                         static_cast<std::uint16_t>(integer_at(port, {"port"}).value_or(0)),
                         own_port);
      }
    }
  }
  return std::nullopt;
}

Result<ProxyTarget> find_service(const store::Store& store, const gate::RequestInfo& info,
                                 std::uint16_t own_port) {
  const auto& ns = info.attributes.ns;
  const auto id = parse_id(info.attributes.name);
  if (!id) {
    return bad_request(concat({"invalid service request ", pintle::quoted(info.attributes.name)}));
  }
  const auto service = store.get({"services", ns, id->name});
  if (service == nullptr) {
    return not_found("services", id->name);
  }
  PINTLE_TRY(const auto port_name, name_of_port(*id, service->tree()));
  const auto nobody = [](std::string_view name) {
    return Error{Code::kServiceUnavailable,
                 concat({"no endpoints available for service ", pintle::quoted(name)}),
                 ErrorDetails{}};
  };
  const auto endpoints = store.get({"endpoints", ns, id->name});
  if (endpoints == nullptr) {
    return not_found("endpoints", id->name);
  }
  const auto& subsets = array_at(endpoints->tree(), {"subsets"});
  if (subsets.empty()) {
    return nobody(id->name);
  }
  const auto start = random_below(subsets.size());
  for (std::size_t i = 0; i < subsets.size(); ++i) {
    const auto& subset = subsets[(start + i) % subsets.size()];
    if (auto found = choose_endpoint(store, *id, subset, port_name, ns, own_port)) {
      return *std::move(found);
    }
  }
  return nobody(info.attributes.name);
}

Result<ProxyTarget> find_node(const store::Store& store, const gate::RequestInfo& info,
                              std::uint16_t own_port) {
  const auto id = parse_id(info.attributes.name);
  if (!id) {
    return bad_request(concat({"invalid node request ", pintle::quoted(info.attributes.name)}));
  }
  const auto node = store.get({"nodes", "", id->name});
  if (node == nullptr) {
    return not_found("nodes", id->name);
  }
  PINTLE_TRY(auto kubelet, address_of_node(node->tree(), own_port));
  if (id->port.empty() || id->port == std::to_string(kubelet.port)) {
    return ProxyTarget{.tls = true, .is_kubelet = true, .address = std::move(kubelet)};
  }
  const auto port = parse_port(id->port);
  if (!port) {
    return bad_request(
        concat({"invalid port ", pintle::quoted(id->port), " of node ", pintle::quoted(id->name)}));
  }
  return target_of(*id, kubelet.host, *port, own_port);
}

/// Source: util/proxy proxyRedirectsforRootPath: relative links need a path that ends in "/".
bool redirect_to_root(const ProxiedPath& path, Exchange& exchange, std::string_view query) {
  const auto& method = exchange.request().method;
  if (!path.rest.empty() || (method != "GET" && method != "HEAD")) {
    return false;
  }
  exchange.begin(301, {{"Location", concat({path.prefix, "/", query})}, {"Content-Length", "0"}});
  return true;
}

}  // namespace

bool is_proxy_route(const gate::RequestInfo& info) {
  const auto& what = info.attributes;
  return what.is_resource && what.group.empty() && !what.name.empty() &&
         what.subresource == "proxy" &&
         (what.resource == "pods" || what.resource == "services" || what.resource == "nodes");
}

Result<ProxyTarget> find_proxy_target(const store::Store& store, const gate::RequestInfo& info,
                                      std::uint16_t own_port) {
  const auto& resource = info.attributes.resource;
  if ((resource == "nodes") != info.attributes.ns.empty()) {
    return Error{Code::kNotFound, "the server could not find the requested resource",
                 ErrorDetails{}};
  }
  return resource == "pods"       ? find_pod(store, info, own_port)
         : resource == "services" ? find_service(store, info, own_port)
                                  : find_node(store, info, own_port);
}

ProxiedPath split_proxied_path(std::string_view path) {
  // The first segment called "proxy" after a name: neither "api" nor a version is called so, and
  // the names before it are two segments apart from their resource.
  std::size_t at = 0;
  std::size_t segment = 0;
  std::size_t wanted = 0;
  while (at < path.size()) {
    const auto begin = path.find_first_not_of('/', at);
    if (begin == std::string_view::npos) {
      break;
    }
    const auto end = std::min(path.find('/', begin), path.size());
    ++segment;
    if (segment == 3) {
      wanted = path.substr(begin, end - begin) == "nodes" ? 5 : 7;
    }
    if (segment == wanted) {
      return {.prefix = path.substr(0, end), .rest = path.substr(end)};
    }
    at = end;
  }
  return {.prefix = path, .rest = {}};
}

ApiProxy::ApiProxy(NodeProxyParts parts) : parts_(std::move(parts)) {}

void ApiProxy::serve(const gate::RequestInfo& info, Exchange& exchange) const {
  if (const auto done = connect(info, exchange); !done.ok()) {
    answer_error(exchange, done.error());
  }
}

Result<void> ApiProxy::connect(const gate::RequestInfo& info, Exchange& exchange) const {
  const auto& request = exchange.request();
  PINTLE_TRY(const auto target, find_proxy_target(parts_.store, info, parts_.own_port));
  const std::string_view whole = request.target;
  const auto question = std::min(whole.find('?'), whole.size());
  const auto path = split_proxied_path(whole.substr(0, question));
  const auto query = whole.substr(question);
  const bool upgrades = header_has_token(request.headers, "Connection", "Upgrade");
  if (!upgrades && redirect_to_root(path, exchange, query)) {
    return {};
  }
  auto dialled = dial(target.address);
  if (!dialled.ok() && dialled.error().code == Code::kBadRequest) {
    return dialled.error();
  }
  if (!dialled.ok()) {
    return Error{Code::kServiceUnavailable,
                 concat({"error trying to reach service: ", dialled.error().message}),
                 ErrorDetails{}};
  }
  Exchange::Backend backend{.fd = dialled.value(),
                            .tls = target.tls,
                            .ca_pem = {},
                            .certificate_pem = {},
                            .key_pem = {},
                            .host = authority_of(target.address),
                            .target = concat({path.rest.empty() ? "/" : path.rest, query}),
                            .prefix = std::string(path.prefix)};
  if (target.is_kubelet) {
    add_kubelet_credentials(parts_.cert_dir, backend);
  } else {
    backend.verifies = false;  // Nobody says what certificates pods have.
  }
  exchange.relay(std::move(backend), upgrades);
  return {};
}

}  // namespace pintle::http
