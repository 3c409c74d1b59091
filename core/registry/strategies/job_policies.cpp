// When a job's failures count, and when it is done early.
//
// Source: pkg/apis/batch/validation validatePodFailurePolicy, validateSuccessPolicy.

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "core/base/concat.hpp"
#include "core/registry/strategies/job.hpp"

namespace pintle::registry {
namespace {

constexpr std::size_t kMaxRules = 20;
constexpr std::size_t kMaxExitCodes = 255;
constexpr std::size_t kMaxIndexesBytes = 64 * 1024;

std::set<std::string_view> container_names(const Json& spec) {
  std::set<std::string_view> names;
  for (const std::string_view list : {"containers", "initContainers"}) {
    for (const Json& container : array_at(spec, {"template", "spec", list})) {
      names.insert(text_at(container, {"name"}));
    }
  }
  return names;
}

/// A required text of a few: `Required value: valid values: ["a" "b"]` where it is missing.
void check_one_of(Causes& causes, const std::string& path, std::string_view value,
                  const std::vector<std::string_view>& supported) {
  if (value.empty()) {
    std::string list;
    for (const auto text : supported) {
      list += concat({list.empty() ? "" : " ", quoted(text)});
    }
    causes.push_back(required_value(path, concat({"valid values: [", list, "]"})));
  } else if (std::ranges::find(supported, value) == supported.end()) {
    causes.push_back(unsupported_value(path, value, supported));
  }
}

std::string shown_codes(const JsonArray& codes) {
  std::string text;
  for (const Json& code : codes) {
    text += concat({text.empty() ? "" : ", ", to_json(code)});
  }
  return concat({"[]int32{", text, "}"});
}

void validate_code_values(const Json& rule, const std::string& path, Causes& causes) {
  const JsonArray& values = array_at(rule, {"values"});
  const std::string here = sub_path(path, "values");
  if (values.empty()) {
    causes.push_back(invalid_value(here, "[]int32(nil)", "at least one value is required"));
    return;
  }
  if (values.size() > kMaxExitCodes) {
    causes.push_back(too_many_value(here, values.size(), kMaxExitCodes));
  }
  std::set<std::int64_t> seen;
  bool ordered = true;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto code = integer_at(values[i], {}).value_or(0);
    if (code == 0 && text_at(rule, {"operator"}) == "In") {
      causes.push_back(invalid_value(item_path(here, i), "0", "must not be 0 for the In operator"));
    }
    if (!seen.insert(code).second) {
      causes.push_back(duplicate_value(item_path(here, i), std::to_string(code)));
    }
    ordered = ordered && (i == 0 || last <= code);
    last = code;
  }
  if (!ordered) {
    causes.push_back(invalid_value(here, shown_codes(values), "must be ordered"));
  }
}

void validate_exit_codes(const Json& rule, const std::set<std::string_view>& names,
                         const std::string& path, Causes& causes) {
  check_one_of(causes, sub_path(path, "operator"), text_at(rule, {"operator"}), {"In", "NotIn"});
  if (const Json* name = find_member(rule, "containerName");
      name != nullptr && !names.contains(text_at(*name, {}))) {
    causes.push_back(
        invalid_value(sub_path(path, "containerName"), quoted(text_at(*name, {})),
                      "must be one of the container or initContainer names in the pod template"));
  }
  validate_code_values(rule, path, causes);
}

void validate_conditions(const JsonArray& conditions, const std::string& path, Causes& causes) {
  if (conditions.size() > kMaxRules) {
    causes.push_back(too_many_value(path, conditions.size(), kMaxRules));
  }
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    const std::string here = item_path(path, i);
    const auto type = text_at(conditions[i], {"type"});
    check_name_at(causes, sub_path(here, "type"), type, check_label_key(type));
    check_one_of(causes, sub_path(here, "status"), text_at(conditions[i], {"status"}),
                 {"False", "True", "Unknown"});
  }
}

void validate_failure_rule(const Json& spec, const Json& rule,
                           const std::set<std::string_view>& names, const std::string& path,
                           Causes& causes) {
  const auto action = text_at(rule, {"action"});
  if (action == "FailIndex" && find_member(spec, "backoffLimitPerIndex") == nullptr) {
    causes.push_back(invalid_value(sub_path(path, "action"), quoted(action),
                                   "requires the backoffLimitPerIndex to be set"));
  } else {
    check_one_of(causes, sub_path(path, "action"), action,
                 {"Count", "FailIndex", "FailJob", "Ignore"});
  }
  const Json* codes = find_member(rule, "onExitCodes");
  const JsonArray& conditions = array_at(rule, {"onPodConditions"});
  if (codes != nullptr) {
    validate_exit_codes(*codes, names, sub_path(path, "onExitCodes"), causes);
  }
  validate_conditions(conditions, sub_path(path, "onPodConditions"), causes);
  if ((codes != nullptr) == !conditions.empty()) {
    causes.push_back(
        {.reason = "FieldValueInvalid",
         .field = path,
         .message = concat({"Invalid value: specifying ", codes != nullptr ? "both" : "one of",
                            " OnExitCodes and OnPodConditions is ",
                            codes != nullptr ? "not supported" : "required"})});
  }
}

std::optional<std::int64_t> to_index(std::string_view text) {
  std::int64_t index = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && !text.empty() ? std::optional(index) : std::nullopt;
}

/// How many indexes "1,3-5" names. Errors: kInvalid, as Kubernetes says why.
Result<std::int64_t> count_indexes(std::string_view text, std::int64_t completions) {
  std::int64_t total = 0;
  std::optional<std::int64_t> previous;
  const auto take = [&](std::string_view part) -> Result<std::int64_t> {
    const auto index = to_index(part);
    if (!index) {
      return Error(Code::kInvalid,
                   concat({"cannot convert string to integer for index: ", quoted(part)}));
    }
    if (*index >= completions) {
      return Error(Code::kInvalid, concat({"too large index: ", quoted(part)}));
    }
    if (previous && *previous >= *index) {
      return Error(Code::kInvalid,
                   concat({"non-increasing order, previous: ", std::to_string(*previous),
                           ", current: ", std::to_string(*index)}));
    }
    previous = index;
    return *index;
  };
  for (std::size_t at = 0; at <= text.size() && !text.empty();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto part = text.substr(at, comma - at);
    at = comma + 1;
    const auto dash = part.find('-');
    if (dash != std::string_view::npos && part.find('-', dash + 1) != std::string_view::npos) {
      return Error(Code::kInvalid,
                   concat({"the fragment ", quoted(part),
                           " violates the requirement that an index interval can have at most two "
                           "parts separated by '-'"}));
    }
    PINTLE_TRY(const auto first, take(part.substr(0, dash)));
    auto last = first;
    if (dash != std::string_view::npos) {
      PINTLE_TRY(last, take(part.substr(dash + 1)));
    }
    total += last - first + 1;
  }
  return total;
}

void validate_success_count(const Json& rule, std::int64_t completions,
                            std::optional<std::int64_t> indexes, const std::string& path,
                            Causes& causes) {
  const auto count = integer_at(rule, {"succeededCount"});
  if (!count) {
    return;
  }
  const std::string here = sub_path(path, "succeededCount");
  check_not_negative(causes, rule, path, "succeededCount");
  const auto check_most = [&](std::int64_t most, std::string_view of) {
    if (*count > most) {
      causes.push_back(invalid_value(here, std::to_string(*count),
                                     concat({"must be less than or equal to ", std::to_string(most),
                                             " (the number of ", of, ")"})));
    }
  };
  check_most(completions, "specified completions");
  if (indexes) {
    check_most(*indexes, "indexes in the specified succeededIndexes field");
  }
}

void validate_success_rule(const Json& rule, std::int64_t completions, const std::string& path,
                           Causes& causes) {
  const Json* indexes = find_member(rule, "succeededIndexes");
  if (indexes == nullptr && find_member(rule, "succeededCount") == nullptr) {
    causes.push_back(required_value(
        path, "at least one of succeededCount or succeededIndexes must be specified"));
  }
  std::optional<std::int64_t> total;
  if (indexes != nullptr) {
    const auto text = text_at(*indexes, {});
    const std::string here = sub_path(path, "succeededIndexes");
    if (text.size() > kMaxIndexesBytes) {
      causes.push_back(too_long_value(here, kMaxIndexesBytes));
    }
    const auto counted = count_indexes(text, completions);
    total = counted.ok() ? counted.value() : 0;
    if (!counted.ok()) {
      causes.push_back(
          invalid_value(here, quoted(text),
                        concat({"error parsing succeededIndexes: ", counted.error().message})));
    }
  }
  validate_success_count(rule, completions, total, path, causes);
}

}  // namespace

void validate_pod_failure_policy(const Json& spec, const std::string& path, Causes& causes) {
  const Json* policy = find_member(spec, "podFailurePolicy");
  if (policy == nullptr) {
    return;
  }
  const JsonArray& rules = array_at(*policy, {"rules"});
  const std::string here = sub_path(path, "podFailurePolicy.rules");
  if (rules.size() > kMaxRules) {
    causes.push_back(too_many_value(here, rules.size(), kMaxRules));
  }
  const auto names = container_names(spec);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    validate_failure_rule(spec, rules[i], names, item_path(here, i), causes);
  }
}

void validate_success_policy(const Json& spec, const std::string& path, Causes& causes) {
  const Json* policy = find_member(spec, "successPolicy");
  if (policy == nullptr) {
    return;
  }
  if (!is_indexed(spec)) {
    causes.push_back(invalid_value(sub_path(path, "successPolicy"), to_json(*policy),
                                   "requires indexed completion mode"));
    return;
  }
  const JsonArray& rules = array_at(*policy, {"rules"});
  const std::string here = sub_path(path, "successPolicy.rules");
  if (rules.empty()) {
    causes.push_back(required_value(
        here, "at least one rules must be specified when the successPolicy is specified"));
  }
  if (rules.size() > kMaxRules) {
    causes.push_back(too_many_value(here, rules.size(), kMaxRules));
  }
  const auto completions = integer_at(spec, {"completions"}).value_or(0);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    validate_success_rule(rules[i], completions, item_path(here, i), causes);
  }
}

}  // namespace pintle::registry
