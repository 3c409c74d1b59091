// Endpoints of slices; see endpoint.hpp.

#include "plugins/controller_endpoint_slice/endpoint.hpp"

#include <algorithm>
#include <vector>

#include "core/base/concat.hpp"
#include "core/sdk/pods.hpp"
#include "core/sdk/services.hpp"

namespace pintle::controller_endpoint_slice {
namespace {

using sdk::ObjectHandle;
using sdk::Value;

std::string port_text(const Json& port) {
  std::string text;
  for (const std::string_view field : {"name", "protocol", "appProtocol"}) {
    text.append(text_at(port, {field})).append("/");
  }
  return text + std::to_string(integer_at(port, {"port"}).value_or(0));
}

/// Whether traffic should stay near: then each endpoint is hinted to serve its own zone.
bool prefers_close(const ObjectHandle& service) {
  return service.text("spec", "trafficDistribution") == "PreferClose";
}

}  // namespace

Json endpoint_of(const EndpointInput& input) {
  const Value pod = input.pod.root();
  JsonArray addresses;
  for (const auto ip : sdk::addresses_of(pod, input.family)) {
    addresses.emplace_back(ip);
  }
  if (addresses.empty()) {
    return nullptr;
  }
  const bool serving = sdk::is_pod_ready(pod);
  const bool terminating = sdk::is_terminating(pod);
  const bool ready =
      input.service.boolean("spec", "publishNotReadyAddresses") || (serving && !terminating);
  JsonObject endpoint{
      {"addresses", std::move(addresses)},
      {"conditions", {{"ready", ready}, {"serving", serving}, {"terminating", terminating}}},
      {"targetRef",
       {{"kind", "Pod"},
        {"namespace", input.pod.ns()},
        {"name", input.pod.name()},
        {"uid", input.pod.uid()}}}};
  const auto put = [&endpoint](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      endpoint.emplace(name, value);
    }
  };
  put("hostname", sdk::hostname_of(input.pod, input.service));
  put("nodeName", pod.text("spec", "nodeName"));
  put("zone", input.zone);
  if (ready && !input.zone.empty() && prefers_close(input.service)) {
    endpoint.emplace("hints",
                     JsonObject{{"forZones", JsonArray{JsonObject{{"name", input.zone}}}}});
  }
  return endpoint;
}

std::string identity_of(const Json& endpoint) {
  std::string identity =
      concat({text_at(endpoint, {"targetRef", "uid"}), " ",
              text_at(endpoint, {"targetRef", "name"}), " ", text_at(endpoint, {"hostname"})});
  for (const auto& address : array_at(endpoint, {"addresses"})) {
    identity.append(" ").append(text_at(address, {}));
  }
  return identity;
}

JsonArray ports_of(const ObjectHandle& service, const ObjectHandle& pod) {
  std::vector<JsonObject> ports;
  for (const Value service_port : service.at("spec", "ports")) {
    const auto number = sdk::find_port(pod.root(), service_port);
    if (!number) {
      continue;
    }
    const auto protocol = service_port.text("protocol");
    JsonObject port{{"name", service_port.text("name")},
                    {"protocol", protocol.empty() ? "TCP" : protocol},
                    {"port", *number}};
    if (const auto app = service_port.text("appProtocol"); !app.empty()) {
      port.emplace("appProtocol", app);
    }
    ports.push_back(std::move(port));
  }
  std::ranges::sort(ports, {}, [](const auto& port) { return port_text(port); });
  return JsonArray(ports.begin(), ports.end());
}

std::string key_of_ports(const JsonArray& ports) {
  std::vector<std::string> texts;
  for (const auto& port : ports) {
    texts.push_back(port_text(port));
  }
  std::ranges::sort(texts);
  std::string key;
  for (const auto& text : texts) {
    key.append(text).append(";");
  }
  return key;
}

}  // namespace pintle::controller_endpoint_slice
