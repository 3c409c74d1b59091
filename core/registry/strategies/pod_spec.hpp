// A pod's spec, wherever it stands: in a Pod, or in a template that makes pods.

#pragma once

#include <string>

#include "core/registry/strategies/checks.hpp"

namespace pintle::registry {

/// Defaults that depend on other fields: pull policies, requests from limits, host ports.
void apply_pod_spec_defaults(Json& spec);

/// REQUIRES: the tables' own checks run beside; what they refuse is not refused again here.
void validate_pod_spec(const Json& spec, const std::string& path, Causes& causes);

/// One container of `list` ("containers", "initContainers"), apart from its name's uniqueness.
void validate_container(const Json& container, const Json& spec, const std::string& path,
                        bool is_init, Causes& causes);
/// What ephemeral containers may not have, beside what no container may.
void validate_ephemeral_container(const Json& container, const Json& spec, const std::string& path,
                                  Causes& causes);
void validate_probes(const Json& container, const std::string& path, bool is_init, Causes& causes);
void validate_volumes(const Json& spec, const std::string& path, Causes& causes);
void validate_tolerations(const JsonArray& tolerations, const std::string& path, Causes& causes);
void validate_node_affinity(const Json& spec, const std::string& path, Causes& causes);

/// "Guaranteed", "Burstable" or "BestEffort". Source: apis/core/v1/helper/qos ComputePodQOS.
std::string_view qos_class_of(const Json& spec);

}  // namespace pintle::registry
