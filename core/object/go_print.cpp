// How fmt prints what encoding/json decodes into an interface{}.

#include "core/object/go_print.hpp"

#include <algorithm>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle {
namespace {

std::vector<std::pair<std::string_view, const Json*>> sorted_members(const JsonObject& object) {
  std::vector<std::pair<std::string_view, const Json*>> members;
  for (const auto& member : object) {
    members.emplace_back(member.key(), &member.value());
  }
  std::sort(members.begin(), members.end());
  return members;
}

}  // namespace

std::string to_go_value(const Json& value) {
  if (value.is_null()) {
    return "<nil>";
  }
  if (value.is_string()) {
    return std::string(value.get_string());
  }
  if (const auto* list = value.if_array()) {
    std::string out = "[";
    for (const Json& item : *list) {
      out += (out.size() > 1 ? " " : "") + to_go_value(item);
    }
    return out + "]";
  }
  if (const auto* object = value.if_object()) {
    std::string out = "map[";
    for (const auto& [key, member] : sorted_members(*object)) {
      out += concat({out.size() > 4 ? " " : "", key, ":", to_go_value(*member)});
    }
    return out + "]";
  }
  return to_json(value);
}

std::string to_go_syntax(const Json& value) {
  if (value.is_null()) {
    return "interface {}(nil)";
  }
  if (value.is_string()) {
    return quoted(value.get_string());
  }
  if (const auto* list = value.if_array()) {
    std::string out;
    for (const Json& item : *list) {
      out += (out.empty() ? "" : ", ") + to_go_syntax(item);
    }
    return concat({"[]interface {}{", out, "}"});
  }
  if (const auto* object = value.if_object()) {
    std::string out;
    for (const auto& [key, member] : sorted_members(*object)) {
      out += concat({out.empty() ? "" : ", ", quoted(key), ":", to_go_syntax(*member)});
    }
    return concat({"map[string]interface {}{", out, "}"});
  }
  return to_json(value);
}

std::string to_go_type(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "<nil>";
    case boost::json::kind::bool_:
      return "bool";
    case boost::json::kind::string:
      return "string";
    case boost::json::kind::array:
      return "[]interface {}";
    case boost::json::kind::object:
      return "map[string]interface {}";
    case boost::json::kind::double_:
      return "float64";
    default:
      return "int64";
  }
}

}  // namespace pintle
