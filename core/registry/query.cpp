// How a query is taken apart.

#include "core/registry/query.hpp"

#include <charconv>

#include "core/base/concat.hpp"

namespace pintle::registry {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return c - 'A' + 10;
  }
  return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
      continue;
    }
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Query::Query(std::string_view raw) {
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const auto pair = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view() : raw.substr(end + 1);
    if (pair.empty()) {
      continue;
    }
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), /*plus_is_space=*/true);
    auto value = equals == std::string_view::npos
                     ? std::optional<std::string>("")
                     : percent_decode(pair.substr(equals + 1), /*plus_is_space=*/true);
    if (name && value) {
      pairs_.emplace_back(std::move(*name), std::move(*value));
    }
  }
}

const std::string* Query::find(std::string_view name) const {
  for (const auto& pair : pairs_) {
    if (pair.first == name) {
      return &pair.second;
    }
  }
  return nullptr;
}

std::string_view Query::text(std::string_view name) const {
  const auto* found = find(name);
  return found == nullptr ? std::string_view() : std::string_view(*found);
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& pair : pairs_) {
    if (pair.first == name) {
      values.push_back(pair.second);
    }
  }
  return values;
}

std::optional<bool> Query::boolean(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr) {
    return std::nullopt;
  }
  return *found != "false" && *found != "0";
}

Result<std::optional<std::int64_t>> Query::integer(std::string_view name) const {
  const auto* found = find(name);
  if (found == nullptr || found->empty()) {
    return std::optional<std::int64_t>();
  }
  std::int64_t number = 0;
  const char* end = found->data() + found->size();
  const auto [stopped, fault] = std::from_chars(found->data(), end, number);
  if (fault != std::errc() || stopped != end) {
    return Error(Code::kBadRequest,
                 concat({"strconv.ParseInt: parsing \"", *found, "\": invalid syntax"}));
  }
  return std::optional<std::int64_t>(number);
}

}  // namespace pintle::registry
