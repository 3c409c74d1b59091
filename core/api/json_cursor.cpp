// How committed JSON is gone over.

#include "core/api/json_cursor.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace pintle::api {
namespace {

std::uint32_t hex_of(std::string_view digits) {
  std::uint32_t code = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return code;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | code >> 6U);
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3fU));
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
}

/// Appends the character whose \uXXXX begins at `at`; gives the place after it.
std::size_t append_escaped_code(std::string& out, std::string_view raw, std::size_t at) {
  std::uint32_t code = hex_of(raw.substr(at + 2, 4));
  at += 6;
  if (code >= 0xd800 && code < 0xdc00 && raw.substr(at).starts_with("\\u")) {
    const std::uint32_t low = hex_of(raw.substr(at + 2, 4));
    code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
    at += 6;
  }
  append_utf8(out, code);
  return at;
}

char plain_of(char escape) {
  switch (escape) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return escape;
  }
}

}  // namespace

std::string_view JsonCursor::raw_string() {
  expect('"');
  std::size_t end = rest_.find('"');
  // A quote after an odd number of backslashes is part of the text.
  while (end != std::string_view::npos && end > 0 && rest_[end - 1] == '\\') {
    std::size_t slashes = 1;
    while (slashes < end && rest_[end - 1 - slashes] == '\\') {
      ++slashes;
    }
    if (slashes % 2 == 0) {
      break;
    }
    end = rest_.find('"', end + 1);
  }
  PINTLE_ASSERT(end != std::string_view::npos);
  const auto text = rest_.substr(0, end);
  rest_.remove_prefix(end + 1);
  return text;
}

std::string_view JsonCursor::word() {
  const auto end = std::min(rest_.find_first_of(",]}"), rest_.size());
  const auto text = rest_.substr(0, end);
  rest_.remove_prefix(end);
  return text;
}

std::string_view JsonCursor::raw_value() {
  const char* begin = rest_.data();
  std::size_t depth = 0;
  do {
    switch (peek()) {
      case '{':
      case '[':
        ++depth;
        rest_.remove_prefix(1);
        break;
      case '}':
      case ']':
        --depth;
        rest_.remove_prefix(1);
        break;
      case '"':
        raw_string();
        break;
      case ',':
      case ':':
        rest_.remove_prefix(1);
        break;
      default:
        word();
    }
  } while (depth > 0);
  return {begin, static_cast<std::size_t>(rest_.data() - begin)};
}

void append_unescaped(std::string& out, std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    const auto slash = std::min(raw.find('\\', at), raw.size());
    out.append(raw, at, slash - at);
    at = slash;
    if (at + 1 >= raw.size()) {
      return;
    }
    if (raw[at + 1] == 'u') {
      at = append_escaped_code(out, raw, at);
    } else {
      out += plain_of(raw[at + 1]);
      at += 2;
    }
  }
}

}  // namespace pintle::api
