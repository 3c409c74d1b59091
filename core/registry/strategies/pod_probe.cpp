// The checks of probes and lifecycle hooks. Source: pkg/apis/core/validation validateProbe.

#include <array>

#include "core/registry/strategies/pod_spec.hpp"

namespace pintle::registry {
namespace {

void validate_handler(const Json& handler, const std::string& path,
                      std::initializer_list<std::string_view> kinds, Causes& causes) {
  std::size_t found = 0;
  for (const auto kind : kinds) {
    if (find_member(handler, kind) == nullptr) {
      continue;
    }
    if (++found > 1) {
      causes.push_back(
          forbidden_value(sub_path(path, kind), "may not specify more than 1 handler type"));
    }
  }
  if (found == 0) {
    causes.push_back(required_value(path, "must specify a handler type"));
  }
  if (find_member(handler, "exec") != nullptr && array_at(handler, {"exec", "command"}).empty()) {
    causes.push_back(required_value(sub_path(path, "exec.command")));
  }
  if (const Json* get = find_member(handler, "httpGet")) {
    check_port_reference(causes, sub_path(path, "httpGet.port"), find_member(*get, "port"));
  }
  if (const Json* socket = find_member(handler, "tcpSocket")) {
    check_port_reference(causes, sub_path(path, "tcpSocket.port"), find_member(*socket, "port"));
  }
  if (const Json* grpc = find_member(handler, "grpc")) {
    check_port(causes, sub_path(path, "grpc.port"), integer_at(*grpc, {"port"}).value_or(0));
  }
}

void validate_probe(const Json& probe, const std::string& path, bool succeeds_once,
                    Causes& causes) {
  validate_handler(probe, path, {"exec", "httpGet", "tcpSocket", "grpc"}, causes);
  for (const auto field : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                           "successThreshold", "failureThreshold"}) {
    check_not_negative(causes, probe, path, field);
  }
  const auto successes = integer_at(probe, {"successThreshold"}).value_or(1);
  if (succeeds_once && successes != 1) {
    causes.push_back(
        invalid_value(sub_path(path, "successThreshold"), std::to_string(successes), "must be 1"));
  }
  const auto grace = integer_at(probe, {"terminationGracePeriodSeconds"});
  if (!succeeds_once && grace) {
    causes.push_back(invalid_value(sub_path(path, "terminationGracePeriodSeconds"),
                                   std::to_string(*grace), "must not be set for readinessProbes"));
  } else if (grace && *grace <= 0) {
    causes.push_back(invalid_value(sub_path(path, "terminationGracePeriodSeconds"),
                                   std::to_string(*grace), "must be greater than 0"));
  }
}

}  // namespace

void validate_probes(const Json& container, const std::string& path, bool is_init, Causes& causes) {
  const bool once = is_init && text_at(container, {"restartPolicy"}) != "Always";
  for (const std::string_view name : {"livenessProbe", "readinessProbe", "startupProbe"}) {
    const Json* probe = find_member(container, name);
    if (probe == nullptr) {
      continue;
    }
    if (once) {
      causes.push_back(forbidden_value(
          sub_path(path, name), "may not be set for init containers without restartPolicy=Always"));
    } else {
      validate_probe(*probe, sub_path(path, name), name != "readinessProbe", causes);
    }
  }
  const Json* lifecycle = find_member(container, "lifecycle");
  if (lifecycle != nullptr && once) {
    causes.push_back(
        forbidden_value(sub_path(path, "lifecycle"),
                        "may not be set for init containers without restartPolicy=Always"));
    return;
  }
  for (const std::string_view hook : {"postStart", "preStop"}) {
    if (const Json* handler = lifecycle == nullptr ? nullptr : find_member(*lifecycle, hook)) {
      validate_handler(*handler, sub_path(sub_path(path, "lifecycle"), hook),
                       {"exec", "httpGet", "tcpSocket", "sleep"}, causes);
    }
  }
}

}  // namespace pintle::registry
