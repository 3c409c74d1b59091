// Names: what may be called what. Each check returns nothing, or why not, in Kubernetes' words.
//
// Source: apimachinery util/validation and api/validation/path.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pintle {

using NameFault = std::optional<std::string>;

NameFault check_dns_label(std::string_view name);      // RFC 1123 label, at most 63.
NameFault check_dns_subdomain(std::string_view name);  // RFC 1123 subdomain, at most 253.
NameFault check_dns1035_label(std::string_view name);  // A Service's name.
NameFault check_path_segment(std::string_view name);   // RBAC names: no ".", "..", "/", "%".
NameFault check_label_key(std::string_view key);       // "prefix/name": a qualified name.
NameFault check_label_value(std::string_view value);
NameFault check_config_key(std::string_view key);  // A key of a ConfigMap or Secret.
NameFault check_env_name(std::string_view name);
NameFault check_port_name(std::string_view name);  // IANA service name, at most 15.

}  // namespace pintle
