// Configuration: see configuration.hpp. Source: pod-security.admission.config.k8s.io/v1.

#include "plugins/admission_pod_security/configuration.hpp"

#include "core/base/concat.hpp"
#include "core/sdk/settings.hpp"

namespace pintle::admission_pod_security {
namespace {

struct Mode {
  std::string_view name;
  LevelVersion Policy::*part;
};
constexpr Mode kModes[] = {
    {"enforce", &Policy::enforce}, {"audit", &Policy::audit}, {"warn", &Policy::warn}};

Error in(std::string_view part, const Error& fault) {
  return {Code::kInvalid, concat({part, ": ", fault.message})};
}

Result<Policy> parse_defaults(const Json& config) {
  Policy policy;
  sdk::Settings settings(config);
  for (const auto& mode : kModes) {
    std::string level = "privileged";
    std::string version = "latest";
    const std::string version_name = concat({mode.name, "-version"});
    settings.text(mode.name, level).text(version_name, version);
    const auto known_level = parse_level(level);
    if (!known_level) {
      return Error(Code::kInvalid, concat({mode.name, ": \"", level,
                                           "\" must be one of privileged, baseline, restricted"}));
    }
    const auto known_version = parse_version(version);
    if (!known_version) {
      return Error(Code::kInvalid,
                   concat({version_name, ": \"", version, "\" must be \"latest\" or \"v1.x\""}));
    }
    policy.*mode.part = {.level = *known_level, .version = *known_version};
  }
  PINTLE_TRY_STATUS(settings.finish());
  return policy;
}

Result<void> take_names(const Json& list, std::string_view name,
                        std::set<std::string, std::less<>>& names) {
  if (!list.is_array()) {
    return Error(Code::kInvalid, concat({name, ": must be a list of names"}));
  }
  for (const auto& item : list.as_array()) {
    if (!item.is_string() || item.as_string().empty()) {
      return Error(Code::kInvalid, concat({name, ": must be a list of names"}));
    }
    names.emplace(std::string_view(item.as_string()));
  }
  return {};
}

Result<Exemptions> parse_exemptions(const Json& config) {
  Exemptions exemptions;
  if (!config.is_object()) {
    return Error(Code::kInvalid, "must be a map with usernames, namespaces and runtimeClasses");
  }
  for (const auto& [name, list] : config.as_object()) {
    if (name == "usernames") {
      PINTLE_TRY_STATUS(take_names(list, name, exemptions.usernames));
    } else if (name == "namespaces") {
      PINTLE_TRY_STATUS(take_names(list, name, exemptions.namespaces));
    } else if (name == "runtimeClasses") {
      PINTLE_TRY_STATUS(take_names(list, name, exemptions.runtime_classes));
    } else {
      return Error(Code::kInvalid, concat({name,
                                           " is not known; there are usernames, namespaces and "
                                           "runtimeClasses"}));
    }
  }
  return exemptions;
}

}  // namespace

Result<Configuration> parse_configuration(const Json& config) {
  Configuration parsed;
  if (!config.is_object()) {
    return Error(Code::kInvalid, "the plugin's configuration must be a map of settings");
  }
  for (const auto& [name, value] : config.as_object()) {
    if (name == "defaults") {
      auto defaults = parse_defaults(value);
      if (!defaults.ok()) {
        return in("defaults", defaults.error());
      }
      parsed.defaults = defaults.value();
    } else if (name == "exemptions") {
      auto exemptions = parse_exemptions(value);
      if (!exemptions.ok()) {
        return in("exemptions", exemptions.error());
      }
      parsed.exemptions = std::move(exemptions).value();
    } else {
      return Error(Code::kInvalid,
                   concat({"setting ", name, " is not known; there are defaults and exemptions"}));
    }
  }
  return parsed;
}

}  // namespace pintle::admission_pod_security
