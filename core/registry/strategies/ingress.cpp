// Ingresses and their classes.
//
// Source: pkg/apis/networking/validation, pkg/apis/networking/v1/defaults.go.

#include <array>

#include "core/base/concat.hpp"
#include "core/registry/strategies/strategies.hpp"
#include "core/registry/strategies/values.hpp"

namespace pintle::registry {
namespace {

constexpr std::array<std::string_view, 5> kNotWithin = {"//", "/./", "/../", "%2f", "%2F"};
constexpr std::array<std::string_view, 2> kNotAtEnd = {"/..", "/."};
constexpr std::size_t kMaxController = 250;

/// Source: IsWildcardDNS1123Subdomain.
NameFault check_wildcard(std::string_view host) {
  const bool starts = host.starts_with("*.");
  if (starts && !check_dns_subdomain(host.substr(2))) {
    return std::nullopt;
  }
  return "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
         "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
         "alphanumeric character (e.g. '*.example.com', regex used for validation is "
         "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
}

void validate_host(std::string_view host, const std::string& path, Causes& causes) {
  const bool is_wild = host.find('*') != std::string_view::npos;
  check_name_at(causes, path, host, is_wild ? check_wildcard(host) : check_dns_subdomain(host));
}

void validate_resource(const Json& resource, const std::string& path, Causes& causes) {
  if (const auto group = text_at(resource, {"apiGroup"}); !group.empty()) {
    check_name_at(causes, sub_path(path, "apiGroup"), group, check_dns_subdomain(group));
  }
  for (const auto field : {"kind", "name"}) {
    if (const auto value = text_at(resource, {field}); !value.empty()) {
      check_name_at(causes, sub_path(path, field), value, check_path_segment(value));
    }
  }
}

void validate_backend(const Json& backend, const std::string& path, Causes& causes) {
  const Json* resource = find_member(backend, "resource");
  const Json* service = find_member(backend, "service");
  if (resource != nullptr && service != nullptr) {
    causes.push_back(invalid_value(path, "\"\"", "cannot set both resource and service backends"));
    return;
  }
  if (resource != nullptr) {
    validate_resource(*resource, sub_path(path, "resource"), causes);
    return;
  }
  if (service == nullptr) {
    causes.push_back(invalid_value(path, "\"\"", "resource or service backend is required"));
    return;
  }
  if (const auto name = text_at(*service, {"name"}); !name.empty()) {
    check_name_at(causes, concat({path, ".service.name"}), name, check_dns1035_label(name));
  }
  const auto port_name = text_at(*service, {"port", "name"});
  const auto number = integer_at(*service, {"port", "number"}).value_or(0);
  if (!port_name.empty() && number != 0) {
    causes.push_back(invalid_value(path, "\"\"", "cannot set both port name & port number"));
  } else if (!port_name.empty()) {
    check_name_at(causes, concat({path, ".service.port.name"}), port_name,
                  check_port_name(port_name));
  } else if (number != 0) {
    check_port(causes, concat({path, ".service.port.number"}), number);
  } else {
    causes.push_back(required_value(path, "port name or number is required"));
  }
}

void validate_exact(std::string_view text, const std::string& path, Causes& causes) {
  if (!text.starts_with('/')) {
    causes.push_back(invalid_value(path, quoted(text), "must be an absolute path"));
  }
  for (const auto part : kNotWithin) {
    if (text.find(part) != std::string_view::npos) {
      causes.push_back(
          invalid_value(path, quoted(text), concat({"must not contain '", part, "'"})));
    }
  }
  for (const auto end : kNotAtEnd) {
    if (text.ends_with(end)) {
      causes.push_back(invalid_value(path, quoted(text), concat({"cannot end with '", end, "'"})));
    }
  }
}

void validate_path(const Json& entry, const std::string& path, Causes& causes) {
  const Json* type_member = find_member(entry, "pathType");
  const auto type = text_at(entry, {"pathType"});
  const auto text = text_at(entry, {"path"});
  const std::string text_path = sub_path(path, "path");
  if (type_member == nullptr) {
    causes.push_back(required_value(sub_path(path, "pathType"), "pathType must be specified"));
  } else if (type == "Exact" || type == "Prefix") {
    validate_exact(text, text_path, causes);
  } else if (type != "ImplementationSpecific") {
    causes.push_back(unsupported_value(sub_path(path, "pathType"), type,
                                       {"Exact", "ImplementationSpecific", "Prefix"}));
  } else if (!text.empty() && !text.starts_with('/')) {
    causes.push_back(invalid_value(text_path, quoted(text), "must be an absolute path"));
  }
  const Json none = JsonObject();
  const Json* backend = find_member(entry, "backend");
  validate_backend(backend == nullptr ? none : *backend, sub_path(path, "backend"), causes);
}

void validate_rule(const Json& rule, const std::string& path, Causes& causes) {
  if (const auto host = text_at(rule, {"host"}); !host.empty()) {
    if (is_ipv4(host) || is_ipv6(host)) {
      causes.push_back(invalid_value(sub_path(path, "host"), quoted(host),
                                     "must be a DNS name, not an IP address"));
    }
    validate_host(host, sub_path(path, "host"), causes);
  }
  const Json* http = find_member(rule, "http");
  if (http == nullptr) {
    return;
  }
  const JsonArray& paths = array_at(*http, {"paths"});
  const std::string here = concat({path, ".http.paths"});
  if (paths.empty()) {
    causes.push_back(required_value(here));
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    validate_path(paths[i], item_path(here, i), causes);
  }
}

void validate_tls(const Json& tls, const std::string& path, Causes& causes) {
  const JsonArray& hosts = array_at(tls, {"hosts"});
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    validate_host(text_at(hosts[i], {}), item_path(sub_path(path, "hosts"), i), causes);
  }
  if (const auto secret = text_at(tls, {"secretName"}); !secret.empty()) {
    check_name_at(causes, sub_path(path, "secretName"), secret, check_dns_subdomain(secret));
  }
}

class IngressStrategy final : public Strategy {
 public:
  Result<void> prepare_create(const StrategyContext& /*context*/, Json& object) const override {
    object.get_object().erase("status");
    return {};
  }

  void validate_create(const StrategyContext& context, const Json& object,
                       Causes& causes) const override {
    validate_update(context, object, object, causes);
    const Json* annotation =
        find_path(object, {"metadata", "annotations", "kubernetes.io/ingress.class"});
    const Json* name = find_path(object, {"spec", "ingressClassName"});
    if (annotation != nullptr && name != nullptr && *annotation != *name) {
      causes.push_back(invalid_value("annotations.kubernetes.io/ingress.class",
                                     shown_value(annotation),
                                     "must match `ingressClassName` when both are specified"));
    }
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next,
                       const Json& /*current*/, Causes& causes) const override {
    const Json none = JsonObject();
    const Json* found = find_member(next, "spec");
    const Json& spec = found == nullptr ? none : *found;
    const Json* backend = find_member(spec, "defaultBackend");
    const JsonArray& rules = array_at(spec, {"rules"});
    if (rules.empty() && backend == nullptr) {
      causes.push_back(invalid_value("spec", "[]networking.IngressRule(nil)",
                                     "either `defaultBackend` or `rules` must be specified"));
    }
    if (backend != nullptr) {
      validate_backend(*backend, "spec.defaultBackend", causes);
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
      validate_rule(rules[i], item_path("spec.rules", i), causes);
    }
    const JsonArray& tls = array_at(spec, {"tls"});
    for (std::size_t i = 0; i < tls.size(); ++i) {
      validate_tls(tls[i], item_path("spec.tls", i), causes);
    }
    if (const Json* name = find_member(spec, "ingressClassName")) {
      const auto text = text_at(*name, {});
      check_name_at(causes, "spec.ingressClassName", text, check_dns_subdomain(text));
    }
  }
};

void validate_parameters(const Json& parameters, Causes& causes) {
  const std::string path = "spec.parameters";
  validate_resource(parameters, path, causes);
  const auto scope = text_at(parameters, {"scope"});
  const auto ns = text_at(parameters, {"namespace"});
  if (scope != "Cluster" && scope != "Namespace") {
    causes.push_back(unsupported_value(sub_path(path, "scope"), scope, {"Cluster", "Namespace"}));
  } else if (scope == "Namespace" && ns.empty()) {
    causes.push_back(
        required_value(sub_path(path, "namespace"), "`parameters.scope` is set to 'Namespace'"));
  } else if (scope == "Cluster" && find_member(parameters, "namespace") != nullptr) {
    causes.push_back(
        forbidden_value(sub_path(path, "namespace"), "`parameters.scope` is set to 'Cluster'"));
  } else if (!ns.empty()) {
    check_name_at(causes, sub_path(path, "namespace"), ns, check_dns_label(ns));
  }
}

class IngressClassStrategy final : public Strategy {
 public:
  void validate_create(const StrategyContext& /*context*/, const Json& object,
                       Causes& causes) const override {
    const auto controller = text_at(object, {"spec", "controller"});
    if (controller.size() > kMaxController) {
      causes.push_back(too_long_value("spec.controller", kMaxController));
    }
    check_domain_path(causes, "spec.controller", controller);
    if (const Json* parameters = find_path(object, {"spec", "parameters"})) {
      validate_parameters(*parameters, causes);
    }
  }

  void validate_update(const StrategyContext& /*context*/, const Json& next, const Json& current,
                       Causes& causes) const override {
    check_immutable(causes, next, current, {"spec", "controller"});
    if (const Json* parameters = find_path(next, {"spec", "parameters"})) {
      validate_parameters(*parameters, causes);
    }
  }
};

}  // namespace

const Strategy& ingress_strategy() {
  static const IngressStrategy strategy;
  return strategy;
}

const Strategy& ingress_class_strategy() {
  static const IngressClassStrategy strategy;
  return strategy;
}

}  // namespace pintle::registry
