// Durations as Kubernetes' flags take them: "1h30m", "90s", "1.5h".

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pintle::daemon {

/// Nothing where `text` is no duration. Source: Go's time.ParseDuration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace pintle::daemon
