// Settings go through the same checks as flags: both end in CLI11's options.

#include "core/daemon/config_file.hpp"

#include <fstream>
#include <sstream>

#include "core/object/json.hpp"
#include "core/object/yaml.hpp"

namespace pintle::daemon {
namespace {

Error wrong(const std::filesystem::path& file, const std::string& what) {
  return {Code::kInvalid, file.string() + ": " + what};
}

/// A scalar as the command line would have it.
std::string to_word(const Json& value) {
  if (const auto* text = value.if_string()) {
    return std::string(*text);
  }
  return to_json(value);
}

Result<void> merge_setting(const std::filesystem::path& file, CLI::App& command,
                           std::string_view name, const Json& value) {
  const std::string flag = "--" + std::string(name);
  CLI::Option* option = command.get_option_no_throw(flag);
  if (option == nullptr || name == "config") {
    return wrong(file, "unknown setting \"" + std::string(name) +
                           "\"; settings are the flags of `" + command.get_name() +
                           " --help` without the dashes");
  }
  if (option->count() > 0) {
    return {};
  }
  try {
    if (const auto* list = value.if_array()) {
      for (const auto& item : *list) {
        option->add_result(to_word(item));
      }
    } else {
      option->add_result(to_word(value));
    }
    option->run_callback();
  } catch (const CLI::Error& error) {
    return wrong(file, std::string(name) + ": " + error.what());
  }
  return {};
}

Result<void> take_plugin_config(const std::filesystem::path& file, const Json& value,
                                PluginOptions& plugins) {
  const auto* map = value.if_object();
  if (map == nullptr) {
    return wrong(file, "pluginConfig must be a map from plugin names to their settings");
  }
  for (const auto& [name, config] : *map) {
    if (!config.is_object()) {
      return wrong(file, "pluginConfig." + std::string(name) + " must be a map");
    }
    plugins.config[std::string(name)] = to_json(config);
  }
  return {};
}

}  // namespace

Result<void> merge_config_file(const std::filesystem::path& file, CLI::App& command,
                               PluginOptions& plugins) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) {
    return Error{Code::kNotFound, file.string() + ": can't be read"};
  }
  auto parsed = parse_yaml_document(text.str());
  if (!parsed.ok()) {
    return wrong(file, parsed.error().message);
  }
  const auto* settings = parsed.value().value.if_object();
  if (settings == nullptr) {
    return wrong(file, "must be a map of settings");
  }
  if (!parsed.value().duplicates.empty()) {
    return wrong(file, "\"" + parsed.value().duplicates.front() + "\" is set twice");
  }
  for (const auto& [name, value] : *settings) {
    PINTLE_TRY_STATUS(name == "pluginConfig" ? take_plugin_config(file, value, plugins)
                                             : merge_setting(file, command, name, value));
  }
  return {};
}

}  // namespace pintle::daemon
