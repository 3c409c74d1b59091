// How Kubernetes v1.33 shows values in causes that are neither texts nor numbers: as Go does.
//
// What Go would show with memory addresses is shown as JSON instead: no client can rely on it.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/registry/strategies/checks.hpp"

namespace pintle::registry {

/// `map[string]string{"a":"b"}`; null is `map[string]string(nil)`.
std::string shown_map(const Json* map);

/// `v1.LabelSelector{MatchLabels:map[string]string{...}, MatchExpressions:...}`.
std::string shown_selector(const Json& selector);

/// `intstr.IntOrString{Type:0, IntVal:0, StrVal:""}`.
std::string shown_int_or_string(const Json& value);

/// A text in quotes, a number as it is, "null", else JSON.
std::string shown_value(const Json* value);

/// "field is immutable", unless `path` below the object is equal in both. `shown` renders the new
/// value.
void check_immutable(Causes& causes, const Json& next, const Json& current,
                     std::initializer_list<std::string_view> keys,
                     std::string (*shown)(const Json*) = shown_value);

/// The same for a label selector.
void check_selector_immutable(Causes& causes, const Json& next, const Json& current);

/// "must be greater than or equal to 0" or "a valid percent string must be ...".
void check_int_or_percent(Causes& causes, std::string path, const Json& value);
/// "must not be greater than 100%".
void check_at_most_all(Causes& causes, std::string path, const Json& value);
/// The number, or the number before "%"; 0 where there is none.
std::int64_t int_or_percent(const Json* value);

/// `may not be set`-style check of a map's label keys and values, as of nodeSelector.
void check_label_selector(Causes& causes, const Json* selector, const std::string& path);

/// "example.com/path". Source: apimachinery util/validation IsDomainPrefixedPath.
void check_domain_path(Causes& causes, const std::string& path, std::string_view value);

/// A CIDR of either family. Source: IsValidCIDR.
void check_cidr(Causes& causes, const std::string& path, std::string_view value);

/// "Too many: 21: must have at most 20 items".
Cause too_many_value(std::string path, std::size_t count, std::size_t most);

/// The path the keys make: "spec.selector".
std::string joined_path(std::initializer_list<std::string_view> keys);

}  // namespace pintle::registry
