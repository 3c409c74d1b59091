// YAML out, in the form kubectl shows: block style, lists not indented under their key.

#include <algorithm>

#include "core/object/utf8.hpp"
#include "core/object/yaml.hpp"
#include "core/object/yaml_scalar.hpp"

namespace pintle {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// Whether every character can stand in YAML unescaped, line feeds aside.
bool is_printable(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_sequence_size(text, at);
    const auto sequence = text.substr(at, size);
    const bool breaks_lines = sequence == "\u0085" || sequence == "\u2028" ||
                              sequence == "\u2029" || sequence == "\ufeff";
    const bool c1 = size == 2 && static_cast<unsigned char>(text[at]) == 0xc2 &&
                    static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (size == 0 || breaks_lines || c1 || (is_control(text[at]) && text[at] != '\n')) {
      return false;
    }
    at += size;
  }
  return true;
}

/// A text of several lines that a literal block can hold as it is.
bool fits_literal(std::string_view text) {
  return text.find('\n') != std::string_view::npos && text.front() != ' ' && text.front() != '\n' &&
         is_printable(text);
}

/// A text that, unquoted, would still be read as itself.
bool fits_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') {
    return false;
  }
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=<~").find(text.front()) != std::string_view::npos) {
    const bool dash_word =
        text.front() == '-' && text.size() > 1 && text[1] != ' ' && text[1] != '-';
    if (!dash_word) {
      return false;
    }
  }
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
         !text.starts_with("...") && text.find('\n') == std::string_view::npos &&
         is_printable(text);
}

void append_single_quoted(std::string& out, std::string_view text) {
  out += '\'';
  for (const char c : text) {
    out += c;
    if (c == '\'') {
      out += '\'';
    }
  }
  out += '\'';
}

/// Every character as it is, a quote's and a backslash's meaning taken, the rest by number.
void append_double_quoted(std::string& out, std::string_view text) {
  append_json_string(out, text);
}

void append_literal(std::string& out, std::string_view text, std::size_t indent) {
  const std::size_t feeds = text.size() - (text.find_last_not_of('\n') + 1);
  out += feeds == 0 ? "|-\n" : feeds == 1 ? "|\n" : "|+\n";
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) {
      out.append(indent, ' ');
      out += text.substr(0, end);
    }
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// One line or one literal block, its line feed included.
void append_text(std::string& out, std::string_view text, std::size_t indent) {
  if (fits_literal(text)) {
    return append_literal(out, text, indent);
  }
  const auto meaning = resolve_yaml_scalar(text);
  if (!meaning || !meaning->is_string()) {
    append_double_quoted(out, text);
  } else if (fits_plain(text)) {
    out += text;
  } else if (is_printable(text) && text.find('\n') == std::string_view::npos) {
    append_single_quoted(out, text);
  } else {
    append_double_quoted(out, text);
  }
  out += '\n';
}

void append_key(std::string& out, std::string_view key) {
  const auto meaning = resolve_yaml_scalar(key);
  if (meaning && meaning->is_string() && fits_plain(key)) {
    out += key;
  } else {
    append_double_quoted(out, key);
  }
  out += ':';
}

void append_block(std::string& out, const Json& value, std::size_t indent, bool first_in_line);

/// What follows a key or a dash: on the same line where it is short, else a block below.
void append_member(std::string& out, const Json& value, std::size_t indent) {
  const bool block = (value.is_object() && !value.get_object().empty()) ||
                     (value.is_array() && !value.get_array().empty());
  if (!block) {
    out += ' ';
    return append_block(out, value, indent, /*first_in_line=*/true);
  }
  out += '\n';
  append_block(out, value, value.is_array() && indent >= 2 ? indent - 2 : indent,
               /*first_in_line=*/false);
}

void append_object(std::string& out, const JsonObject& object, std::size_t indent,
                   bool first_in_line) {
  for (const auto& member : object) {
    if (!first_in_line) {
      out.append(indent, ' ');
    }
    first_in_line = false;
    append_key(out, {member.key().data(), member.key().size()});
    append_member(out, member.value(), indent + 2);
  }
}

void append_array(std::string& out, const JsonArray& array, std::size_t indent,
                  bool first_in_line) {
  for (const auto& element : array) {
    if (!first_in_line) {
      out.append(indent, ' ');
    }
    first_in_line = false;
    out += "- ";
    append_block(out, element, indent + 2, /*first_in_line=*/true);
  }
}

void append_block(std::string& out, const Json& value, std::size_t indent, bool first_in_line) {
  if (const auto* object = value.if_object(); object && !object->empty()) {
    return append_object(out, *object, indent, first_in_line);
  }
  if (const auto* array = value.if_array(); array && !array->empty()) {
    return append_array(out, *array, indent, first_in_line);
  }
  if (const auto* text = value.if_string()) {
    // Even at the top a block must be indented.
    return append_text(out, {text->data(), text->size()}, std::max<std::size_t>(indent, 2));
  }
  append_json(out, value);
  out += '\n';
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  append_block(out, value, 0, /*first_in_line=*/true);
  return out;
}

}  // namespace pintle
