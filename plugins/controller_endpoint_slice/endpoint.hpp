// Endpoints of slices: one pod as a slice lists it, and the ports that a slice is about.
//
// Source: k8s.io/endpointslice/utils.go podToEndpoint, getEndpointPorts.

#pragma once

#include <string>
#include <string_view>

#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_endpoint_slice {

/// Who asks for what of a pod.
struct EndpointInput {
  sdk::ObjectHandle service;
  sdk::ObjectHandle pod;
  std::string_view family;  // "IPv4" or "IPv6".
  std::string_view zone;    // Of the pod's node; "" where it is not known.
};

/// Null where the pod has no address of that family.
Json endpoint_of(const EndpointInput& input);

/// What stays the same while an endpoint's conditions change: its pod and its addresses.
std::string identity_of(const Json& endpoint);

/// Sorted by name; a Service's port that the pod does not have is left out.
JsonArray ports_of(const sdk::ObjectHandle& service, const sdk::ObjectHandle& pod);

/// The same text for the same ports in any order.
std::string key_of_ports(const JsonArray& ports);

}  // namespace pintle::controller_endpoint_slice
