// Values as Go shows them, and the checks that need it.

#include "core/registry/strategies/values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "core/base/concat.hpp"
#include "core/object/selector.hpp"

namespace pintle::registry {
namespace {

/// Source: apimachinery util/validation IsValidPercent.
constexpr std::string_view kNoPercent =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')";

bool is_percent(std::string_view text) {
  return text.size() > 1 && text.back() == '%' &&
         text.find_first_not_of("0123456789") == text.size() - 1;
}

std::string shown_expression(const Json& expression) {
  std::string values;
  const JsonArray& list = array_at(expression, {"values"});
  for (std::size_t i = 0; i < list.size(); ++i) {
    values += concat({i == 0 ? "" : ", ", quoted(text_at(list[i], {}))});
  }
  const bool none = find_member(expression, "values") == nullptr;
  return concat({"v1.LabelSelectorRequirement{Key:", quoted(text_at(expression, {"key"})),
                 ", Operator:", quoted(text_at(expression, {"operator"})),
                 ", Values:", none ? "[]string(nil)" : concat({"[]string{", values, "}"}), "}"});
}

void check_expression(Causes& causes, const Json& expression, const std::string& path) {
  const auto op = text_at(expression, {"operator"});
  const auto& values = array_at(expression, {"values"});
  if ((op == "In" || op == "NotIn") && values.empty()) {
    causes.push_back(required_value(sub_path(path, "values"),
                                    "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if ((op == "Exists" || op == "DoesNotExist") && !values.empty()) {
    causes.push_back(
        forbidden_value(sub_path(path, "values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else if (op != "In" && op != "NotIn" && op != "Exists" && op != "DoesNotExist") {
    causes.push_back(
        invalid_value(sub_path(path, "operator"), quoted(op), "not a valid selector operator"));
  }
  const auto key = text_at(expression, {"key"});
  check_name_at(causes, sub_path(path, "key"), key, check_label_key(key));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = text_at(values[i], {});
    check_name_at(causes, item_path(sub_path(path, "values"), i), value, check_label_value(value));
  }
}

}  // namespace

std::string joined_path(std::initializer_list<std::string_view> keys) {
  std::string path;
  for (const auto key : keys) {
    path = sub_path(path, key);
  }
  return path;
}

std::string shown_map(const Json* map) {
  if (map == nullptr || !map->is_object()) {
    return "map[string]string(nil)";
  }
  std::vector<std::string> pairs;
  for (const auto& pair : map->get_object()) {
    pairs.push_back(concat({quoted(pair.key()), ":", quoted(text_at(pair.value(), {}))}));
  }
  std::ranges::sort(pairs);
  std::string text = "map[string]string{";
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    text += concat({i == 0 ? "" : ", ", pairs[i]});
  }
  return text + "}";
}

std::string shown_selector(const Json& selector) {
  std::string expressions = "[]v1.LabelSelectorRequirement(nil)";
  if (const JsonArray& list = array_at(selector, {"matchExpressions"}); !list.empty()) {
    expressions = "[]v1.LabelSelectorRequirement{";
    for (std::size_t i = 0; i < list.size(); ++i) {
      expressions += concat({i == 0 ? "" : ", ", shown_expression(list[i])});
    }
    expressions += "}";
  }
  return concat({"v1.LabelSelector{MatchLabels:", shown_map(find_member(selector, "matchLabels")),
                 ", MatchExpressions:", expressions, "}"});
}

std::string shown_int_or_string(const Json& value) {
  const bool is_text = value.is_string();
  const auto number = integer_at(value, {}).value_or(0);
  return concat({"intstr.IntOrString{Type:", is_text ? "1" : "0",
                 ", IntVal:", std::to_string(number),
                 ", StrVal:", quoted(is_text ? text_at(value, {}) : ""), "}"});
}

std::string shown_value(const Json* value) {
  if (value == nullptr) {
    return "\"null\"";
  }
  return value->is_string() ? quoted(value->get_string()) : to_json(*value);
}

void check_immutable(Causes& causes, const Json& next, const Json& current,
                     std::initializer_list<std::string_view> keys,
                     std::string (*shown)(const Json*)) {
  const Json* now = find_path(next, keys);
  if (!same_but_for_empties(now, find_path(current, keys))) {
    causes.push_back(invalid_value(joined_path(keys), shown(now), "field is immutable"));
  }
}

void check_selector_immutable(Causes& causes, const Json& next, const Json& current) {
  check_immutable(causes, next, current, {"spec", "selector"}, [](const Json* selector) {
    return selector == nullptr ? std::string("\"null\"") : shown_selector(*selector);
  });
}

void check_int_or_percent(Causes& causes, std::string path, const Json& value) {
  if (value.is_string()) {
    if (!is_percent(value.get_string())) {
      causes.push_back(invalid_value(std::move(path), shown_int_or_string(value), kNoPercent));
    }
    return;
  }
  const auto number = integer_at(value, {}).value_or(0);
  if (number < 0) {
    causes.push_back(invalid_value(std::move(path), std::to_string(number),
                                   "must be greater than or equal to 0"));
  }
}

void check_at_most_all(Causes& causes, std::string path, const Json& value) {
  if (value.is_string() && is_percent(value.get_string()) && int_or_percent(&value) > 100) {
    causes.push_back(invalid_value(std::move(path), shown_int_or_string(value),
                                   "must not be greater than 100%"));
  }
}

std::int64_t int_or_percent(const Json* value) {
  if (value == nullptr || !value->is_string()) {
    return value == nullptr ? 0 : integer_at(*value, {}).value_or(0);
  }
  const std::string_view text = value->get_string();
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return is_percent(text) ? number : 0;
}

void check_label_selector(Causes& causes, const Json* selector, const std::string& path) {
  if (selector == nullptr) {
    return;
  }
  for (const auto& label : object_at(*selector, {"matchLabels"})) {
    const std::string here = sub_path(path, "matchLabels");
    check_name_at(causes, here, label.key(), check_label_key(label.key()));
    const auto value = text_at(label.value(), {});
    check_name_at(causes, here, value, check_label_value(value));
  }
  const JsonArray& expressions = array_at(*selector, {"matchExpressions"});
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    check_expression(causes, expressions[i], item_path(sub_path(path, "matchExpressions"), i));
  }
}

void check_domain_path(Causes& causes, const std::string& path, std::string_view value) {
  if (value.empty()) {
    causes.push_back(required_value(path));
    return;
  }
  const auto slash = value.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == value.size()) {
    causes.push_back(invalid_value(path, quoted(value),
                                   "must be a domain-prefixed path (such as \"acme.io/foo\")"));
    return;
  }
  const auto host = value.substr(0, slash);
  check_name_at(causes, path, host, check_dns_subdomain(host));
  const auto rest = value.substr(slash + 1);
  constexpr std::string_view kMarks = "/-._~%!$&'()*+,;=:";
  const bool fits = std::ranges::all_of(rest, [kMarks](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           kMarks.find(c) != std::string_view::npos;
  });
  if (!fits) {
    causes.push_back(invalid_value(path, quoted(rest),
                                   "Invalid path (regex used for validation is "
                                   "'[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"));
  }
}

void check_cidr(Causes& causes, const std::string& path, std::string_view value) {
  const auto slash = value.find('/');
  const auto address = value.substr(0, slash);
  const bool v4 = is_ipv4(address);
  std::int64_t bits = -1;
  if (slash != std::string_view::npos) {
    const auto text = value.substr(slash + 1);
    const auto read = std::from_chars(text.data(), text.data() + text.size(), bits);
    bits = read.ptr == text.data() + text.size() && !text.empty() ? bits : -1;
  }
  if ((!v4 && !is_ipv6(address)) || bits < 0 || bits > (v4 ? 32 : 128)) {
    causes.push_back(invalid_value(
        path, quoted(value), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"));
  }
}

Cause too_many_value(std::string path, std::size_t count, std::size_t most) {
  return {.reason = "FieldValueTooMany",
          .field = std::move(path),
          .message = concat({"Too many: ", std::to_string(count), ": must have at most ",
                             std::to_string(most), " items"})};
}

}  // namespace pintle::registry
