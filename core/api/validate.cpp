// Validation that the tables can say: required fields, enums, items that must be unique, fields
// that may not change. Source: apimachinery util/validation/field and api/validation.

#include <algorithm>
#include <set>

#include "core/api/path.hpp"
#include "core/api/schema.hpp"
#include "core/object/names.hpp"
#include "core/object/status.hpp"

namespace pintle::api {
namespace {

bool is_missing(const Json* value) {
  if (value == nullptr || value->is_null()) {
    return true;
  }
  if (value->is_string()) {
    return value->get_string().empty();
  }
  if (value->is_array()) {
    return value->get_array().empty();
  }
  return value->is_int64() && value->get_int64() == 0;
}

bool is_empty(const Json* value) {
  if (value == nullptr || value->is_null()) {
    return true;
  }
  if (value->is_array()) {
    return value->get_array().empty();
  }
  return value->is_object() &&
         std::all_of(value->get_object().begin(), value->get_object().end(),
                     [](const auto& member) { return is_empty(&member.value()); });
}

class Validator {
 public:
  Validator(std::string_view root, std::vector<Cause>& causes) : root_(root), causes_(causes) {}

  void object(const Type& type, const Json& value, const Path* path) {
    if (!value.is_object()) {
      return;
    }
    const JsonObject& members = value.get_object();
    if (type.name == "meta/v1.LabelSelector") {
      label_selector(value, path);
      return;
    }
    for (const Field& field : type.fields) {
      if (field.required && is_missing(members.if_contains(field.name))) {
        causes_.push_back(required_value(to_text(Path::of_field(path, field.name), root_)));
      }
    }
    for (const auto& member : members) {
      if (const Field* field = type.find(member.key()); field != nullptr) {
        contained(*field, member.value(), Path::of_field(path, field->name));
      }
    }
  }

 private:
  void contained(const Field& field, const Json& value, const Path& path) {
    if (field.container == Container::kNone) {
      item(field, value, path);
      return;
    }
    if (value.is_array()) {
      std::size_t index = 0;
      for (const Json& element : value.get_array()) {
        item(field, element, Path::of_item(&path, index++));
      }
      if (field.unique) {
        uniqueness(field, value.get_array(), path);
      }
    } else if (value.is_object() && field.shape == Shape::kObject) {
      for (const auto& entry : value.get_object()) {
        item(field, entry.value(), Path::of_entry(&path, entry.key()));
      }
    }
  }

  void item(const Field& field, const Json& value, const Path& path) {
    if (field.shape == Shape::kObject) {
      object(*field.type, value, &path);
      return;
    }
    if (!field.enforced_enum || !value.is_string() || value.get_string().empty()) {
      return;
    }
    const std::string_view given = value.get_string();
    for (const auto known : field.known) {
      if (given == known) {
        return;
      }
    }
    causes_.push_back(
        unsupported_value(to_text(path, root_), given,
                          std::vector<std::string_view>(field.known.begin(), field.known.end())));
  }

  void uniqueness(const Field& field, const JsonArray& items, const Path& path) {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::string shown;
      for (const auto key : field.list_map_keys) {
        const Json* value = find_member(items[i], key);
        shown += (shown.empty() ? "" : ", ") + (value == nullptr ? "null" : to_json(*value));
      }
      if (field.list_map_keys.empty()) {
        shown = to_json(items[i]);
      }
      if (seen.insert(shown).second) {
        continue;
      }
      const Path item_path = Path::of_item(&path, i);
      const bool single = field.list_map_keys.size() == 1;
      causes_.push_back(duplicate_value(
          single ? to_text(Path::of_field(&item_path, field.list_map_keys[0]), root_)
                 : to_text(item_path, root_),
          field.list_map_keys.size() > 1 ? "{" + shown + "}" : shown));
    }
  }

  /// Source: apimachinery meta/v1/validation ValidateLabelSelector.
  void label_selector(const Json& value, const Path* path) {
    const Path labels = Path::of_field(path, "matchLabels");
    for (const auto& label : object_at(value, {"matchLabels"})) {
      const std::string_view key = label.key();
      if (const auto fault = check_label_key(key)) {
        causes_.push_back(invalid_value(to_text(labels, root_), quoted(key), *fault));
      }
      const auto text =
          label.value().is_string() ? std::string_view(label.value().get_string()) : "";
      if (const auto fault = check_label_value(text)) {
        causes_.push_back(invalid_value(to_text(labels, root_), quoted(text), *fault));
      }
    }
    const Path expressions = Path::of_field(path, "matchExpressions");
    std::size_t index = 0;
    for (const Json& requirement : array_at(value, {"matchExpressions"})) {
      label_requirement(requirement, Path::of_item(&expressions, index++));
    }
  }

  void label_requirement(const Json& requirement, const Path& path) {
    const auto op = text_at(requirement, {"operator"});
    const auto count = array_at(requirement, {"values"}).size();
    if (op == "In" || op == "NotIn") {
      if (count == 0) {
        causes_.push_back(required_value(to_text(Path::of_field(&path, "values"), root_),
                                         "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (count > 0) {
        causes_.push_back(
            forbidden_value(to_text(Path::of_field(&path, "values"), root_),
                            "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
    } else {
      causes_.push_back(invalid_value(to_text(Path::of_field(&path, "operator"), root_), quoted(op),
                                      "not a valid selector operator"));
    }
    const auto key = text_at(requirement, {"key"});
    if (const auto fault = check_label_key(key)) {
      causes_.push_back(
          invalid_value(to_text(Path::of_field(&path, "key"), root_), quoted(key), *fault));
    }
  }

  static std::string quoted(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  }

  std::string_view root_;
  std::vector<Cause>& causes_;
};

void immutables(const Type& type, const Json& next, const Json& current, const Path* path,
                std::string_view root, std::vector<Cause>& causes) {
  if (!next.is_object() || !current.is_object()) {
    return;
  }
  for (const Field& field : type.fields) {
    const Json* was = find_member(current, field.name);
    const Json* will = find_member(next, field.name);
    const Path here = Path::of_field(path, field.name);
    if (field.immutable) {
      if (!same_but_for_empties(will, was)) {
        causes.push_back(invalid_value(
            to_text(here, root), will == nullptr ? "null" : to_json(*will), "field is immutable"));
      }
    } else if (field.shape == Shape::kObject && field.container == Container::kNone &&
               was != nullptr && will != nullptr) {
      immutables(*field.type, *will, *was, &here, root, causes);
    }
  }
}

}  // namespace

bool same_but_for_empties(const Json* a, const Json* b) {
  if (is_empty(a) || is_empty(b)) {
    return is_empty(a) && is_empty(b);
  }
  if (a->is_array() && b->is_array()) {
    const JsonArray& x = a->get_array();
    const JsonArray& y = b->get_array();
    return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](const Json& one, const Json& two) {
      return same_but_for_empties(&one, &two);
    });
  }
  if (!a->is_object() || !b->is_object()) {
    return *a == *b;
  }
  const auto covers = [](const JsonObject& x, const JsonObject& y) {
    return std::all_of(x.begin(), x.end(), [&y](const auto& member) {
      return same_but_for_empties(&member.value(), y.if_contains(member.key()));
    });
  };
  return covers(a->get_object(), b->get_object()) && covers(b->get_object(), a->get_object());
}

void validate(const Type& type, const Json& object, const std::string& path,
              std::vector<Cause>& causes) {
  Validator(path, causes).object(type, object, nullptr);
}

void validate_immutable(const Type& type, const Json& next, const Json& current,
                        const std::string& path, std::vector<Cause>& causes) {
  immutables(type, next, current, nullptr, path, causes);
}

}  // namespace pintle::api
