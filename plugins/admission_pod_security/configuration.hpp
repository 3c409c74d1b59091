// Configuration: what holds where a namespace says nothing, and who is spared.

#pragma once

#include <set>
#include <string>

#include "core/base/result.hpp"
#include "core/object/json.hpp"
#include "plugins/admission_pod_security/policy.hpp"

namespace pintle::admission_pod_security {

/// Everything in it is empty unless somebody writes it down: nobody is spared by default (T-M07).
struct Exemptions {
  std::set<std::string, std::less<>> usernames;
  std::set<std::string, std::less<>> namespaces;
  std::set<std::string, std::less<>> runtime_classes;
};

struct Configuration {
  Policy defaults;
  Exemptions exemptions;
};

/// Reads the plugin's settings, which are a PodSecurityConfiguration's `defaults` and `exemptions`.
/// Errors: kInvalid naming the setting.
Result<Configuration> parse_configuration(const Json& config);

}  // namespace pintle::admission_pod_security
