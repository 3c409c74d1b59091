// Services as controllers see them: which pods stand behind one, at which ports and addresses.
//
// Source: k8s.io/endpointslice/util/controller_utils.go, pkg/api/v1/pod FindPort.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sdk/informer.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// It stands for pods that a selector names: not for a name elsewhere, nor for what people write.
bool selects_pods(const Value& service);
/// It has no address of its own.
bool is_headless(const Value& service);

/// The index of pods by each of their labels, and of Services by one pair of their selector.
std::vector<std::string> label_keys_of(const ObjectHandle& object);
std::vector<std::string> selector_keys_of(const ObjectHandle& service);

/// The pods behind `service`. `pods` has the index label_keys_of at `index`.
std::vector<ObjectHandle> pods_behind(const Informer& pods, std::size_t index,
                                      const ObjectHandle& service);
/// The Services that select `pod`. `services` has the index selector_keys_of at `index`.
std::vector<ObjectHandle> services_of(const Informer& services, std::size_t index,
                                      const ObjectHandle& pod);

/// How long changes behind `service` are gathered before they are written: a quarter of a
/// millisecond for each pod, nothing for a small Service. What is written grows with the pods; so
/// it is written less often, and a thousand pods that turn ready don't cost a million addresses.
std::chrono::milliseconds gather_time(const Informer& pods, std::size_t index,
                                      const ObjectHandle& service);

/// Whether two states of a pod differ in what its Services tell of it.
bool differs_behind_services(const ObjectHandle& before, const ObjectHandle& now);

/// It has an address and has not ended; one that is going counts only where `with_going`.
bool is_endpoint(const Value& pod, bool with_going);

/// The pod's addresses of family "IPv4" or "IPv6".
std::vector<std::string_view> addresses_of(const Value& pod, std::string_view family);

/// The number behind a Service's port at this pod; nothing where no container has a port of that
/// name.
std::optional<std::int64_t> find_port(const Value& pod, const Value& service_port);

/// The pod's own name within the Service: its hostname, where its subdomain is the Service's name.
std::string_view hostname_of(const ObjectHandle& pod, const ObjectHandle& service);

}  // namespace pintle::sdk
