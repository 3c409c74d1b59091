// Status: an Error as Kubernetes shows it to clients.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace pintle {

/// The v1 Status JSON of `error`, as in `{"kind":"Status","apiVersion":"v1","metadata":{},...}`.
std::string to_status_json(const Error& error);

/// The v1 Status of a success that has no object to show.
std::string to_success_status_json(std::string_view name, std::string_view group,
                                   std::string_view kind, std::string_view uid);

/// The Error that a Status JSON tells of: what a client reads. Unknown reasons go by `http_status`.
Error error_of_status(std::string_view json, int http_status);

/// `pods "web-0" not found`, with details. `resource` is plural[.group].
Error not_found(std::string_view resource, std::string_view name);

/// `pods "web-0" already exists`.
Error already_exists(std::string_view resource, std::string_view name);

/// `Operation cannot be fulfilled on pods "web-0": <why>`.
Error conflict(std::string_view resource, std::string_view name, std::string_view why);

/// `Pod "web-0" is invalid: <causes>`: one cause stands alone, several in brackets.
/// Source: apimachinery errors.NewInvalid.
Error invalid(std::string_view group, std::string_view kind, std::string_view name,
              std::vector<Cause> causes);

/// Whether `error` gives `reason` among its causes: "NamespaceTerminating".
bool has_cause(const Error& error, std::string_view reason);

/// `text` in double quotes, with what can't be printed escaped: Go's %q.
std::string quoted(std::string_view text);

/// Causes worded as Kubernetes' field.Error: "Required value", `Invalid value: "x": why`, ...
/// A `shown_value` stands in the message as it is: quoted("x") for a text, "70000" for a number.
Cause required_value(std::string field, std::string_view why = "");
Cause invalid_value(std::string field, std::string_view shown_value, std::string_view why);
Cause unsupported_value(std::string field, std::string_view value,
                        std::initializer_list<std::string_view> supported);
Cause unsupported_value(std::string field, std::string_view value,
                        const std::vector<std::string_view>& supported);
Cause duplicate_value(std::string field, std::string_view shown_value);
Cause not_found_value(std::string field, std::string_view shown_value);
Cause forbidden_value(std::string field, std::string_view why);
Cause too_long_value(std::string field, std::size_t max_bytes);

}  // namespace pintle
