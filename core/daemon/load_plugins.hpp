// Loading at a start: all plugins that were asked for, or none.

#pragma once

#include <string>
#include <vector>

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/loader/loader.hpp"

namespace pintle::daemon {

/// Loads `names` in order. One written "NAME?" may be missing: then the log says so. One that is
/// there must load. Errors: the first that can't be loaded, by name.
Result<void> load_plugins(loader::Loader& loader, const std::vector<std::string>& names, Log& log);

}  // namespace pintle::daemon
