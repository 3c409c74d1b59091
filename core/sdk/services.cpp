// Services as controllers see them; see services.hpp.

#include "core/sdk/services.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/sdk/owners.hpp"
#include "core/sdk/pods.hpp"

namespace pintle::sdk {
namespace {

std::string key_of_pair(std::string_view ns, std::string_view name, std::string_view value) {
  return concat({ns, "|", name, "=", value});
}

bool selects(const Value& service, const Value& pod) {
  const Value labels = pod.at("metadata", "labels");
  for (const auto& [name, value] : service.at("spec", "selector").members()) {
    const Value label = labels.at(name);
    if (!label || label.text() != value.text()) {
      return false;
    }
  }
  return true;
}

std::optional<std::int64_t> named_port(const Value& container, std::string_view name,
                                       std::string_view protocol) {
  for (const Value port : container.at("ports")) {
    const auto held = port.text("protocol");
    if (port.text("name") == name && (held.empty() ? "TCP" : held) == protocol) {
      return port.integer("containerPort");
    }
  }
  return std::nullopt;
}

bool same_value(const Value& one, const Value& other) {
  return one.to_json() == other.to_json();
}

}  // namespace

bool selects_pods(const Value& service) {
  return service.text("spec", "type") != "ExternalName" && !service.at("spec", "selector").empty();
}

bool is_headless(const Value& service) {
  const auto address = service.text("spec", "clusterIP");
  return address.empty() || address == "None";
}

std::vector<std::string> label_keys_of(const ObjectHandle& object) {
  std::vector<std::string> keys;
  const auto ns = object.ns();
  for (const auto& [name, value] : object.at("metadata", "labels").members()) {
    keys.push_back(key_of_pair(ns, name, value.text()));
  }
  return keys;
}

std::vector<std::string> selector_keys_of(const ObjectHandle& service) {
  if (!selects_pods(service.root())) {
    return {};
  }
  const auto [name, value] = *service.at("spec", "selector").members().begin();
  return {key_of_pair(service.ns(), name, value.text())};
}

std::vector<ObjectHandle> pods_behind(const Informer& pods, std::size_t index,
                                      const ObjectHandle& service) {
  // The rarest pair of the selector leaves the fewest to look at.
  std::string rarest;
  std::size_t fewest = SIZE_MAX;
  for (const auto& [name, value] : service.at("spec", "selector").members()) {
    std::string key = key_of_pair(service.ns(), name, value.text());
    const std::size_t count = pods.count_indexed(index, key);
    if (count < fewest) {
      fewest = count;
      rarest = std::move(key);
    }
  }
  auto found = pods.find_indexed(index, rarest);
  std::erase_if(found, [&](const auto& pod) { return !selects(service.root(), pod.root()); });
  return found;
}

std::vector<ObjectHandle> services_of(const Informer& services, std::size_t index,
                                      const ObjectHandle& pod) {
  std::vector<ObjectHandle> found;
  for (const auto& key : label_keys_of(pod)) {
    for (const auto& service : services.find_indexed(index, key)) {
      if (selects(service.root(), pod.root())) {
        found.push_back(service);
      }
    }
  }
  return found;
}

std::chrono::milliseconds gather_time(const Informer& pods, std::size_t index,
                                      const ObjectHandle& service) {
  constexpr std::size_t kSmall = 100;
  constexpr std::size_t kPodsPerMillisecond = 4;
  const auto keys = service ? selector_keys_of(service) : std::vector<std::string>();
  const std::size_t count = keys.empty() ? 0 : pods.count_indexed(index, keys.front());
  return std::chrono::milliseconds(count <= kSmall ? 0 : count / kPodsPerMillisecond);
}

bool differs_behind_services(const ObjectHandle& before, const ObjectHandle& now) {
  const Value was = before.root();
  const Value is = now.root();
  return labels_of(was) != labels_of(is) || is_terminating(was) != is_terminating(is) ||
         is_pod_finished(was) != is_pod_finished(is) || is_pod_ready(was) != is_pod_ready(is) ||
         was.text("spec", "nodeName") != is.text("spec", "nodeName") ||
         was.text("status", "podIP") != is.text("status", "podIP") ||
         !same_value(was.at("status", "podIPs"), is.at("status", "podIPs"));
}

bool is_endpoint(const Value& pod, bool with_going) {
  return !is_pod_finished(pod) && (with_going || !is_terminating(pod)) &&
         (!pod.text("status", "podIP").empty() || !pod.at("status", "podIPs").empty());
}

std::vector<std::string_view> addresses_of(const Value& pod, std::string_view family) {
  const auto is_wanted = [family](std::string_view ip) {
    return !ip.empty() && (ip.find(':') != std::string_view::npos) == (family == "IPv6");
  };
  std::vector<std::string_view> addresses;
  for (const Value ip : pod.at("status", "podIPs")) {
    if (is_wanted(ip.text("ip"))) {
      addresses.push_back(ip.text("ip"));
    }
  }
  if (pod.at("status", "podIPs").empty() && is_wanted(pod.text("status", "podIP"))) {
    addresses.push_back(pod.text("status", "podIP"));
  }
  return addresses;
}

std::optional<std::int64_t> find_port(const Value& pod, const Value& service_port) {
  const Value target = service_port.at("targetPort");
  if (!target.is_text()) {
    const std::int64_t number = target.integer();
    return number != 0 ? number : service_port.integer("port");
  }
  const auto asked = service_port.text("protocol");
  const std::string_view protocol = asked.empty() ? "TCP" : asked;
  for (const Value container : pod.at("spec", "containers")) {
    if (const auto port = named_port(container, target.text(), protocol)) {
      return port;
    }
  }
  for (const Value container : pod.at("spec", "initContainers")) {
    const auto port = named_port(container, target.text(), protocol);
    if (port && container.text("restartPolicy") == "Always") {
      return port;
    }
  }
  return std::nullopt;
}

std::string_view hostname_of(const ObjectHandle& pod, const ObjectHandle& service) {
  return pod.text("spec", "subdomain") == service.name() && pod.ns() == service.ns()
             ? pod.text("spec", "hostname")
             : std::string_view();
}

}  // namespace pintle::sdk
