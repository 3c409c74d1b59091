// Metadata: a part of a JSON text found without parsing the rest; see metadata.hpp.

#include "core/sdk/metadata.hpp"

#include <algorithm>
#include <cstddef>

namespace pintle::sdk {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Steps over text that is known to be JSON. Past its end there is only "".
struct Reader {
  std::string_view json;
  std::size_t at = 0;

  char peek() {
    while (at < json.size() && is_space(json[at])) {
      ++at;
    }
    return at < json.size() ? json[at] : '\0';
  }

  /// Steps over a string; its text between the quotes, escapes and all.
  std::string_view string() {
    const auto from = ++at;
    while (at < json.size() && json[at] != '"') {
      at += json[at] == '\\' ? 2 : 1;
    }
    const auto to = std::min(at++, json.size());
    return json.substr(from, to - from);
  }

  /// Steps over one value; its text.
  std::string_view value() {
    peek();
    const auto from = at;
    int depth = 0;
    while (at < json.size()) {
      const char c = json[at];
      if (c == '"') {
        string();
        if (depth == 0) {
          break;
        }
        continue;
      }
      const bool ends = c == '}' || c == ']' || c == ',';
      if (depth == 0 && ends) {
        break;  // After a number or a literal.
      }
      depth += c == '{' || c == '[' ? 1 : (c == '}' || c == ']' ? -1 : 0);
      ++at;
      if (depth == 0 && (c == '}' || c == ']')) {
        break;
      }
    }
    return json.substr(from, std::min(at, json.size()) - from);
  }
};

}  // namespace

std::string_view find_metadata(std::string_view json) {
  Reader reader{json};
  if (reader.peek() != '{') {
    return {};
  }
  ++reader.at;
  while (reader.peek() == '"') {
    const auto key = reader.string();
    if (reader.peek() != ':') {
      return {};
    }
    ++reader.at;
    const auto value = reader.value();
    if (key == "metadata") {
      return value;
    }
    if (reader.peek() != ',') {
      return {};
    }
    ++reader.at;
  }
  return {};
}

Result<Json> parse_metadata(std::string_view json, const JsonStorage& storage) {
  const auto text = find_metadata(json);
  if (text.empty()) {
    return Error(Code::kInvalid, "an object without metadata");
  }
  PINTLE_TRY(ParsedJson parsed, parse_json(text, storage, {.max_bytes = text.size()}));
  return std::move(parsed.value);
}

}  // namespace pintle::sdk
