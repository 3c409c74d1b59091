// Loading at a start: see load_plugins.hpp.

#include "core/daemon/load_plugins.hpp"

namespace pintle::daemon {

Result<void> load_plugins(loader::Loader& loader, const std::vector<std::string>& names, Log& log) {
  for (const auto& wanted : names) {
    const bool is_optional = wanted.ends_with('?');
    const std::string name = is_optional ? wanted.substr(0, wanted.size() - 1) : wanted;
    const auto loaded = loader.load(name);
    if (loaded.ok()) {
      continue;
    }
    if (!is_optional || loaded.error().code != Code::kNotFound) {
      return loaded;
    }
    log.warning("an optional plugin is not there",
                {{"plugin", name}, {"why", loaded.error().message}});
  }
  return {};
}

}  // namespace pintle::daemon
