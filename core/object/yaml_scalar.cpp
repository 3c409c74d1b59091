// The table of words, and numbers in all the bases that go-yaml knows.

#include "core/object/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace pintle {
namespace {

constexpr std::array<std::string_view, 11> kTrue = {"y",    "Y",    "yes", "Yes", "YES", "true",
                                                    "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalse = {"n",     "N",     "no",  "No",  "NO", "false",
                                                     "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNull = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 12> kNotFinite = {".nan",  ".NaN",  ".NAN",  ".inf",
                                                         ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                         "+.INF", "-.inf", "-.Inf", "-.INF"};

template <typename Words>
bool is_one_of(const Words& words, std::string_view text) {
  return std::ranges::find(words, text) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The base that the prefix of `digits` names; the prefix is taken off.
int take_base(std::string_view& digits) {
  if (digits.size() < 2 || digits.front() != '0') {
    return 10;
  }
  const char letter = static_cast<char>(digits[1] | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
  digits.remove_prefix(letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1);
  return base;
}

std::optional<Json> to_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const int base = take_base(text);
  std::uint64_t size = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, size, base);
  if (read.ec != std::errc() || read.ptr != end) {
    return std::nullopt;
  }
  constexpr std::uint64_t kMinimum = std::uint64_t{1} << 63;
  if (negative) {
    return size <= kMinimum ? std::optional<Json>(static_cast<std::int64_t>(0 - size))
                            : std::nullopt;
  }
  return size < kMinimum ? Json(static_cast<std::int64_t>(size)) : Json(size);
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool has_float_form(std::string_view text) {
  const auto take_digits = [&text] {
    const auto size = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(size);
    return size > 0;
  };
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const bool whole = take_digits();
  const bool point = text.starts_with('.');
  if (point) {
    text.remove_prefix(1);
  }
  const bool fraction = point && take_digits();
  if (!whole && !fraction) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) {
      text.remove_prefix(1);
    }
    return take_digits() && text.empty();
  }
  return text.empty();
}

/// A float that is whole becomes an integer, as it does on its way through JSON.
std::optional<Json> to_float(std::string_view text) {
  if (!has_float_form(text)) {
    return std::nullopt;
  }
  if (text.starts_with('+')) {
    text.remove_prefix(1);
  }
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) {
    return std::nullopt;
  }
  constexpr double kExact = 9007199254740992.0;  // 2^53: up to here every integer is one double.
  if (std::trunc(number) == number && std::fabs(number) <= kExact) {
    return Json(static_cast<std::int64_t>(number));
  }
  return Json(number);
}

Json to_text(std::string_view text) {
  return Json(boost::json::string_view(text.data(), text.size()));
}

}  // namespace

std::optional<Json> resolve_yaml_scalar(std::string_view text) {
  if (is_one_of(kNull, text)) {
    return Json(nullptr);
  }
  if (is_one_of(kTrue, text)) {
    return Json(true);
  }
  if (is_one_of(kFalse, text)) {
    return Json(false);
  }
  if (is_one_of(kNotFinite, text)) {
    return std::nullopt;
  }
  const char first = text.front();
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') {
    return to_text(text);
  }
  std::string plain(text);
  std::erase(plain, '_');
  if (auto integer = first == '.' ? std::nullopt : to_integer(plain)) {
    return integer;
  }
  auto number = to_float(plain);
  return number ? std::move(*number) : to_text(text);
}

}  // namespace pintle
