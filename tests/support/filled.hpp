// Filled: an object with every field that the tables give its type, each with a value of its own.

#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/base/concat.hpp"
#include "core/object/json.hpp"

namespace pintle::test {

/// Types that hold themselves (JSONSchemaProps) are filled once on each way down.
class Filled {
 public:
  /// Texts that need every escape there is, or ones that most fields accept.
  enum class Texts { kOdd, kPlain };

  /// The whole object, kind and apiVersion included.
  static Json object_of(const api::Resource& resource, Texts texts = Texts::kOdd) {
    return document_of(*resource.type, resource.api_version(), resource.kind, texts);
  }

  static Json document_of(const api::Type& type, std::string_view api_version,
                          std::string_view kind, Texts texts = Texts::kOdd) {
    JsonObject object = Filled(texts).fields_of(type);
    object["kind"] = kind;
    object["apiVersion"] = api_version;
    return object;
  }

 private:
  explicit Filled(Texts texts) : odd_(texts == Texts::kOdd) {}

  JsonObject fields_of(const api::Type& type) {
    way_.push_back(&type);
    JsonObject object;
    for (const api::Field& field : type.fields) {
      // An object within another (volumeClaimTemplates) is of a kind that goes without saying.
      const bool is_type_meta = way_.size() > 1 && field.proto == 0;
      if (is_type_meta) {
        continue;
      }
      if (field.type == nullptr || std::ranges::find(way_, field.type) == way_.end()) {
        object[field.name] = contained(field);
      }
    }
    way_.pop_back();
    return object;
  }

  Json contained(const api::Field& field) {
    switch (field.container) {
      case api::Container::kNone:
        break;
      case api::Container::kList:
        return JsonArray{item(field), item(field)};
      case api::Container::kMap:
        return JsonObject{{"a", item(field)}, {"b.c/d", item(field)}};
    }
    return item(field);
  }

  Json item(const api::Field& field) {
    const int number = ++count_;
    const std::string digits = std::to_string(number);
    const std::string two = std::to_string(10 + number % 50);
    switch (field.shape) {
      case api::Shape::kString:
        return field.known.empty()
                   ? Json((odd_ ? "\"é\\<" : "s") + digits)
                   : Json(field.known[static_cast<std::size_t>(number) % field.known.size()]);
      case api::Shape::kBool:
        return true;
      case api::Shape::kInt32:
        return number % 2 == 0 ? number : -number;
      case api::Shape::kInt64:
        return number % 2 == 0 ? 1'099'511'627'776 + number : -number;
      case api::Shape::kDouble:
        return number + 0.5;
      case api::Shape::kBytes:
        return number % 3 == 0 ? "AAECAw==" : number % 3 == 1 ? "/+8=" : "YWJj";
      case api::Shape::kTime:
        return Json("2026-11-25T17:" + two + ":07Z");
      case api::Shape::kMicroTime:
        return Json("1969-11-25T17:" + two + ":07.000123Z");
      case api::Shape::kQuantity:
        return Json(digits + "m");
      case api::Shape::kIntOrString:
        return number % 2 == 0 ? Json(number) : Json(digits + "%");
      case api::Shape::kDuration:
        return Json("1m" + two + ".5s");
      case api::Shape::kStrings:
        return JsonArray{"x" + digits, ""};
      case api::Shape::kAny:
        return free(field, number);
      case api::Shape::kObject:
        break;
    }
    return fields_of(*field.type);
  }

  Json free(const api::Field& field, int number) {
    if (field.type == nullptr) {
      return JsonObject{{"free", JsonArray{number, 0.25, nullptr, "\\\"]"}}};
    }
    // The forms in turn, as far as this type is not being filled already.
    const auto& forms = field.type->fields;
    const api::Field& form = forms[static_cast<std::size_t>(number) % forms.size()];
    if (form.type != nullptr && std::ranges::find(way_, form.type) != way_.end()) {
      return form.container == api::Container::kList ? Json(JsonArray{JsonObject{{"id", "l"}}})
                                                     : Json(JsonObject{{"id", "o"}});
    }
    return contained(form);
  }

  std::vector<const api::Type*> way_;
  int count_ = 0;
  const bool odd_;
};

}  // namespace pintle::test
