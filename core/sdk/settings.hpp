// Settings: a plugin's part of the configuration file, read with checks. What nobody reads is
// refused: a misspelt setting never goes unseen.

#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle::sdk {

struct SettingRange {
  std::int64_t least = 0;
  std::int64_t most = INT64_MAX;
};

/// Read everything, then finish(): it tells the first fault.
///
///   Settings settings(config);
///   settings.text("scheduler_name", name).integer("workers", workers, {1, 64});
///   PINTLE_TRY_STATUS(settings.finish());
class Settings {
 public:
  using Range = SettingRange;

  explicit Settings(const Json& config) : config_(config) {}

  /// Each leaves `value` as it is where the setting is not there.
  Settings& text(std::string_view name, std::string& value);
  Settings& boolean(std::string_view name, bool& value);
  Settings& integer(std::string_view name, std::int64_t& value, Range range = {});
  /// In seconds, whole: `grace_seconds: 40`.
  Settings& seconds(std::string_view name, std::chrono::seconds& value, Range range = {});

  /// Errors: kInvalid naming the setting that is of the wrong kind, out of range or not known.
  Result<void> finish() const;

 private:
  const Json* find(std::string_view name);
  void refuse(std::string fault);

  const Json& config_;
  std::set<std::string, std::less<>> known_;
  std::string fault_;  // The first.
};

}  // namespace pintle::sdk
