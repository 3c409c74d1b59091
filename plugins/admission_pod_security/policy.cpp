// Policy: see policy.hpp.

#include "plugins/admission_pod_security/policy.hpp"

#include <algorithm>
#include <charconv>

#include "core/base/concat.hpp"
#include "core/object/status.hpp"

namespace pintle::admission_pod_security {
namespace {

constexpr std::string_view kPrefix = "pod-security.kubernetes.io/";
constexpr Level kLevels[] = {Level::kPrivileged, Level::kBaseline, Level::kRestricted};

struct Mode {
  std::string_view name;
  LevelVersion Policy::*part;
  bool fails_open;  // Whether a level that can't be read asks for nothing.
};
constexpr Mode kModes[] = {{"enforce", &Policy::enforce, false},
                           {"audit", &Policy::audit, true},
                           {"warn", &Policy::warn, true}};

std::string label_of(const Mode& mode) {
  return concat({kPrefix, mode.name});
}

std::string version_label_of(const Mode& mode) {
  return concat({kPrefix, mode.name, "-version"});
}

Cause fault_of(const std::string& label, std::string_view value, std::string_view why) {
  return invalid_value(concat({"metadata.labels[", label, "]"}), quoted(value), why);
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kPrivileged:
      return "privileged";
    case Level::kBaseline:
      return "baseline";
    case Level::kRestricted:
      break;
  }
  return "restricted";
}

std::optional<Level> parse_level(std::string_view text) {
  const auto known =
      std::ranges::find_if(kLevels, [text](Level level) { return name_of(level) == text; });
  return known == std::end(kLevels) ? std::nullopt : std::optional(*known);
}

std::string to_text(Version version) {
  return version.minor == Version::kLatest ? "latest" : "v1." + std::to_string(version.minor);
}

std::optional<Version> parse_version(std::string_view text) {
  constexpr std::string_view kMajor = "v1.";
  if (text == "latest") {
    return Version();
  }
  if (!text.starts_with(kMajor)) {
    return std::nullopt;
  }
  text.remove_prefix(kMajor.size());
  int minor = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), minor);
  const bool is_number = read.ec == std::errc() && read.ptr == text.data() + text.size();
  const bool has_sign_or_zero = text.starts_with('-') || (text.size() > 1 && text.front() == '0');
  if (!is_number || has_sign_or_zero) {
    return std::nullopt;
  }
  return Version{minor};
}

std::string to_text(const LevelVersion& of) {
  return concat({name_of(of.level), ":", to_text(of.version)});
}

PolicyOfLabels policy_of(const sdk::Value& labels, const Policy& defaults) {
  PolicyOfLabels found{.policy = defaults, .faults = {}};
  if (labels.empty()) {
    return found;
  }
  for (const auto& mode : kModes) {
    auto& part = found.policy.*mode.part;
    const std::string label = label_of(mode);
    if (const auto value = labels.at(std::string_view(label)); value) {
      const auto level = parse_level(value.text());
      part.level = level.value_or(mode.fails_open ? Level::kPrivileged : Level::kRestricted);
      if (!level) {
        found.faults.push_back(
            fault_of(label, value.text(), "must be one of privileged, baseline, restricted"));
      }
    }
    const std::string version_label = version_label_of(mode);
    if (const auto value = labels.at(std::string_view(version_label)); value) {
      const auto version = parse_version(value.text());
      part.version = version.value_or(Version());
      if (!version) {
        found.faults.push_back(
            fault_of(version_label, value.text(), R"(must be "latest" or "v1.x")"));
      }
    }
  }
  // Who enforces more than is warned of by default is warned of that, so that the kinds which only
  // make pods later say so at once.
  const auto& enforce_label = label_of(kModes[0]);
  auto& policy = found.policy;
  const bool enforces = parse_level(labels.text(std::string_view(enforce_label))).has_value();
  if (enforces && !labels.has(std::string_view(label_of(kModes[2]))) &&
      policy.enforce.level > policy.warn.level) {
    policy.warn.level = policy.enforce.level;
    if (!labels.has(std::string_view(version_label_of(kModes[2])))) {
      policy.warn.version = policy.enforce.version;
    }
  }
  return found;
}

std::string to_text(const Policy& policy, const sdk::Value& labels) {
  std::string text;
  for (const auto& mode : kModes) {
    const auto& part = policy.*mode.part;
    const bool is_said = labels.has(std::string_view(label_of(mode))) ||
                         labels.has(std::string_view(version_label_of(mode)));
    if (part.level != Level::kPrivileged && is_said) {
      text += concat({text.empty() ? "" : ", ", mode.name, "=", to_text(part)});
    }
  }
  return text;
}

}  // namespace pintle::admission_pod_security
