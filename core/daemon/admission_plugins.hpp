// Admission plugins by the names that Kubernetes' flags know them by, in Kubernetes' order.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace pintle::daemon {

/// One row of the table. What mutates does so in the table's order, then all validate: each sees
/// the object as it will be. The plugins' own order() says the same.
struct AdmissionPlugin {
  std::string_view name;    // "LimitRanger".
  std::string_view plugin;  // "admission_limit_ranger"; "" where Pintle has none.
  bool is_default = false;  // Loaded unless told otherwise.
};

/// Source: kube-apiserver v1.33, AllOrderedPlugins and DefaultOffAdmissionPlugins.
const std::vector<AdmissionPlugin>& admission_plugins();

/// The plugins that are loaded unless told otherwise, in order.
std::vector<std::string> default_admission_plugins();

/// `plugins` with what --enable-admission-plugins adds and without what --disable-admission-plugins
/// takes away. Errors: kInvalid for a name that Kubernetes or Pintle has not, and for one in both.
Result<std::vector<std::string>> with_admission_flags(std::vector<std::string> plugins,
                                                      const std::vector<std::string>& enabled,
                                                      const std::vector<std::string>& disabled);

}  // namespace pintle::daemon
