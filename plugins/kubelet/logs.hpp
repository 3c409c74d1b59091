// Container logs: the CRI log format, read for `kubectl logs`.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace pintle::kubelet {

/// One line of a log: "2026-11-23T19:07:00.123456789Z stdout F hello".
struct LogLine {
  std::string_view time;  // As written, RFC 3339.
  std::string_view stream;
  bool is_partial = false;  // The text goes on in the next line.
  std::string_view text;    // Without the line feed.
};

/// Nothing if `line` (without its line feed) is not of that form.
std::optional<LogLine> parse_log_line(std::string_view line);

struct LogOptions {
  bool follow = false;
  bool previous = false;
  bool timestamps = false;
  std::optional<std::int64_t> tail_lines;
  std::optional<std::int64_t> limit_bytes;
  std::optional<WallTime> since;
};

/// The options of a query: follow, previous, timestamps, tailLines, limitBytes, sinceSeconds,
/// sinceTime. Errors: kInvalid naming the parameter.
Result<LogOptions> parse_log_options(std::string_view query, WallTime now);

/// Gives the part of a log to `write` until it says false, or the log ends: with `follow`, once
/// `is_over` says that the container writes no more. A link in the log's place is refused (T-K05).
/// Errors: kNotFound and others before the first byte.
Result<void> read_log(const std::string& path, const LogOptions& options,
                      const std::function<bool(std::string_view)>& write,
                      const std::function<bool()>& is_over);

/// The last lines of a log, joined; "" if there is none.
std::string log_tail(const std::string& path, std::int64_t lines, std::size_t max_bytes);

}  // namespace pintle::kubelet
