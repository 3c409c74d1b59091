// Durations: see duration.hpp.

#include "core/daemon/duration.hpp"

#include <charconv>
#include <utility>

namespace pintle::daemon {
namespace {

// Longer ones first: "ms" is no "m".
constexpr std::pair<std::string_view, double> kUnits[] = {
    {"ns", 1e-6}, {"us", 1e-3}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
constexpr double kMost = 9.2e12;  // Go's longest, 292 years, in milliseconds.

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") {
    return std::chrono::milliseconds::zero();
  }
  double total = 0;
  do {
    double number = 0;
    const auto [end, fault] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (fault != std::errc() || text.front() == '-') {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto* unit = std::begin(kUnits);
    while (unit != std::end(kUnits) && !text.starts_with(unit->first)) {
      ++unit;
    }
    if (unit == std::end(kUnits)) {
      return std::nullopt;
    }
    text.remove_prefix(unit->first.size());
    total += number * unit->second;
  } while (!text.empty());
  if (!(total <= kMost)) {
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

}  // namespace pintle::daemon
