// Subsets: a Service's pods as Endpoints lists them; see subsets.hpp.

#include "plugins/controller_endpoints/subsets.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/base/concat.hpp"
#include "core/sdk/pods.hpp"
#include "core/sdk/services.hpp"

namespace pintle::controller_endpoints {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

struct Address {
  Json json;
  bool ready = false;
};
/// By address and uid, so that they are sorted as Kubernetes sorts them.
using Addresses = std::map<std::string, Address>;

struct Behind {
  Json port;  // Null for a headless Service without ports.
  Addresses addresses;
};

std::string_view family_of(const Value& service) {
  for (const Value family : service.at("spec", "ipFamilies")) {
    return family.text();
  }
  return service.text("spec", "clusterIP").find(':') != std::string_view::npos ? "IPv6" : "IPv4";
}

Json address_of(const ObjectHandle& pod, const ObjectHandle& service, std::string_view ip) {
  JsonObject address{{"ip", ip}};
  if (const auto hostname = sdk::hostname_of(pod, service); !hostname.empty()) {
    address.emplace("hostname", hostname);
  }
  if (const auto node = pod.text("spec", "nodeName"); !node.empty()) {
    address.emplace("nodeName", node);
  }
  address.emplace(
      "targetRef",
      JsonObject{
          {"kind", "Pod"}, {"namespace", pod.ns()}, {"name", pod.name()}, {"uid", pod.uid()}});
  return address;
}

Json port_of(const Value& service_port, std::int64_t number) {
  JsonObject port;
  if (const auto name = service_port.text("name"); !name.empty()) {
    port.emplace("name", name);
  }
  port.emplace("port", number);
  const auto protocol = service_port.text("protocol");
  port.emplace("protocol", protocol.empty() ? "TCP" : protocol);
  if (const auto app = service_port.text("appProtocol"); !app.empty()) {
    port.emplace("appProtocol", app);
  }
  return port;
}

/// The ports of `service` at `pod`; one that is null where a headless Service has none.
std::vector<Json> ports_of(const ObjectHandle& service, const ObjectHandle& pod) {
  std::vector<Json> ports;
  for (const Value service_port : service.at("spec", "ports")) {
    if (const auto number = sdk::find_port(pod.root(), service_port)) {
      ports.push_back(port_of(service_port, *number));
    }
  }
  if (service.at("spec", "ports").empty() && service.text("spec", "clusterIP") == "None") {
    ports.emplace_back(nullptr);
  }
  return ports;
}

Json subset_of(const Addresses& addresses, JsonArray ports) {
  JsonArray ready;
  JsonArray not_ready;
  for (const auto& [key, address] : addresses) {
    (address.ready ? ready : not_ready).push_back(address.json);
  }
  JsonObject subset;
  if (!ready.empty()) {
    subset.emplace("addresses", std::move(ready));
  }
  if (!not_ready.empty()) {
    subset.emplace("notReadyAddresses", std::move(not_ready));
  }
  if (!ports.empty()) {
    subset.emplace("ports", std::move(ports));
  }
  return subset;
}

/// Who stands behind a port, as one text: ports with the same go into one subset.
std::string signature_of(const Addresses& addresses) {
  std::string signature;
  for (const auto& [key, address] : addresses) {
    signature.append(key).append(address.ready ? "+" : "-");
  }
  return signature;
}

std::size_t count(const JsonArray& subsets, std::string_view list) {
  std::size_t total = 0;
  for (const auto& subset : subsets) {
    total += array_at(subset, {list}).size();
  }
  return total;
}

/// Cuts `list` down to `keep` of `total` over all subsets, each by its share.
void cut(JsonArray& subsets, std::string_view list, std::size_t keep, std::size_t total) {
  for (auto& subset : subsets) {
    Json* addresses = find_path(subset, {list});
    if (addresses == nullptr) {
      continue;
    }
    JsonArray& held = addresses->get_array();
    // What rounding would lose is kept by those that come later.
    const std::size_t share = total == 0 ? 0 : held.size() * keep / total;
    total -= held.size();
    keep -= share;
    held.erase(held.begin() + static_cast<std::ptrdiff_t>(share), held.end());
    if (held.empty()) {
      subset.as_object().erase(list);
    }
  }
}

}  // namespace

JsonArray subsets_of(const ObjectHandle& service, const std::vector<ObjectHandle>& pods) {
  const bool publishes = service.boolean("spec", "publishNotReadyAddresses");
  const auto family = family_of(service.root());
  std::map<std::string, Behind> by_port;
  for (const auto& pod : pods) {
    const auto ips = sdk::addresses_of(pod.root(), family);
    if (!sdk::is_endpoint(pod.root(), publishes) || ips.empty()) {
      continue;
    }
    const Address address{address_of(pod, service, ips.front()),
                          publishes || sdk::is_pod_ready(pod.root())};
    const std::string key = concat({ips.front(), " ", pod.uid(), ";"});
    for (auto& port : ports_of(service, pod)) {
      Behind& behind = by_port[to_json(port)];
      behind.port = std::move(port);
      behind.addresses.insert_or_assign(key, address);
    }
  }
  std::map<std::string, std::pair<const Addresses*, JsonArray>> by_addresses;
  for (auto& [text, behind] : by_port) {
    auto& [addresses, ports] = by_addresses[signature_of(behind.addresses)];
    addresses = &behind.addresses;
    if (!behind.port.is_null()) {
      ports.push_back(behind.port);
    }
  }
  JsonArray subsets;
  for (auto& [signature, subset] : by_addresses) {
    subsets.push_back(subset_of(*subset.first, std::move(subset.second)));
  }
  return subsets;
}

bool truncate(JsonArray& subsets) {
  const std::size_t ready = count(subsets, "addresses");
  const std::size_t not_ready = count(subsets, "notReadyAddresses");
  if (ready + not_ready <= kCapacity) {
    return false;
  }
  if (ready > kCapacity) {
    cut(subsets, "addresses", kCapacity, ready);
    cut(subsets, "notReadyAddresses", 0, not_ready);
  } else {
    cut(subsets, "notReadyAddresses", kCapacity - ready, not_ready);
  }
  for (auto at = subsets.begin(); at != subsets.end();) {
    const bool empty =
        array_at(*at, {"addresses"}).empty() && array_at(*at, {"notReadyAddresses"}).empty();
    at = empty ? subsets.erase(at) : at + 1;
  }
  return true;
}

}  // namespace pintle::controller_endpoints
