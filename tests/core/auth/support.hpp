// What the tests of auth share: hands of a clock to turn, a log to read, a directory to fill.

#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle {

/// For Boost.Test's messages.
inline std::ostream& operator<<(std::ostream& out, Code code) {
  return out << reason_of(code);
}

}  // namespace pintle

namespace pintle::auth::test {

class ManualClock final : public Clock {
 public:
  WallTime now() const override { return now_; }
  SteadyTime steady() const override { return steady_; }
  void pass(std::chrono::seconds time) {
    now_ += time;
    steady_ += time;
  }

 private:
  WallTime now_ = *parse_rfc3339("2026-11-23T12:00:00Z");
  SteadyTime steady_{std::chrono::hours(1)};
};

/// Keeps every line: "message key=value ...".
class KeptLog final : public Log {
 public:
  bool enabled(LogLevel) const override { return true; }
  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) override {
    const std::lock_guard lock(mutex_);
    text_ += level == LogLevel::kWarning ? "W " : level == LogLevel::kError ? "E " : "I ";
    text_ += message;
    for (const auto& [key, value] : fields) {
      text_ += " " + std::string(key) + "=" + std::string(value);
    }
    text_ += "\n";
  }
  bool holds(std::string_view part) const { return count(part) != 0; }
  int count(std::string_view part) const {
    int found = 0;
    for (auto at = text_.find(part); at != std::string::npos; at = text_.find(part, at + 1)) {
      ++found;
    }
    return found;
  }
  const std::string& text() const { return text_; }

 private:
  std::mutex mutex_;
  std::string text_;
};

inline std::filesystem::path put(const std::filesystem::path& file, std::string_view text,
                                 mode_t mode = 0600) {
  // A new inode, as an editor or `pintle user` leaves it: a change within a clock tick is seen.
  const auto temporary = file.string() + ".new";
  std::ofstream(temporary) << text;
  ::chmod(temporary.c_str(), mode);
  std::filesystem::rename(temporary, file);
  return file;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline mode_t mode_of(const std::filesystem::path& file) {
  struct stat status {};
  ::stat(file.c_str(), &status);
  return status.st_mode & 07777;
}

}  // namespace pintle::auth::test
