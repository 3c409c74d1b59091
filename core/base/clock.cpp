// The machine's clock, and RFC 3339 in both directions.

#include "core/base/clock.hpp"

#include <cstdio>
#include <ctime>

namespace pintle {
namespace {

std::tm to_utc(std::time_t seconds) {
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return parts;
}

std::time_t floor_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string to_calendar(std::time_t seconds) {
  const std::tm parts = to_utc(seconds);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

/// Reads exactly `count` digits at `at` and steps past them; nothing if they are not there.
std::optional<int> take_digits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) {
    return std::nullopt;
  }
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool take(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) {
    return false;
  }
  ++at;
  return true;
}

/// The fraction after the seconds in microseconds; finer digits are cut.
std::optional<int> take_fraction(std::string_view text, std::size_t& at) {
  if (!take(text, at, '.')) {
    return 0;
  }
  int micros = 0;
  int digits = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    if (digits < 6) {
      micros = micros * 10 + (text[at] - '0');
    }
    ++digits;
    ++at;
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (; digits < 6; ++digits) {
    micros *= 10;
  }
  return micros;
}

/// "Z" or "+01:30", in seconds east of Greenwich.
std::optional<int> take_offset(std::string_view text, std::size_t& at) {
  if (take(text, at, 'Z') || take(text, at, 'z')) {
    return 0;
  }
  const bool east = at < text.size() && text[at] == '+';
  if (!east && (at >= text.size() || text[at] != '-')) {
    return std::nullopt;
  }
  ++at;
  const auto hours = take_digits(text, at, 2);
  if (!hours || *hours > 23 || !take(text, at, ':')) {
    return std::nullopt;
  }
  const auto minutes = take_digits(text, at, 2);
  if (!minutes || *minutes > 59) {
    return std::nullopt;
  }
  const int seconds = *hours * 3600 + *minutes * 60;
  return east ? seconds : -seconds;
}

}  // namespace

WallTime SystemClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

std::string to_rfc3339(WallTime time) {
  return to_calendar(floor_seconds(time)) + "Z";
}

std::string to_rfc3339_micro(WallTime time) {
  const std::time_t seconds = floor_seconds(time);
  const auto micros =
      time.time_since_epoch().count() - static_cast<std::int64_t>(seconds) * 1000000;
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%06dZ", static_cast<int>(micros));
  return to_calendar(seconds) + fraction;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto year = take_digits(text, at, 4);
  if (!year || !take(text, at, '-')) {
    return std::nullopt;
  }
  const auto month = take_digits(text, at, 2);
  if (!month || !take(text, at, '-')) {
    return std::nullopt;
  }
  const auto day = take_digits(text, at, 2);
  if (!day || !(take(text, at, 'T') || take(text, at, 't'))) {
    return std::nullopt;
  }
  const auto hour = take_digits(text, at, 2);
  if (!hour || *hour > 23 || !take(text, at, ':')) {
    return std::nullopt;
  }
  const auto minute = take_digits(text, at, 2);
  if (!minute || *minute > 59 || !take(text, at, ':')) {
    return std::nullopt;
  }
  const auto second = take_digits(text, at, 2);
  const auto micros = second && *second <= 59 ? take_fraction(text, at) : std::nullopt;
  const auto offset = micros ? take_offset(text, at) : std::nullopt;
  if (!offset || at != text.size()) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second - *offset} + std::chrono::microseconds{*micros};
}

std::string to_http_date(WallTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  // The program never sets a locale, so the names are English.
  const auto size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

std::string to_go_duration(std::chrono::nanoseconds duration) {
  const auto total = duration.count();
  if (total == 0) {
    return "0s";
  }
  const auto size =
      total < 0 ? 0 - static_cast<std::uint64_t>(total) : static_cast<std::uint64_t>(total);
  constexpr std::uint64_t kSecond = 1'000'000'000;
  std::string text = total < 0 ? "-" : "";
  std::uint64_t unit = kSecond;
  std::string_view name = "s";
  std::uint64_t rest = size;
  if (size < kSecond) {
    unit = size < 1'000 ? 1 : size < 1'000'000 ? 1'000 : 1'000'000;
    name = size < 1'000 ? "ns" : size < 1'000'000 ? "µs" : "ms";
  } else {
    const auto hours = size / (3600 * kSecond);
    const auto minutes = size / (60 * kSecond) % 60;
    text += hours > 0 ? std::to_string(hours) + "h" : "";
    text += hours > 0 || minutes > 0 ? std::to_string(minutes) + "m" : "";
    rest = size % (60 * kSecond);
  }
  text += std::to_string(rest / unit);
  if (rest % unit > 0) {
    std::string fraction = std::to_string(unit + rest % unit).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text + std::string(name);
}

std::string to_human_duration(std::chrono::seconds age) {
  const auto seconds = age.count();
  const auto text = [](std::int64_t n, const char* unit) { return std::to_string(n) + unit; };
  const auto two = [&text](std::int64_t n, const char* unit, std::int64_t rest,
                           const char* rest_unit) {
    return rest == 0 ? text(n, unit) : text(n, unit) + text(rest, rest_unit);
  };
  if (seconds < -1) {
    return "<invalid>";
  }
  if (seconds < 0) {
    return "0s";
  }
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  const auto days = hours / 24;
  if (seconds < 120) {
    return text(seconds, "s");
  }
  if (minutes < 10) {
    return two(minutes, "m", seconds % 60, "s");
  }
  if (minutes < 180) {
    return text(minutes, "m");
  }
  if (hours < 8) {
    return two(hours, "h", minutes % 60, "m");
  }
  if (hours < 48) {
    return text(hours, "h");
  }
  if (hours < 24 * 8) {
    return two(days, "d", hours % 24, "h");
  }
  if (days < 365 * 2) {
    return text(days, "d");
  }
  if (days < 365 * 8) {
    return two(days / 365, "y", days % 365, "d");
  }
  return text(days / 365, "y");
}

}  // namespace pintle
