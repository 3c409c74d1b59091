// Selectors: which objects a list or a watch is about, by label and by field.
//
// Source: apimachinery labels.Parse and fields.ParseSelector; messages as Kubernetes words them.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/object.hpp"

namespace pintle {

struct LabelRequirement {
  enum class Operator { kIn, kNotIn, kExists, kDoesNotExist, kGreaterThan, kLessThan };

  std::string key;
  Operator op = Operator::kExists;
  std::vector<std::string> values;  // Sorted, no duplicates.

  bool matches(const TextPairs& labels) const;
};

/// All requirements must hold; none means everything matches.
struct LabelSelector {
  std::vector<LabelRequirement> requirements;

  bool empty() const { return requirements.empty(); }
  bool matches(const TextPairs& labels) const;
};

/// Sorts the values, drops the doubles, and checks what the API checks of a requirement.
/// Errors: kInvalid, worded as Kubernetes' field errors ("values[0][key]: Invalid value: ...").
Result<void> check_requirement(LabelRequirement& requirement);

/// "a=b,c!=d,e in (f,g),!h,i>5". Errors: kBadRequest ("unable to parse requirement: ...").
Result<LabelSelector> parse_label_selector(std::string_view text);

/// A metav1.LabelSelector ({matchLabels, matchExpressions}); an empty object matches everything.
/// Errors: kInvalid, naming the key or the operator.
Result<LabelSelector> label_selector_of(const Json& selector);

/// A metav1.LabelSelector as `?labelSelector=` takes it: "a=b,c in (d,e),!f", sorted by key; "" for
/// one that asks nothing. Source: metav1.LabelSelectorAsSelector, labels.Requirement.String.
std::string label_selector_text(const Json& selector);
/// The same for a map of labels, as ReplicationControllers and Services select: "a=b,c=d".
std::string label_map_text(const JsonObject& labels);

struct FieldRequirement {
  std::string field;  // "metadata.name", "spec.nodeName".
  bool equals = true;
  std::string value;
};

struct FieldSelector {
  std::vector<FieldRequirement> requirements;

  bool empty() const { return requirements.empty(); }
  /// metadata.name and metadata.namespace come from the key, the rest from the lifted fields; a
  /// field that was not lifted counts as "".
  bool matches(const Object& object) const;
  /// The value that `field` must equal; null where the selector leaves it open.
  const std::string* required(std::string_view field) const;
};

/// "a=b,c==d,e!=f" with \\ , \, and \= for the characters themselves.
/// Errors: kBadRequest ("invalid selector: ...").
Result<FieldSelector> parse_field_selector(std::string_view text);

}  // namespace pintle
