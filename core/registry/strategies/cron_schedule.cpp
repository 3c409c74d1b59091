// How schedules are read.

#include "core/registry/strategies/cron_schedule.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "core/base/concat.hpp"
#include "core/base/result.hpp"
#include "core/registry/strategies/checks.hpp"

namespace pintle::registry {
namespace {

struct Bounds {
  std::int64_t least;
  std::int64_t most;
  std::span<const std::string_view> names;  // The first stands for `least`.
};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array kFields = {Bounds{0, 59, {}}, Bounds{0, 23, {}}, Bounds{1, 31, {}},
                                Bounds{1, 12, kMonths}, Bounds{0, 6, kDays}};
constexpr std::array<std::string_view, 7> kDescriptors = {
    "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"};

Error fault(std::string message) {
  return {Code::kInvalid, std::move(message)};
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (const auto word : split(text, ' ')) {
    if (!word.empty()) {
      words.push_back(word);
    }
  }
  return words;
}

/// strconv.Atoi, as Go words its errors.
Result<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto digits = text.starts_with('+') ? text.substr(1) : text;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || read.ptr != digits.data() + digits.size()) {
    return fault(concat({"failed to parse int from ", text, ": strconv.Atoi: parsing ",
                         quoted(text), ": invalid syntax"}));
  }
  if (read.ec != std::errc()) {
    return fault(concat({"failed to parse int from ", text, ": strconv.Atoi: parsing ",
                         quoted(text), ": value out of range"}));
  }
  if (number < 0) {
    return fault(concat({"negative number (", std::to_string(number), ") not allowed: ", text}));
  }
  return number;
}

Result<std::int64_t> parse_named(std::string_view text, const Bounds& bounds) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto name = std::ranges::find(bounds.names, std::string_view(lower));
  return name == bounds.names.end()
             ? parse_number(text)
             : Result<std::int64_t>(bounds.least + (name - bounds.names.begin()));
}

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

Result<Range> parse_ends(std::string_view text, std::string_view whole, const Bounds& bounds) {
  const auto ends = split(text, '-');
  if (ends[0] == "*" || ends[0] == "?") {
    return Range{bounds.least, bounds.most};
  }
  PINTLE_TRY(const auto first, parse_named(ends[0], bounds));
  if (ends.size() == 1) {
    return Range{first, first};
  }
  if (ends.size() > 2) {
    return fault(concat({"too many hyphens: ", whole}));
  }
  PINTLE_TRY(const auto last, parse_named(ends[1], bounds));
  return Range{first, last};
}

/// "*", "5", "1-5", "*/10", "5/10", "1-20/3".
Result<void> check_range(std::string_view text, const Bounds& bounds) {
  const auto parts = split(text, '/');
  PINTLE_TRY(Range range, parse_ends(parts[0], text, bounds));
  std::int64_t step = 1;
  if (parts.size() > 2) {
    return fault(concat({"too many slashes: ", text}));
  }
  if (parts.size() == 2) {
    PINTLE_TRY(step, parse_number(parts[1]));
    if (parts[0].find('-') == std::string_view::npos) {
      range.last = bounds.most;  // "5/10" is "5-59/10".
    }
  }
  const auto first = std::to_string(range.first);
  const auto last = std::to_string(range.last);
  if (range.first < bounds.least) {
    return fault(concat({"beginning of range (", first, ") below minimum (",
                         std::to_string(bounds.least), "): ", text}));
  }
  if (range.last > bounds.most) {
    return fault(concat(
        {"end of range (", last, ") above maximum (", std::to_string(bounds.most), "): ", text}));
  }
  if (range.first > range.last) {
    return fault(
        concat({"beginning of range (", first, ") beyond end of range (", last, "): ", text}));
  }
  if (step == 0) {
    return fault(concat({"step of range should be a positive number: ", text}));
  }
  return {};
}

Result<void> check_field(std::string_view field, const Bounds& bounds) {
  for (const auto range : split(field, ',')) {
    if (range.empty()) {
      continue;  // Go's FieldsFunc drops them.
    }
    PINTLE_TRY_STATUS(check_range(range, bounds));
  }
  return {};
}

/// "1h30m", "90s", "1.5h". Source: time.ParseDuration.
bool is_duration(std::string_view text) {
  if (text == "0") {
    return true;
  }
  constexpr std::array<std::string_view, 7> kUnits = {"ns", "us", "µs", "ms", "s", "m", "h"};
  if (text.starts_with('+') || text.starts_with('-')) {
    text.remove_prefix(1);
  }
  bool any = false;
  while (!text.empty()) {
    const auto end = text.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos ||
        std::ranges::count(text.substr(0, end), '.') > 1 || text.substr(0, end) == ".") {
      return false;
    }
    text.remove_prefix(end);
    const auto unit_end = std::min(text.find_first_of("0123456789."), text.size());
    if (std::ranges::find(kUnits, text.substr(0, unit_end)) == kUnits.end()) {
      return false;
    }
    text.remove_prefix(unit_end);
    any = true;
  }
  return any;
}

Result<void> check_descriptor(std::string_view text) {
  constexpr std::string_view kEvery = "@every ";
  if (std::ranges::find(kDescriptors, text) != kDescriptors.end()) {
    return {};
  }
  if (text.starts_with(kEvery)) {
    const auto period = text.substr(kEvery.size());
    if (is_duration(period)) {
      return {};
    }
    return fault(
        concat({"failed to parse duration ", text, ": time: invalid duration ", quoted(period)}));
  }
  return fault(concat({"unrecognized descriptor: ", text}));
}

Result<void> check_schedule(std::string_view text) {
  if (text.empty()) {
    return fault("empty spec string");
  }
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) {
    const auto space = std::min(text.find(' '), text.size());
    const auto zone = text.substr(text.find('=') + 1, space - text.find('=') - 1);
    if (!is_time_zone(zone)) {
      return fault(concat({"provided bad location ", zone, ": unknown time zone ", zone}));
    }
    text.remove_prefix(std::min(text.find_first_not_of(' ', space), text.size()));
  }
  if (text.starts_with('@')) {
    return check_descriptor(text);
  }
  const auto fields = words_of(text);
  if (fields.size() != kFields.size()) {
    std::string list;
    for (const auto field : fields) {
      list += concat({list.empty() ? "" : " ", field});
    }
    return fault(concat(
        {"expected exactly 5 fields, found ", std::to_string(fields.size()), ": [", list, "]"}));
  }
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    PINTLE_TRY_STATUS(check_field(fields[i], kFields[i]));
  }
  return {};
}

}  // namespace

std::string fault_of_schedule(std::string_view schedule) {
  const auto checked = check_schedule(schedule);
  return checked.ok() ? std::string() : checked.error().message;
}

bool is_time_zone(std::string_view name) {
  if (name == "UTC") {
    return true;
  }
  const bool is_path = name.find("..") != std::string_view::npos || name.starts_with('/') ||
                       name.find('\\') != std::string_view::npos;
  std::error_code ignored;
  return !name.empty() && !is_path &&
         std::filesystem::is_regular_file(std::filesystem::path("/usr/share/zoneinfo") / name,
                                          ignored);
}

}  // namespace pintle::registry
