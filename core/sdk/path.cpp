// Path: an API path from its parts and back; see path.hpp.

#include "core/sdk/path.hpp"

#include <vector>

namespace pintle::sdk {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.' || c == '~' || c == ':';
}

}  // namespace

std::string to_text(const Path& path) {
  std::string text = path.group.empty() ? "/api/" : "/apis/" + path.group + "/";
  text += path.version;
  if (!path.ns.empty()) {
    text += "/namespaces/" + query_escaped(path.ns);
  }
  text += "/" + path.resource;
  if (!path.name.empty()) {
    text += "/" + query_escaped(path.name);
  }
  if (!path.subresource.empty()) {
    text += "/" + path.subresource;
  }
  if (!path.query.empty()) {
    text += "?" + path.query;
  }
  return text;
}

std::optional<Path> parse_path(std::string_view text) {
  Path path;
  const auto mark = text.find('?');
  if (mark != std::string_view::npos) {
    path.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  const bool core = text.starts_with("/api/");
  if (!core && !text.starts_with("/apis/")) {
    return std::nullopt;
  }
  auto parts = split(text.substr(core ? 5 : 6), '/');
  std::size_t next = 0;
  const auto take = [&] { return next < parts.size() ? query_unescaped(parts[next++]) : ""; };
  path.group = core ? "" : take();
  path.version = take();
  // /namespaces/NS/RESOURCE..., but /namespaces/NS, .../status and .../finalize are the object.
  const bool scoped = parts.size() >= next + 3 && parts[next] == "namespaces" &&
                      parts[next + 2] != "status" && parts[next + 2] != "finalize";
  if (scoped) {
    ++next;
    path.ns = take();
  }
  path.resource = take();
  path.name = take();
  path.subresource = take();
  if (path.resource.empty() || next < parts.size()) {
    return std::nullopt;
  }
  return path;
}

std::string query_escaped(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string escaped;
  escaped.reserve(text.size() + 8);
  for (const char c : text) {
    if (is_plain(c)) {
      escaped += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    escaped += '%';
    escaped += kDigits[byte >> 4U];
    escaped += kDigits[byte & 0xFU];
  }
  return escaped;
}

std::string query_unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (escape) {
      plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  for (const auto pair : split(query, '&')) {
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? "" : query_unescaped(pair.substr(equals + 1));
    }
  }
  return std::nullopt;
}

}  // namespace pintle::sdk
