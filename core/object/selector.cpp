// Matching, metav1.LabelSelector and field selectors. The grammar of label selectors is in
// label_parser.cpp.

#include "core/object/selector.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle {
namespace {

std::optional<std::int64_t> to_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

bool compares(const LabelRequirement& requirement, std::string_view label) {
  const auto have = to_integer(label);
  const auto want = to_integer(requirement.values.front());
  if (!have || !want) {
    return false;
  }
  return requirement.op == LabelRequirement::Operator::kGreaterThan ? *have > *want : *have < *want;
}

Result<LabelRequirement::Operator> operator_of(std::string_view text) {
  using Operator = LabelRequirement::Operator;
  if (text == "In") {
    return Operator::kIn;
  }
  if (text == "NotIn") {
    return Operator::kNotIn;
  }
  if (text == "Exists") {
    return Operator::kExists;
  }
  if (text == "DoesNotExist") {
    return Operator::kDoesNotExist;
  }
  return Error{Code::kInvalid, concat({quoted(text), " is not a valid label selector operator"})};
}

Result<LabelRequirement> requirement_of(const Json& expression) {
  LabelRequirement requirement;
  requirement.key = text_at(expression, {"key"});
  PINTLE_TRY(requirement.op, operator_of(text_at(expression, {"operator"})));
  for (const auto& value : array_at(expression, {"values"})) {
    requirement.values.emplace_back(text_at(value, {}));
  }
  PINTLE_TRY_STATUS(check_requirement(requirement));
  return requirement;
}

Error bad_field_selector(std::string_view why, std::string_view what) {
  return {Code::kBadRequest, concat({"invalid field selector: ", why, ": ", what})};
}

/// The text without its backslashes. Errors: kBadRequest.
Result<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' || c == '=') {
      return bad_field_selector("unescaped character in value", {&c, 1});
    }
    if (c != '\\') {
      plain += c;
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next != '\\' && next != ',' && next != '=') {
      return bad_field_selector("invalid escape sequence", text.substr(i, 2));
    }
    plain += next;
    ++i;
  }
  return plain;
}

/// The terms between commas that no backslash takes the meaning from.
std::vector<std::string_view> terms_of(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

Result<FieldRequirement> parse_term(std::string_view selector, std::string_view term) {
  for (std::size_t i = 0; i < term.size(); ++i) {
    const auto rest = term.substr(i);
    const bool differs = rest.starts_with("!=");
    if (!differs && rest.front() != '=') {
      continue;
    }
    const std::size_t size = differs || rest.starts_with("==") ? 2 : 1;
    FieldRequirement requirement;
    requirement.field = term.substr(0, i);
    requirement.equals = !differs;
    PINTLE_TRY(requirement.value, unescape(rest.substr(size)));
    return requirement;
  }
  return Error{Code::kBadRequest,
               concat({"invalid selector: '", selector, "'; can't understand '", term, "'"})};
}

std::string_view value_of(const Object& object, std::string_view field) {
  if (field == "metadata.name") {
    return object.name();
  }
  if (field == "metadata.namespace") {
    return object.ns();
  }
  const auto* value = find_text(object.fields(), field);
  return value ? std::string_view(*value) : std::string_view();
}

/// Each label's key with its "key=value".
TextPairs label_parts(const JsonObject& labels) {
  TextPairs parts;
  for (const auto& label : labels) {
    const std::string key(std::string_view(label.key()));
    parts.emplace_back(key, concat({key, "=", text_at(label.value(), {})}));
  }
  return parts;
}

std::string expression_text(std::string_view key, const Json& expression) {
  const auto op = text_at(expression, {"operator"});
  if (op == "Exists" || op == "DoesNotExist") {
    return concat({op == "Exists" ? "" : "!", key});
  }
  std::vector<std::string_view> values;
  for (const auto& value : array_at(expression, {"values"})) {
    values.push_back(text_at(value, {}));
  }
  std::ranges::sort(values);
  std::string text = concat({key, op == "In" ? " in (" : " notin ("});
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += concat({i == 0 ? "" : ",", values[i]});
  }
  return text + ")";
}

std::string joined_by_key(TextPairs parts) {
  std::ranges::stable_sort(parts, {}, [](const auto& part) { return part.first; });
  std::string text;
  for (const auto& [key, part] : parts) {
    text += concat({text.empty() ? "" : ",", part});
  }
  return text;
}

}  // namespace

bool LabelRequirement::matches(const TextPairs& labels) const {
  const std::string* label = find_text(labels, key);
  switch (op) {
    case Operator::kIn:
      return label && std::ranges::binary_search(values, *label);
    case Operator::kNotIn:
      return !label || !std::ranges::binary_search(values, *label);
    case Operator::kExists:
      return label != nullptr;
    case Operator::kDoesNotExist:
      return label == nullptr;
    case Operator::kGreaterThan:
    case Operator::kLessThan:
      return label && compares(*this, *label);
  }
  return false;
}

bool LabelSelector::matches(const TextPairs& labels) const {
  return std::ranges::all_of(requirements, [&labels](const LabelRequirement& requirement) {
    return requirement.matches(labels);
  });
}

std::string label_selector_text(const Json& selector) {
  TextPairs parts = label_parts(object_at(selector, {"matchLabels"}));
  for (const auto& expression : array_at(selector, {"matchExpressions"})) {
    const auto key = text_at(expression, {"key"});
    parts.emplace_back(key, expression_text(key, expression));
  }
  return joined_by_key(std::move(parts));
}

std::string label_map_text(const JsonObject& labels) {
  return joined_by_key(label_parts(labels));
}

Result<LabelSelector> label_selector_of(const Json& selector) {
  LabelSelector made;
  for (const auto& label : object_at(selector, {"matchLabels"})) {
    LabelRequirement requirement;
    requirement.key = std::string_view(label.key().data(), label.key().size());
    requirement.op = LabelRequirement::Operator::kIn;
    requirement.values.emplace_back(text_at(label.value(), {}));
    PINTLE_TRY_STATUS(check_requirement(requirement));
    made.requirements.push_back(std::move(requirement));
  }
  for (const auto& expression : array_at(selector, {"matchExpressions"})) {
    PINTLE_TRY(auto requirement, requirement_of(expression));
    made.requirements.push_back(std::move(requirement));
  }
  return made;
}

bool FieldSelector::matches(const Object& object) const {
  return std::ranges::all_of(requirements, [&object](const FieldRequirement& requirement) {
    return (value_of(object, requirement.field) == requirement.value) == requirement.equals;
  });
}

const std::string* FieldSelector::required(std::string_view field) const {
  const auto found = std::ranges::find_if(requirements, [field](const FieldRequirement& wanted) {
    return wanted.equals && wanted.field == field;
  });
  return found != requirements.end() ? &found->value : nullptr;
}

Result<FieldSelector> parse_field_selector(std::string_view text) {
  FieldSelector selector;
  for (const auto term : terms_of(text)) {
    if (term.empty()) {
      continue;
    }
    PINTLE_TRY(auto requirement, parse_term(text, term));
    selector.requirements.push_back(std::move(requirement));
  }
  return selector;
}

}  // namespace pintle
