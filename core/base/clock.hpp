// Time: one interface, so that tests turn the hands themselves; and RFC 3339, as objects carry it.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pintle {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Threads: every method may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  /// For what people read and objects carry. May jump.
  virtual WallTime now() const = 0;
  /// For deadlines and back-off. Never goes back.
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady() const override;
};

/// "2026-11-23T19:07:00Z": seconds, as metav1.Time.
std::string to_rfc3339(WallTime time);

/// "2026-11-23T19:07:00.123456Z": microseconds, as metav1.MicroTime.
std::string to_rfc3339_micro(WallTime time);

/// Any RFC 3339 time, with a fraction and an offset or without; nothing where it is not one.
std::optional<WallTime> parse_rfc3339(std::string_view text);

/// "Mon, 23 Nov 2026 19:07:00 GMT": as HTTP's Date and Last-Modified have it.
std::string to_http_date(WallTime time);

/// "30s", "1h0m0s", "1.5ms": as Go prints a Duration.
std::string to_go_duration(std::chrono::nanoseconds duration);

/// "5s", "3m10s", "26h", "4d3h", "2y45d": how old something is, as kubectl prints ages.
/// Source: apimachinery util/duration HumanDuration.
std::string to_human_duration(std::chrono::seconds age);

}  // namespace pintle
