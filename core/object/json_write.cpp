// Serialising JSON: the bytes Go's encoder would write, HTML-safe escapes included.

#include <array>
#include <charconv>
#include <cmath>

#include "core/object/json.hpp"
#include "core/object/utf8.hpp"

namespace pintle {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

/// Whether a byte can stand in a JSON string as it is. Go also escapes what HTML gives a meaning.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) {
    plain.at(c) = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f;
  }
  plain.at(0x7f) = true;
  return plain;
}();

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 0x0f];
  }
}

/// Appends the character that starts at `at` and is not ASCII; its length in bytes.
std::size_t append_wide(std::string& out, std::string_view text, std::size_t at) {
  const std::size_t size = utf8_sequence_size(text, at);
  if (size == 0) {
    out += "\\ufffd";
    return 1;
  }
  const auto sequence = text.substr(at, size);
  // Line and paragraph separator end a line in JavaScript.
  if (sequence == "\u2028" || sequence == "\u2029") {
    out += sequence == "\u2028" ? "\\u2028" : "\\u2029";
    return size;
  }
  out += sequence;
  return size;
}

template <typename Number>
void append_integer(std::string& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

/// As Go: plain digits between 1e-6 and 1e21, otherwise an exponent without leading zeros.
void append_double(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (const auto exponent = text.find("e-0"); exponent != std::string_view::npos) {
    out += text.substr(0, exponent + 2);
    out += text.substr(exponent + 3);
    return;
  }
  out += text;
}

void append_array(std::string& out, const JsonArray& array) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) {
      out += ',';
    }
    append_json(out, array[i]);
  }
  out += ']';
}

void append_object(std::string& out, const JsonObject& object) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) {
      out += ',';
    }
    first = false;
    append_json_string(out, {member.key().data(), member.key().size()});
    out += ':';
    append_json(out, member.value());
  }
  out += '}';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain_from = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (kPlain[c]) {
      ++at;
      continue;
    }
    out.append(text, plain_from, at - plain_from);
    if (c < 0x80) {
      append_escape(out, c);
      ++at;
    } else {
      at += append_wide(out, text, at);
    }
    plain_from = at;
  }
  out.append(text, plain_from);
  out += '"';
}

void append_json(std::string& out, const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      return;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case boost::json::kind::int64:
      return append_integer(out, value.get_int64());
    case boost::json::kind::uint64:
      return append_integer(out, value.get_uint64());
    case boost::json::kind::double_:
      return append_double(out, value.get_double());
    case boost::json::kind::string:
      return append_json_string(out, {value.get_string().data(), value.get_string().size()});
    case boost::json::kind::array:
      return append_array(out, value.get_array());
    case boost::json::kind::object:
      return append_object(out, value.get_object());
  }
}

std::string to_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace pintle
