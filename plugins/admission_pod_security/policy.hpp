// Policy: which level of which version holds in a namespace, read from its labels.

#pragma once

#include <compare>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/sdk/object.hpp"

namespace pintle::admission_pod_security {

/// From what allows everything to what allows least.
enum class Level { kPrivileged, kBaseline, kRestricted };

std::string_view name_of(Level level);
/// Nothing where `text` is none of the three.
std::optional<Level> parse_level(std::string_view text);

/// Of the standards: the minor version of Kubernetes that they came with.
struct Version {
  static constexpr int kLatest = std::numeric_limits<int>::max();

  int minor = kLatest;

  auto operator<=>(const Version&) const = default;
};

/// "latest", "v1.24".
std::string to_text(Version version);
/// Nothing where `text` is neither "latest" nor "v1.x".
std::optional<Version> parse_version(std::string_view text);

struct LevelVersion {
  Level level = Level::kPrivileged;
  Version version;

  bool operator==(const LevelVersion&) const = default;
};

/// "restricted:latest".
std::string to_text(const LevelVersion& of);

struct Policy {
  LevelVersion enforce;
  LevelVersion audit;
  LevelVersion warn;

  bool operator==(const Policy&) const = default;
  /// Nothing is looked at.
  bool is_privileged() const {
    return enforce.level == Level::kPrivileged && audit.level == Level::kPrivileged &&
           warn.level == Level::kPrivileged;
  }
};

/// What labels say, and what is wrong with them. A label that can't be read stands for restricted
/// where it enforces, and for nothing where it warns or audits.
struct PolicyOfLabels {
  Policy policy;
  std::vector<Cause> faults;
};

/// `defaults` hold where no label says otherwise.
/// Source: k8s.io/pod-security-admission/api PolicyToEvaluate.
PolicyOfLabels policy_of(const sdk::Value& labels, const Policy& defaults);

/// "enforce=baseline:latest, warn=...": what the labels say of levels that are not privileged.
std::string to_text(const Policy& policy, const sdk::Value& labels);

}  // namespace pintle::admission_pod_security
