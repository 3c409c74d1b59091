// Decoding: every value has its field's shape, or the client is told as Go's decoder would tell it.
//
// Source: encoding/json and sigs.k8s.io/json, whose words these are; apimachinery's unmarshallers.

#include <charconv>
#include <limits>

#include "core/api/path.hpp"
#include "core/api/schema.hpp"
#include "core/base/clock.hpp"
#include "core/base/concat.hpp"
#include "core/object/quantity.hpp"

namespace pintle::api {
namespace {

using boost::json::kind;

/// What Go calls the JSON value: "object", "number", ...
std::string_view word_for(const Json& value) {
  switch (value.kind()) {
    case kind::object:
      return "object";
    case kind::array:
      return "array";
    case kind::string:
      return "string";
    case kind::bool_:
      return "bool";
    case kind::null:
      return "null";
    default:
      return "number";
  }
}

/// "v1.Container" for "core/v1.Container".
std::string go_name(const Type& type) {
  return std::string(type.name.substr(type.name.find('/') + 1));
}

std::string go_item_type(const Field& field) {
  switch (field.shape) {
    case Shape::kBool:
      return "bool";
    case Shape::kInt32:
      return "int32";
    case Shape::kInt64:
      return "int64";
    case Shape::kDouble:
      return "float64";
    case Shape::kBytes:
      return "[]uint8";
    case Shape::kStrings:
      return "[]string";
    case Shape::kObject:
      return go_name(*field.type);
    default:
      return "string";
  }
}

std::string go_type(const Field& field) {
  switch (field.container) {
    case Container::kList:
      return "[]" + go_item_type(field);
    case Container::kMap:
      return "map[string]" + go_item_type(field);
    case Container::kNone:
      break;
  }
  return go_item_type(field);
}

Error mismatch(std::string_view what, const Path& path, std::string_view type) {
  const std::string at = to_go_text(path);
  if (at.empty()) {
    return {Code::kBadRequest,
            concat({"json: cannot unmarshal ", what, " into Go value of type ", type})};
  }
  return {Code::kBadRequest, concat({"json: cannot unmarshal ", what, " into Go struct field ", at,
                                     " of type ", type})};
}

/// The place of the first byte that is no base64, or nothing. Line breaks are passed over.
std::optional<std::size_t> find_base64_fault(std::string_view text) {
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') {
      continue;
    }
    const bool digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '+' || c == '/';
    if (digit && padding == 0) {
      ++digits;
    } else if (c == '=' && digits % 4 >= 2 && digits % 4 + padding < 4) {
      ++padding;
    } else {
      return i;
    }
  }
  if ((digits + padding) % 4 != 0) {
    return text.size() - (digits + padding) % 4;
  }
  return std::nullopt;
}

bool is_zero(const Json& value) {
  switch (value.kind()) {
    case kind::string:
      return value.get_string().empty();
    case kind::bool_:
      return !value.get_bool();
    case kind::int64:
      return value.get_int64() == 0;
    case kind::uint64:
      return value.get_uint64() == 0;
    default:
      return false;
  }
}

class Decoder {
 public:
  explicit Decoder(Decoded& decoded) : decoded_(decoded) {}

  Result<void> object(const Type& type, Json& value, const Path* path, const Path& here) {
    if (!value.is_object()) {
      return mismatch(word_for(value), here, go_name(type));
    }
    JsonObject& members = value.get_object();
    for (auto member = members.begin(); member != members.end();) {
      const std::string_view key = member->key();
      const Field* field = type.find(key);
      const Path step = Path::of_field(path, field != nullptr ? field->name : key, type.name);
      if (field == nullptr) {
        decoded_.unknown_fields.push_back(to_strict_text(step));
        member = members.erase(member);
        continue;
      }
      if (!member->value().is_null()) {
        PINTLE_TRY_STATUS(contained(*field, member->value(), step));
      }
      member = is_forgotten(*field, member->value()) ? members.erase(member) : member + 1;
    }
    return {};
  }

 private:
  /// True for what a Go round trip would not bring back.
  static bool is_forgotten(const Field& field, const Json& value) {
    if (value.is_null()) {
      return true;
    }
    if (field.always_shown) {
      return false;
    }
    if (field.container == Container::kList && value.is_array()) {
      return value.get_array().empty();
    }
    if (field.container == Container::kMap && value.is_object()) {
      return value.get_object().empty();
    }
    return field.drops_zero && is_zero(value);
  }

  Result<void> contained(const Field& field, Json& value, const Path& path) {
    switch (field.container) {
      case Container::kNone:
        return item(field, value, path);
      case Container::kList:
        return list(field, value, path);
      case Container::kMap:
        return map(field, value, path);
    }
    return {};
  }

  Result<void> list(const Field& field, Json& value, const Path& path) {
    if (!value.is_array()) {
      return mismatch(word_for(value), path, go_type(field));
    }
    std::size_t index = 0;
    for (Json& element : value.get_array()) {
      const Path step = Path::of_item(&path, index++);
      fill_null(field, element);
      PINTLE_TRY_STATUS(item(field, element, step));
    }
    return {};
  }

  Result<void> map(const Field& field, Json& value, const Path& path) {
    if (!value.is_object()) {
      return mismatch(word_for(value), path, go_type(field));
    }
    for (auto& member : value.get_object()) {
      const Path step = Path::of_entry(&path, member.key());
      fill_null(field, member.value());
      PINTLE_TRY_STATUS(item(field, member.value(), step));
    }
    return {};
  }

  /// A null within a list or a map is the zero value of its type.
  static void fill_null(const Field& field, Json& value) {
    if (!value.is_null()) {
      return;
    }
    switch (field.shape) {
      case Shape::kObject:
        value.emplace_object();
        break;
      case Shape::kStrings:
        value.emplace_array();
        break;
      case Shape::kBool:
        value = false;
        break;
      case Shape::kInt32:
      case Shape::kInt64:
      case Shape::kDouble:
      case Shape::kIntOrString:
        value = 0;
        break;
      case Shape::kQuantity:
        value = "0";
        break;
      case Shape::kAny:
      case Shape::kTime:
      case Shape::kMicroTime:
        break;
      default:
        value.emplace_string();
    }
  }

  Result<void> item(const Field& field, Json& value, const Path& path) {
    switch (field.shape) {
      case Shape::kString:
      case Shape::kDuration:
        return value.is_string() ? Result<void>() : mismatch(word_for(value), path, "string");
      case Shape::kBool:
        return value.is_bool() ? Result<void>() : mismatch(word_for(value), path, "bool");
      case Shape::kInt32:
        return integer(value, path, std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int32_t>::max(), "int32");
      case Shape::kInt64:
        return integer(value, path, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max(), "int64");
      case Shape::kDouble:
        return value.is_number() ? Result<void>() : mismatch(word_for(value), path, "float64");
      case Shape::kBytes:
        return bytes(value, path);
      case Shape::kTime:
      case Shape::kMicroTime:
        return time(field, value);
      case Shape::kQuantity:
        return quantity(value);
      case Shape::kIntOrString:
        return int_or_string(value, path);
      case Shape::kStrings:
        return strings(value, path);
      case Shape::kAny:
        return {};
      case Shape::kObject:
        return object(*field.type, value, &path, path);
    }
    return {};
  }

  static Result<void> integer(Json& value, const Path& path, std::int64_t least, std::int64_t most,
                              std::string_view type) {
    if (value.is_int64() && value.get_int64() >= least && value.get_int64() <= most) {
      return {};
    }
    if (!value.is_number()) {
      return mismatch(word_for(value), path, type);
    }
    return mismatch("number " + to_json(value), path, type);
  }

  static Result<void> int_or_string(const Json& value, const Path& path) {
    if (value.is_string()) {
      return {};
    }
    if (value.is_int64() && value.get_int64() >= std::numeric_limits<std::int32_t>::min() &&
        value.get_int64() <= std::numeric_limits<std::int32_t>::max()) {
      return {};
    }
    // IntOrString unmarshals itself, so Go names no field here.
    const Path nowhere;
    static_cast<void>(path);
    return mismatch(value.is_number() ? "number " + to_json(value) : std::string(word_for(value)),
                    nowhere, "int32");
  }

  static Result<void> bytes(Json& value, const Path& path) {
    if (!value.is_string()) {
      return mismatch(word_for(value), path, "[]uint8");
    }
    const std::string_view text = value.get_string();
    if (const auto fault = find_base64_fault(text)) {
      return Error(Code::kBadRequest,
                   "illegal base64 data at input byte " + std::to_string(*fault));
    }
    if (text.find_first_of("\r\n") != std::string_view::npos) {
      std::string packed(text);
      std::erase_if(packed, [](char c) { return c == '\r' || c == '\n'; });
      value = packed;
    }
    return {};
  }

  static Result<void> time(const Field& field, Json& value) {
    if (value.is_null()) {
      return {};
    }
    if (!value.is_string()) {
      return mismatch(word_for(value), Path(), "string");
    }
    const auto parsed = parse_rfc3339(value.get_string());
    if (!parsed) {
      return Error(Code::kBadRequest,
                   concat({"parsing time \"\\\"", std::string_view(value.get_string()),
                           "\\\"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"",
                           std::string_view(value.get_string()), "\" as \"2006\""}));
    }
    const std::string text =
        field.shape == Shape::kTime ? to_rfc3339(*parsed) : to_rfc3339_micro(*parsed);
    if (text != std::string_view(value.get_string())) {
      value = text;
    }
    return {};
  }

  static Result<void> quantity(Json& value) {
    if (!value.is_string() && !value.is_number()) {
      return Error(Code::kBadRequest,
                   "quantities must match the regular expression "
                   "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
    }
    const std::string given = value.is_string() ? std::string(value.get_string()) : to_json(value);
    auto parsed = parse_quantity(given);
    if (!parsed.ok()) {
      return Error(Code::kBadRequest, parsed.error().message);
    }
    const std::string text = parsed.value().to_text();
    if (!value.is_string() || text != given) {
      value = text;
    }
    return {};
  }

  static Result<void> strings(const Json& value, const Path& path) {
    if (!value.is_array()) {
      return mismatch(word_for(value), path, "[]string");
    }
    for (const Json& element : value.get_array()) {
      if (!element.is_string()) {
        return mismatch(word_for(element), path, "string");
      }
    }
    return {};
  }

  Decoded& decoded_;
};

}  // namespace

Result<Decoded> decode(const Type& type, Json& object) {
  Decoded decoded;
  PINTLE_TRY_STATUS(Decoder(decoded).object(type, object, nullptr, Path()));
  return decoded;
}

}  // namespace pintle::api
