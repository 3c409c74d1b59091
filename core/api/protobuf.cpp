// One reader over all kinds: field numbers lead to fields, inlined messages to their owner's
// fields.

#include "core/api/protobuf.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/clock.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kMagic{"k8s\0", 4};
constexpr int kMaxDepth = 64;  // Deeper than any built-in type.

Error malformed(std::string_view what) {
  return {Code::kBadRequest, "the body is no protobuf object: " + std::string(what)};
}

/// One field of a message as it lies on the wire.
struct WireField {
  std::uint32_t number = 0;
  std::uint32_t wire_type = 0;
  std::uint64_t number_value = 0;  // Of a varint or a fixed number.
  std::string_view bytes;          // Of a length-delimited one.
};

/// Reads a message field by field. Source: protobuf's encoding.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  /// Nothing where the bytes are malformed.
  std::optional<WireField> next() {
    const auto tag = varint();
    if (!tag || *tag >> 3 == 0 || *tag >> 3 > 0x1fffffff) {
      return std::nullopt;
    }
    WireField field{.number = static_cast<std::uint32_t>(*tag >> 3),
                    .wire_type = static_cast<std::uint32_t>(*tag & 7)};
    switch (field.wire_type) {
      case 0:
        return with_number(field, varint());
      case 1:
        return with_number(field, fixed(8));
      case 5:
        return with_number(field, fixed(4));
      case 2:
        break;
      default:
        return std::nullopt;
    }
    const auto size = varint();
    if (!size || *size > rest_.size()) {
      return std::nullopt;
    }
    field.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
    rest_.remove_prefix(static_cast<std::size_t>(*size));
    return field;
  }

  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if ((byte & 0x80U) == 0) {
        return value;
      }
    }
    return std::nullopt;
  }

 private:
  static std::optional<WireField> with_number(WireField field, std::optional<std::uint64_t> value) {
    if (!value) {
      return std::nullopt;
    }
    field.number_value = *value;
    return field;
  }

  std::optional<std::uint64_t> fixed(std::size_t size) {
    if (rest_.size() < size) {
      return std::nullopt;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(size);
    return value;
  }

  std::string_view rest_;
};

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      group = group << 8 | byte;
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return out;
}

/// The fields of a small message by number; a later one stands.
template <std::size_t Count>
std::optional<std::array<WireField, Count>> read_small(std::string_view bytes) {
  std::array<WireField, Count> fields{};
  WireReader reader(bytes);
  while (!reader.at_end()) {
    const auto field = reader.next();
    if (!field) {
      return std::nullopt;
    }
    if (field->number < Count) {
      fields.at(field->number) = *field;
    }
  }
  return fields;
}

class Decoder {
 public:
  explicit Decoder(JsonStorage storage) : storage_(std::move(storage)) {}

  /// `via` tells which inlined message `bytes` are: 0 for the type itself.
  Result<void> message(const Type& type, std::uint16_t via, std::string_view bytes,
                       JsonObject& into, int depth) {
    if (depth > kMaxDepth) {
      return malformed("it is nested too deeply");
    }
    WireReader reader(bytes);
    while (!reader.at_end()) {
      const auto wire = reader.next();
      if (!wire) {
        return malformed("a field of " + std::string(type.name) + " is cut off");
      }
      PINTLE_TRY_STATUS(take(type, via, *wire, into, depth));
    }
    return {};
  }

 private:
  Result<void> take(const Type& type, std::uint16_t via, const WireField& wire, JsonObject& into,
                    int depth) {
    const Field* field = nullptr;
    bool is_inlined = false;
    const auto deeper =
        static_cast<std::uint16_t>(via == 0 ? wire.number : via | (wire.number << 8));
    for (const Field& one : type.fields) {
      if (one.via == via && one.proto == wire.number) {
        field = &one;
        break;
      }
      is_inlined = is_inlined || one.via == deeper || (via == 0 && (one.via & 0xff) == deeper);
    }
    if (field == nullptr) {
      // An inlined message's fields stand among its owner's; what nobody knows is left out.
      return is_inlined && wire.number < 256 && wire.wire_type == 2
                 ? message(type, deeper, wire.bytes, into, depth + 1)
                 : Result<void>();
    }
    if (field->container == Container::kMap) {
      return map_entry(*field, wire, into, depth);
    }
    if (field->container == Container::kList) {
      return list_item(*field, wire, into, depth);
    }
    PINTLE_TRY(into[field->name], value(*field, wire, depth));
    return {};
  }

  Result<void> map_entry(const Field& field, const WireField& wire, JsonObject& into, int depth) {
    const auto entry = read_small<3>(wire.bytes);
    if (!entry) {
      return malformed("an entry of " + std::string(field.name) + " is cut off");
    }
    auto& map = ensure_object(into, field.name);
    PINTLE_TRY(map[entry->at(1).bytes], value(field, entry->at(2), depth));
    return {};
  }

  Result<void> list_item(const Field& field, const WireField& wire, JsonObject& into, int depth) {
    auto& member = into[field.name];
    if (!member.is_array()) {
      member = JsonArray(storage_);
    }
    auto& list = member.as_array();
    const bool is_packed =
        wire.wire_type == 2 && (field.shape == Shape::kInt32 || field.shape == Shape::kInt64);
    if (!is_packed) {
      PINTLE_TRY(auto item, value(field, wire, depth));
      list.push_back(std::move(item));
      return {};
    }
    WireReader packed(wire.bytes);
    while (!packed.at_end()) {
      const auto number = packed.varint();
      if (!number) {
        return malformed(std::string(field.name) + " is cut off");
      }
      list.push_back(static_cast<std::int64_t>(*number));
    }
    return {};
  }

  Result<Json> value(const Field& field, const WireField& wire, int depth) {
    switch (field.shape) {
      case Shape::kString:
        return text(wire.bytes);
      case Shape::kBool:
        return Json(wire.number_value != 0);
      case Shape::kInt32:
        return Json(std::int64_t{static_cast<std::int32_t>(wire.number_value)});
      case Shape::kInt64:
        return Json(static_cast<std::int64_t>(wire.number_value));
      case Shape::kDouble:
        return Json(std::bit_cast<double>(wire.number_value));
      case Shape::kBytes:
        return text(base64(wire.bytes));
      case Shape::kObject: {
        JsonObject object(storage_);
        PINTLE_TRY_STATUS(message(*field.type, 0, wire.bytes, object, depth + 1));
        return Json(std::move(object));
      }
      default:
        return special(field, wire, depth);
    }
  }

  /// The shapes that are messages of their own on the wire.
  Result<Json> special(const Field& field, const WireField& wire, int depth) {
    const auto parts = read_small<4>(wire.bytes);
    if (!parts) {
      return malformed(std::string(field.name) + " is cut off");
    }
    switch (field.shape) {
      case Shape::kTime:
      case Shape::kMicroTime: {
        if (wire.bytes.empty()) {
          return Json(nullptr, storage_);  // Go writes a time that is not set as an empty message.
        }
        const WallTime at =
            WallTime() +
            std::chrono::seconds(static_cast<std::int64_t>(parts->at(1).number_value)) +
            std::chrono::microseconds(parts->at(2).number_value / 1000);
        return text(field.shape == Shape::kTime ? to_rfc3339(at) : to_rfc3339_micro(at));
      }
      case Shape::kQuantity:
        return text(parts->at(1).bytes.empty() ? "0" : parts->at(1).bytes);
      case Shape::kIntOrString:
        if (parts->at(1).number_value == 0) {
          return Json(std::int64_t{static_cast<std::int32_t>(parts->at(2).number_value)});
        }
        return text(parts->at(3).bytes);
      case Shape::kDuration:
        return text(to_go_duration(
            std::chrono::nanoseconds(static_cast<std::int64_t>(parts->at(1).number_value))));
      case Shape::kStrings:
        return strings(wire.bytes);
      default: {
        if (field.type != nullptr) {
          return either(*field.type, wire, depth);
        }
        PINTLE_TRY(auto any, parse_json(parts->at(1).bytes, storage_));
        return std::move(any.value);
      }
    }
  }

  /// The one form of several that the message has; a flag is what is left where no other is there.
  Result<Json> either(const Type& type, const WireField& wire, int depth) {
    JsonObject forms(storage_);
    PINTLE_TRY_STATUS(message(type, 0, wire.bytes, forms, depth + 1));
    Json flag(nullptr, storage_);
    for (const Field& form : type.fields) {
      Json* found = forms.if_contains(form.name);
      if (form.shape == Shape::kBool) {
        flag = found != nullptr && found->get_bool();
      } else if (found != nullptr) {
        return std::move(*found);
      }
    }
    return flag;
  }

  Result<Json> strings(std::string_view bytes) {
    JsonArray items(storage_);
    WireReader reader(bytes);
    while (!reader.at_end()) {
      const auto item = reader.next();
      if (!item) {
        return malformed("a list of strings is cut off");
      }
      PINTLE_TRY(auto one, text(item->bytes));
      items.push_back(std::move(one));
    }
    return Json(std::move(items));
  }

  Result<Json> text(std::string_view bytes) { return Json(bytes, storage_); }

  JsonStorage storage_;
};

/// "v1" and "apps/v1" into group and version.
std::pair<std::string_view, std::string_view> split_version(std::string_view api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string_view::npos
             ? std::pair(std::string_view(), api_version)
             : std::pair(api_version.substr(0, slash), api_version.substr(slash + 1));
}

/// The type of `kind`; null where there is none. Not every kind sent is a resource: TokenRequest
/// only goes to a subresource. Its type is named as those of its group's resources are.
const Type* find_sent_type(const Catalog& catalog, std::string_view api_version,
                           std::string_view kind) {
  const auto [group, version] = split_version(api_version);
  if (const Resource* resource = catalog.find_kind(group, version, kind)) {
    return resource->type;
  }
  for (const Resource* resource : catalog.resources()) {
    if (resource->group == group && resource->version == version) {
      const auto name = resource->type->name;
      const Type* type =
          catalog.find_type(std::string(name.substr(0, name.rfind('.') + 1)) + std::string(kind));
      if (type != nullptr) {
        return type;
      }
      break;
    }
  }
  // Everybody's: DeleteOptions, Status.
  return catalog.find_type("meta/v1." + std::string(kind));
}

}  // namespace

Result<Json> decode_protobuf(const Catalog& catalog, std::string_view body,
                             const JsonStorage& storage) {
  if (!body.starts_with(kMagic)) {
    return malformed("it does not begin with \"k8s\" and a zero byte");
  }
  // runtime.Unknown: 1 typeMeta {1 apiVersion, 2 kind}, 2 raw, 3 contentEncoding, 4 contentType.
  const auto unknown = read_small<5>(body.substr(kMagic.size()));
  const auto type_meta = unknown ? read_small<3>(unknown->at(1).bytes) : std::nullopt;
  if (!type_meta) {
    return malformed("its envelope is cut off");
  }
  const auto api_version = type_meta->at(1).bytes;
  const auto kind = type_meta->at(2).bytes;
  const Type* type = find_sent_type(catalog, api_version, kind);
  if (type == nullptr) {
    return Error(Code::kBadRequest, "no kind \"" + std::string(kind) +
                                        "\" is registered for version \"" +
                                        std::string(api_version) + "\"");
  }
  JsonObject object(storage);
  object["kind"] = kind;
  object["apiVersion"] = api_version;
  PINTLE_TRY_STATUS(Decoder(storage).message(*type, 0, unknown->at(2).bytes, object, 0));
  // Bytes on the wire need not be text: the JSON road's check holds here, too.
  PINTLE_TRY(auto checked, parse_json(to_json(Json(object, storage)), storage));
  return std::move(checked.value);
}

}  // namespace pintle::api
