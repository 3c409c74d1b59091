// Why a configuration can't be applied, in the words of Kubernetes.
//
// Source: structured-merge-diff v4 typed/validate.go.

#include <algorithm>

#include "core/api/field_walk.hpp"
#include "core/base/concat.hpp"
#include "core/object/go_print.hpp"

namespace pintle::api {
namespace {

class Checker {
 public:
  explicit Checker(std::vector<std::string>& faults) : faults_(faults) {}

  void object(const Type& type, const JsonObject& members) {
    for (const auto& member : members) {
      const std::string_view key = member.key();
      const std::string step = concat({"f:", key});
      path_.push_back(step);
      if (const Field* field = type.find(key)) {
        contained(*field, member.value());
      } else {
        fault("field not declared in schema");
      }
      path_.pop_back();
    }
  }

 private:
  void fault(std::string_view why) {
    std::string text;
    for (const auto step : path_) {
      text += to_path_text(step);
    }
    faults_.push_back(text.empty() ? std::string(why) : concat({text, ": ", why}));
  }

  void contained(const Field& field, const Json& value) {
    switch (field.container) {
      case Container::kNone:
        item(field, value);
        break;
      case Container::kList:
        list(field, value);
        break;
      case Container::kMap:
        map(field, value);
        break;
    }
  }

  void map(const Field& field, const Json& value) {
    if (value.is_null()) {
      return;
    }
    if (!value.is_object()) {
      fault(concat({"expected map, got &{", to_go_value(value), "}"}));
      return;
    }
    for (const auto& entry : value.get_object()) {
      const std::string step = concat({"f:", std::string_view(entry.key())});
      path_.push_back(step);
      item(field, entry.value());
      path_.pop_back();
    }
  }

  void list(const Field& field, const Json& value) {
    if (value.is_null()) {
      return;
    }
    if (!value.is_array()) {
      fault(concat({"expected list, got &{", to_go_value(value), "}"}));
      return;
    }
    const Place place = place_of(field);
    FieldPool pool;
    std::vector<std::string_view> elements;
    std::size_t index = 0;
    for (const Json& one : value.get_array()) {
      const std::string number = std::to_string(index++);
      std::string_view step;
      std::string by_place = concat({"i:", number});
      if (place.is_list()) {
        const auto element = element_of(place, one, pool);
        if (!element.ok()) {
          fault(concat({"element ", number, ": ", element.error().message}));
          continue;
        }
        step = element.value();
        elements.push_back(step);
      } else {
        step = by_place;
      }
      path_.push_back(step);
      item(field, one);
      path_.pop_back();
    }
    duplicates(elements);
  }

  void duplicates(std::vector<std::string_view>& elements) {
    std::sort(elements.begin(), elements.end());
    for (auto at = elements.begin(); at != elements.end();) {
      const auto end = std::find_if(at, elements.end(), [at](auto other) { return other != *at; });
      for (auto again = at + 1; again < end; ++again) {
        fault(concat({"duplicate entries for key ", to_path_text(*at)}));
      }
      at = end;
    }
  }

  void item(const Field& field, const Json& value) {
    if (value.is_null()) {
      return;
    }
    switch (field.shape) {
      case Shape::kObject:
        if (!value.is_object()) {
          fault(concat({"expected map, got &{", to_go_value(value), "}"}));
          return;
        }
        object(*field.type, value.get_object());
        return;
      case Shape::kString:
      case Shape::kBytes:
        if (!value.is_string()) {
          fault(concat(
              {"expected string, got &value.valueUnstructured{Value:", to_go_syntax(value), "}"}));
        }
        return;
      case Shape::kBool:
        if (!value.is_bool()) {
          fault(concat({"expected boolean, got &{", to_go_value(value), "}"}));
        }
        return;
      case Shape::kInt32:
      case Shape::kInt64:
      case Shape::kDouble:
        if (!value.is_number()) {
          fault(concat({"expected numeric (int or float), got ", to_go_type(value)}));
        }
        return;
      case Shape::kStrings:
        if (!value.is_array()) {
          fault(concat({"expected list, got &{", to_go_value(value), "}"}));
        }
        return;
      case Shape::kAny:
        return;
      default:
        if (value.is_structured()) {
          fault(concat({"expected any scalar, got &{", to_go_value(value), "}"}));
        }
    }
  }

  std::vector<std::string>& faults_;
  std::vector<std::string_view> path_;  // Elements from the root.
};

}  // namespace

std::vector<std::string> faults_of_applied(const Type& type, const Json& config) {
  std::vector<std::string> faults;
  if (config.is_object()) {
    Checker(faults).object(type, config.get_object());
  } else {
    faults.push_back(concat({"expected map, got &{", to_go_value(config), "}"}));
  }
  return faults;
}

}  // namespace pintle::api
