// Log rotation: a container's log is never larger than some, and its older parts are few.

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace pintle::kubelet {

/// Source: kubelet containerLogMaxSize, containerLogMaxFiles (the one written to included).
struct LogLimits {
  std::int64_t max_bytes = 10 * 1024 * 1024;
  std::size_t max_files = 5;
};

/// If the log at `path` is too large, moves it aside as "<path>.<time>", has `reopen` tell the
/// runtime to begin a new one, and deletes the oldest parts. True if it was moved.
Result<bool> rotate_log(const std::string& path, const LogLimits& limits, WallTime now,
                        const std::function<Result<void>()>& reopen);

/// Deletes a log and its older parts.
void remove_log(const std::string& path);

}  // namespace pintle::kubelet
