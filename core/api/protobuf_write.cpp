// One writer over all kinds: the API's JSON, gone over once, as protobuf messages.
//
// Go's encoder writes plain numbers, flags and texts even where they are zero; a zero that is left
// out reads the same, so what the JSON does not say is not written. Source: gogo protobuf's
// encoding of Kubernetes' types, proto2 without packed lists.

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdint>

#include "core/api/catalog_data.hpp"
#include "core/api/json_cursor.hpp"
#include "core/api/protobuf.hpp"
#include "core/base/clock.hpp"
#include "core/base/concat.hpp"

namespace pintle::api {
namespace {

constexpr std::string_view kMagic{"k8s\0", 4};
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kBytes = 2;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) {
    out += static_cast<char>(0x80U | (value & 0x7fU));
  }
  out += static_cast<char>(value);
}

std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1U)) + 6) / 7;
}

void append_tag(std::string& out, std::uint32_t number, std::uint32_t wire_type) {
  append_varint(out, number << 3U | wire_type);
}

void append_number(std::string& out, std::uint32_t number, std::int64_t value) {
  append_tag(out, number, kVarint);
  append_varint(out, static_cast<std::uint64_t>(value));
}

void append_bytes(std::string& out, std::uint32_t number, std::string_view bytes) {
  append_tag(out, number, kBytes);
  append_varint(out, bytes.size());
  out += bytes;
}

std::int64_t integer_of(std::string_view word) {
  std::int64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

double double_of(std::string_view word) {
  double value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

/// Base 64 as it was accepted: padding and unused bits say nothing.
void append_from_base64(std::string& out, std::string_view text) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    std::uint32_t digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<std::uint32_t>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<std::uint32_t>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0') + 52;
    } else if (c == '+' || c == '/') {
      digit = c == '+' ? 62 : 63;
    } else {
      continue;
    }
    bits = bits << 6U | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xffU);
    }
  }
}

/// Nanoseconds of Go's "1h2m3.5s"; nothing it could not have written comes here.
std::int64_t nanoseconds_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {
      {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}}};
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  double total = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
    const double amount = double_of(text.substr(0, end));
    text.remove_prefix(end);
    const auto unit = text.substr(0, std::min(text.find_first_of("0123456789."), text.size()));
    for (const auto& [name, nanoseconds] : kUnits) {
      total += unit == name ? amount * nanoseconds : 0;
    }
    text.remove_prefix(unit.size());
  }
  return static_cast<std::int64_t>(negative ? -total : total);
}

/// Messages that are open, innermost last: a size is put in once it is known.
class Messages {
 public:
  explicit Messages(std::string& out) : out_(out) {}

  std::size_t begin(std::uint32_t number) {
    append_tag(out_, number, kBytes);
    out_ += '\0';
    return out_.size();
  }

  /// `start` is what begin gave. Most messages are short: then nothing is moved.
  void end(std::size_t start) {
    const auto size = out_.size() - start;
    const auto extra = varint_size(size) - 1;
    out_.insert(start, extra, '\0');
    std::size_t rest = size;
    for (std::size_t i = 0; i <= extra; ++i, rest >>= 7U) {
      out_[start - 1 + i] = static_cast<char>((i < extra ? 0x80U : 0U) | (rest & 0x7fU));
    }
  }

 private:
  std::string& out_;
};

/// The messages that inlined fields of one object lie in. Fields of one inlined type stand
/// together; were they apart, Go would merge the pieces.
class Inlined {
 public:
  explicit Inlined(std::string& out) : messages_(out) {}

  void enter(std::uint16_t via) {
    if (via == via_) {
      return;
    }
    for (; depth_ > 0; --depth_) {
      messages_.end(starts_.at(depth_ - 1));
    }
    via_ = via;
    for (std::uint32_t rest = via; rest != 0; rest >>= 8U) {
      starts_.at(depth_++) = messages_.begin(rest & 0xffU);
    }
  }

 private:
  Messages messages_;
  std::uint16_t via_ = 0;
  std::array<std::size_t, 2> starts_{};
  std::size_t depth_ = 0;
};

class Transcoder {
 public:
  Transcoder(std::string_view json, std::string& out) : json_(json), out_(out), messages_(out) {}

  void object(const Type& type) {
    json_.expect('{');
    Inlined inlined(out_);
    while (json_.next('}')) {
      const Field* field = type.find(json_.raw_string());
      json_.expect(':');
      // TypeMeta has no numbers: the envelope says what the object is.
      if (field == nullptr || field->proto == 0 || json_.peek() == 'n') {
        json_.raw_value();
        continue;
      }
      inlined.enter(field->via);
      contained(*field);
    }
    inlined.enter(0);
  }

 private:
  void contained(const Field& field) {
    switch (field.container) {
      case Container::kNone:
        return value(field, field.proto);
      case Container::kList:
        json_.expect('[');
        while (json_.next(']')) {
          value(field, field.proto);
        }
        return;
      case Container::kMap:
        json_.expect('{');
        while (json_.next('}')) {
          const auto entry = messages_.begin(field.proto);
          text(1);
          json_.expect(':');
          value(field, 2);
          messages_.end(entry);
        }
    }
  }

  void value(const Field& field, std::uint32_t number) {
    switch (field.shape) {
      case Shape::kString:
        return text(number);
      case Shape::kBool:
        return append_number(out_, number, json_.word() == "true" ? 1 : 0);
      case Shape::kInt32:
      case Shape::kInt64:
        return append_number(out_, number, integer_of(json_.word()));
      case Shape::kDouble:
        return fixed(number, std::bit_cast<std::uint64_t>(double_of(json_.word())));
      case Shape::kBytes:
        return bytes(number);
      default:
        break;
    }
    const auto message = messages_.begin(number);
    inner(field);
    messages_.end(message);
  }

  /// The shapes that are messages of their own on the wire.
  void inner(const Field& field) {
    switch (field.shape) {
      case Shape::kObject:
        return object(*field.type);
      case Shape::kTime:
      case Shape::kMicroTime:
        return time();
      case Shape::kQuantity:
        return text(1);
      case Shape::kIntOrString:
        return int_or_string();
      case Shape::kDuration:
        return append_number(out_, 1, nanoseconds_of(json_.raw_string()));
      case Shape::kStrings:
        json_.expect('[');
        while (json_.next(']')) {
          text(1);
        }
        return;
      default:
        return field.type == nullptr ? append_bytes(out_, 1, json_.raw_value())
                                     : either(*field.type);
    }
  }

  /// One of the forms that `type` has a field for: the one of the value's kind.
  void either(const Type& type) {
    for (const Field& form : type.fields) {
      const bool is_list = form.container == Container::kList;
      const bool fits = json_.peek() == '['   ? is_list
                        : json_.peek() == '{' ? form.shape == Shape::kObject && !is_list
                                              : form.shape == Shape::kBool;
      if (fits) {
        return contained(form);
      }
      if (form.shape == Shape::kBool) {
        append_number(out_, form.proto, 1);  // Go has a schema allow what it describes.
      }
    }
    json_.raw_value();
  }

  void text(std::uint32_t number) {
    if (json_.peek() != '"') {  // A null within a list is the empty text.
      json_.raw_value();
      return append_bytes(out_, number, "");
    }
    const auto raw = json_.raw_string();
    if (raw.find('\\') == std::string_view::npos) {
      return append_bytes(out_, number, raw);
    }
    const auto message = messages_.begin(number);
    append_unescaped(out_, raw);
    messages_.end(message);
  }

  void bytes(std::uint32_t number) {
    const auto message = messages_.begin(number);
    append_from_base64(out_, json_.raw_string());
    messages_.end(message);
  }

  void fixed(std::uint32_t number, std::uint64_t value) {
    append_tag(out_, number, kFixed64);
    for (unsigned shift = 0; shift < 64; shift += 8) {
      out_ += static_cast<char>(value >> shift & 0xffU);
    }
  }

  /// Timestamp {1 seconds, 2 nanos}; a time that is not there is an empty one.
  void time() {
    if (json_.peek() != '"') {
      json_.raw_value();
      return;
    }
    const auto at = parse_rfc3339(json_.raw_string());
    if (!at) {
      return;
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*at);
    append_number(out_, 1, seconds.time_since_epoch().count());
    append_number(out_, 2, std::chrono::nanoseconds(*at - seconds).count());
  }

  /// IntOrString {1 type, 2 intVal, 3 strVal}.
  void int_or_string() {
    const bool is_text = json_.peek() == '"';
    append_number(out_, 1, is_text ? 1 : 0);
    append_number(out_, 2, is_text ? 0 : integer_of(json_.word()));
    if (is_text) {
      text(3);
    } else {
      append_bytes(out_, 3, "");
    }
  }

  JsonCursor json_;
  std::string& out_;
  Messages messages_;
};

/// The type of a document. What is no resource (Status, TokenRequest, a list) is named beside one
/// of its group and version, or is everybody's.
const Type* find_document_type(std::string_view api_version, std::string_view kind) {
  std::string_view prefix;
  const auto slash = api_version.find('/') + 1;  // 0 where the group is the core's.
  for (const Resource& resource : builtin_resources()) {
    if (resource.version == api_version.substr(slash) &&
        resource.group == api_version.substr(0, slash == 0 ? 0 : slash - 1)) {
      const auto name = resource.type->name;
      prefix = name.substr(0, name.rfind('.') + 1);
      break;
    }
  }
  if (!prefix.empty()) {
    if (const Type* type = find_builtin_type(concat({prefix, kind}))) {
      return type;
    }
  }
  const bool is_meta = api_version == "v1" || api_version.starts_with("meta.k8s.io/");
  if (is_meta) {
    return find_builtin_type(concat({"meta/v1.", kind}));
  }
  return api_version.starts_with("apidiscovery.k8s.io/")
             ? find_builtin_type(concat({"apidiscovery/v2.", kind}))
             : nullptr;
}

/// False where a field that is not TypeMeta's has no number: Table is JSON only.
bool has_numbers(const Type& type) {
  return std::ranges::all_of(type.fields, [](const Field& field) {
    return field.proto != 0 || field.name == "kind" || field.name == "apiVersion";
  });
}

void append_message_in_document(std::string& out, std::string_view api_version,
                                std::string_view kind, const Type& type, std::string_view json) {
  out += kMagic;
  Messages messages(out);
  const auto type_meta = messages.begin(1);
  append_bytes(out, 1, api_version);
  append_bytes(out, 2, kind);
  messages.end(type_meta);
  const auto raw = messages.begin(2);
  append_protobuf_message(out, type, json);
  messages.end(raw);
  append_protobuf_tail(out);
}

}  // namespace

const Type* find_builtin_type(std::string_view name) {
  const auto types = builtin_types();
  const auto at = std::ranges::lower_bound(types, name, {}, &Type::name);
  return at != types.end() && at->name == name ? &*at : nullptr;
}

void append_protobuf_message(std::string& out, const Type& type, std::string_view json) {
  Transcoder(json, out).object(type);
}

void append_protobuf(std::string& out, const Resource& resource, std::string_view json) {
  append_message_in_document(out, resource.api_version(), resource.kind, *resource.type, json);
}

bool append_protobuf(std::string& out, std::string_view json) {
  std::string_view kind;
  std::string_view api_version;
  JsonCursor cursor(json);
  cursor.expect('{');
  while ((kind.empty() || api_version.empty()) && cursor.next('}')) {
    const auto name = cursor.raw_string();
    cursor.expect(':');
    const auto value = cursor.raw_value();
    if (name == "kind" || name == "apiVersion") {
      (name == "kind" ? kind : api_version) = value.substr(1, value.size() - 2);
    }
  }
  // Discovery's own documents leave out their version.
  api_version = api_version.empty() ? "v1" : api_version;
  const Type* type = find_document_type(api_version, kind);
  if (type == nullptr || !has_numbers(*type)) {
    return false;
  }
  append_message_in_document(out, api_version, kind, *type, json);
  return true;
}

void append_protobuf_head(std::string& out, std::string_view api_version, std::string_view kind,
                          std::size_t message_bytes) {
  out += kMagic;
  Messages messages(out);
  const auto type_meta = messages.begin(1);
  append_bytes(out, 1, api_version);
  append_bytes(out, 2, kind);
  messages.end(type_meta);
  append_tag(out, 2, kBytes);
  append_varint(out, message_bytes);
}

void append_protobuf_tail(std::string& out) {
  append_bytes(out, 3, "");  // contentEncoding,
  append_bytes(out, 4, "");  // contentType: Go writes both, always empty.
}

void append_protobuf_item_head(std::string& out, std::size_t message_bytes) {
  append_tag(out, 2, kBytes);
  append_varint(out, message_bytes);
}

void append_protobuf_frame(std::string& out, std::string_view event_type,
                           std::string_view document) {
  const auto at = out.size();
  out.append(4, '\0');
  append_bytes(out, 1, event_type);
  Messages messages(out);
  const auto extension = messages.begin(2);
  append_bytes(out, 1, document);
  messages.end(extension);
  const auto size = static_cast<std::uint32_t>(out.size() - at - 4);
  for (std::size_t i = 0; i < 4; ++i) {
    out[at + i] = static_cast<char>(size >> (24 - 8 * i) & 0xffU);
  }
}

}  // namespace pintle::api
