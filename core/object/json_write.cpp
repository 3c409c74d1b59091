// Serialising JSON: the bytes Go's encoder would write, HTML-safe escapes included.

#include <algorithm>
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

/// Gathers small pieces, so that the string is asked for room once in a kilobyte.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { flush(); }

  void put(char c) {
    if (used_ == buffer_.size()) {
      flush();
    }
    buffer_[used_++] = c;
  }

  void put(std::string_view text) {
    if (text.size() > buffer_.size() - used_) {
      flush();
      if (text.size() > buffer_.size()) {
        out_.append(text);
        return;
      }
    }
    std::copy(text.begin(), text.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += text.size();
  }

 private:
  void flush() {
    out_.append(buffer_.data(), used_);
    used_ = 0;
  }

  std::string& out_;
  std::array<char, 1024> buffer_;
  std::size_t used_ = 0;
};

void write_escape(Writer& out, unsigned char c) {
  switch (c) {
    case '"':
      return out.put("\\\"");
    case '\\':
      return out.put("\\\\");
    case '\n':
      return out.put("\\n");
    case '\r':
      return out.put("\\r");
    case '\t':
      return out.put("\\t");
    case '\b':
      return out.put("\\b");
    case '\f':
      return out.put("\\f");
    default:
      out.put("\\u00");
      out.put(kHex[c >> 4]);
      out.put(kHex[c & 0x0f]);
  }
}

/// Writes the character that starts at `at` and is not ASCII; its length in bytes.
std::size_t write_wide(Writer& out, std::string_view text, std::size_t at) {
  const std::size_t size = utf8_sequence_size(text, at);
  if (size == 0) {
    out.put("\\ufffd");
    return 1;
  }
  const auto sequence = text.substr(at, size);
  // Line and paragraph separator end a line in JavaScript.
  if (sequence == "\u2028" || sequence == "\u2029") {
    out.put(sequence == "\u2028" ? "\\u2028" : "\\u2029");
    return size;
  }
  out.put(sequence);
  return size;
}

void write_string(Writer& out, std::string_view text) {
  out.put('"');
  std::size_t plain_from = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (kPlain[c]) {
      ++at;
      continue;
    }
    out.put(text.substr(plain_from, at - plain_from));
    if (c < 0x80) {
      write_escape(out, c);
      ++at;
    } else {
      at += write_wide(out, text, at);
    }
    plain_from = at;
  }
  out.put(text.substr(plain_from));
  out.put('"');
}

template <typename Number>
void write_integer(Writer& out, Number number) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.put({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// As Go: plain digits between 1e-6 and 1e21, otherwise an exponent without leading zeros.
void write_double(Writer& out, double number) {
  if (!std::isfinite(number)) {
    return out.put("null");
  }
  const double size = std::fabs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  const auto exponent = text.find("e-0");
  if (exponent == std::string_view::npos) {
    return out.put(text);
  }
  out.put(text.substr(0, exponent + 2));
  out.put(text.substr(exponent + 3));
}

void write(Writer& out, const Json& value);

void write_array(Writer& out, const JsonArray& array) {
  out.put('[');
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i > 0) {
      out.put(',');
    }
    write(out, array[i]);
  }
  out.put(']');
}

void write_object(Writer& out, const JsonObject& object) {
  out.put('{');
  bool first = true;
  for (const auto& member : object) {
    if (!first) {
      out.put(',');
    }
    first = false;
    write_string(out, {member.key().data(), member.key().size()});
    out.put(':');
    write(out, member.value());
  }
  out.put('}');
}

void write(Writer& out, const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return out.put("null");
    case boost::json::kind::bool_:
      return out.put(value.get_bool() ? "true" : "false");
    case boost::json::kind::int64:
      return write_integer(out, value.get_int64());
    case boost::json::kind::uint64:
      return write_integer(out, value.get_uint64());
    case boost::json::kind::double_:
      return write_double(out, value.get_double());
    case boost::json::kind::string:
      return write_string(out, {value.get_string().data(), value.get_string().size()});
    case boost::json::kind::array:
      return write_array(out, value.get_array());
    case boost::json::kind::object:
      return write_object(out, value.get_object());
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  Writer writer(out);
  write_string(writer, text);
}

void append_json(std::string& out, const Json& value) {
  Writer writer(out);
  write(writer, value);
}

std::string to_json(const Json& value) {
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace pintle
