// The configuration file: the flags' names without their dashes, in YAML; what a flag says wins.

#pragma once

#include <filesystem>

#include <CLI/CLI.hpp>

#include "core/base/result.hpp"
#include "core/daemon/options.hpp"

namespace pintle::daemon {

/// Gives each setting of `file` to the option of `command` that was not on the command line.
/// `pluginConfig: {scheduler: {...}}` goes to `plugins.config`, per plugin.
/// Errors: kInvalid naming the file, the setting and the mend; kNotFound.
Result<void> merge_config_file(const std::filesystem::path& file, CLI::App& command,
                               PluginOptions& plugins);

}  // namespace pintle::daemon
