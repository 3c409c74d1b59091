// Defaults that depend on nothing but the field's absence.

#include <charconv>

#include "core/api/schema.hpp"

namespace pintle::api {
namespace {

/// The value a default's text stands for. The tables hold simple ones mostly, so those are made
/// without the parser.
Json value_of(std::string_view text, const JsonStorage& storage) {
  if (text == "{}") {
    return Json(boost::json::object_kind, storage);
  }
  if (text == "true" || text == "false") {
    return Json(text == "true", storage);
  }
  if (text.front() == '"' && text.find('\\') == std::string_view::npos) {
    return Json(boost::json::string_view(text.substr(1, text.size() - 2)), storage);
  }
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size()) {
    return Json(number, storage);
  }
  return boost::json::parse(text, storage);
}

}  // namespace

void apply_defaults(const Type& type, Json& object) {
  if (!object.is_object()) {
    return;
  }
  JsonObject& members = object.get_object();
  for (const auto index : type.defaulted) {
    const Field& field = type.fields[index];
    if (members.find(field.name) == members.end()) {
      members.emplace(field.name, value_of(field.default_json, members.storage()));
    }
  }
  for (auto& member : members) {
    Json& value = member.value();
    if (!value.is_structured()) {
      continue;
    }
    const Field* field = type.find(member.key());
    if (field == nullptr || field->shape != Shape::kObject) {
      continue;
    }
    if (field->container == Container::kNone) {
      apply_defaults(*field->type, value);
    } else if (value.is_array()) {
      for (Json& item : value.get_array()) {
        apply_defaults(*field->type, item);
      }
    } else {
      for (auto& entry : value.get_object()) {
        apply_defaults(*field->type, entry.value());
      }
    }
  }
}

}  // namespace pintle::api
