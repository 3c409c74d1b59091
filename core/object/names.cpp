// The checks are loops over characters; the regular expressions are only told, never run.

#include "core/object/names.hpp"

#include <algorithm>

#include "core/base/concat.hpp"

namespace pintle {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr std::string_view kLabelWords =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainWords =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kDns1035Words =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kQualifiedWords =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation "
    "is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueWords =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kConfigKeyWords =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
    " "
    "or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_alnum(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c);
}
bool is_label_end(char c) {
  return is_digit(c) || is_lower(c);
}
bool is_label_middle(char c) {
  return is_label_end(c) || c == '-';
}
bool is_name_middle(char c) {
  return is_alnum(c) || c == '-' || c == '_' || c == '.';
}

/// Not empty, each character `middle`, the first and the last also `end`.
template <typename End, typename Middle>
bool has_form(std::string_view text, End end, Middle middle) {
  return !text.empty() && end(text.front()) && end(text.back()) &&
         std::ranges::all_of(text, middle);
}

bool is_label_form(std::string_view text) {
  return has_form(text, is_label_end, is_label_middle);
}

bool is_subdomain_form(std::string_view text) {
  for (;;) {
    const auto dot = text.find('.');
    if (!is_label_form(text.substr(0, dot))) {
      return false;
    }
    if (dot == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(dot + 1);
  }
}

std::string too_long(std::size_t max) {
  return concat({"must be no more than ", std::to_string(max), " bytes"});
}

NameFault check_form(std::string_view name, std::size_t max, bool well_formed,
                     std::string_view words) {
  if (name.size() > max) {
    return well_formed ? too_long(max) : concat({too_long(max), "; ", words});
  }
  return well_formed ? NameFault() : NameFault(std::string(words));
}

}  // namespace

NameFault check_dns_label(std::string_view name) {
  return check_form(name, kMaxLabel, is_label_form(name), kLabelWords);
}

NameFault check_dns_subdomain(std::string_view name) {
  return check_form(name, kMaxSubdomain, is_subdomain_form(name), kSubdomainWords);
}

NameFault check_dns1035_label(std::string_view name) {
  const bool well_formed = is_label_form(name) && is_lower(name.front());
  return check_form(name, kMaxLabel, well_formed, kDns1035Words);
}

NameFault check_path_segment(std::string_view name) {
  if (name == "." || name == "..") {
    return concat({"may not be '", name, "'"});
  }
  for (const char c : {'/', '%'}) {
    if (name.find(c) != std::string_view::npos) {
      return concat({"may not contain '", {&c, 1}, "'"});
    }
  }
  return std::nullopt;
}

NameFault check_label_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash != std::string_view::npos && key.find('/', slash + 1) != std::string_view::npos) {
    return concat({"a qualified name ", kQualifiedWords,
                   " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"});
  }
  if (slash != std::string_view::npos) {
    const auto prefix = key.substr(0, slash);
    if (prefix.empty()) {
      return "prefix part must be non-empty";
    }
    if (const auto fault = check_dns_subdomain(prefix)) {
      return "prefix part " + *fault;
    }
    key.remove_prefix(slash + 1);
  }
  if (key.empty()) {
    return concat({"name part must be non-empty; name part ", kQualifiedWords});
  }
  const auto fault =
      check_form(key, kMaxLabel, has_form(key, is_alnum, is_name_middle), kQualifiedWords);
  return fault ? NameFault("name part " + *fault) : std::nullopt;
}

NameFault check_label_value(std::string_view value) {
  const bool well_formed = value.empty() || has_form(value, is_alnum, is_name_middle);
  return check_form(value, kMaxLabel, well_formed, kLabelValueWords);
}

NameFault check_config_key(std::string_view key) {
  const bool well_formed = !key.empty() && std::ranges::all_of(key, is_name_middle);
  if (const auto fault = check_form(key, kMaxSubdomain, well_formed, kConfigKeyWords)) {
    return fault;
  }
  if (key == "." || key == "..") {
    return concat({"must not be '", key, "'"});
  }
  return key.starts_with("..") ? NameFault("must not start with '..'") : std::nullopt;
}

NameFault check_env_name(std::string_view name) {
  if (name.empty()) {
    return "environment variable name must be non-empty";
  }
  const bool printable =
      std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
  return printable ? NameFault()
                   : NameFault(
                         "a valid environment variable name must consist only of printable "
                         "ASCII characters other than '='");
}

NameFault check_port_name(std::string_view name) {
  constexpr std::size_t kMaxPortName = 15;
  if (name.size() > kMaxPortName) {
    return too_long(kMaxPortName);
  }
  if (name.empty() || !std::ranges::all_of(name, is_label_middle)) {
    return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
  }
  if (!std::ranges::any_of(name, is_lower)) {
    return "must contain at least one letter (a-z)";
  }
  if (name.find("--") != std::string_view::npos) {
    return "must not contain consecutive hyphens";
  }
  if (name.front() == '-' || name.back() == '-') {
    return "must not begin or end with a hyphen";
  }
  return std::nullopt;
}

}  // namespace pintle
