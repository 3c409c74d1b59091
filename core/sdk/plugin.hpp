// PINTLE_PLUGIN: makes a class the plugin of its library. One line, in one source file:
//
//   PINTLE_PLUGIN("scheduler_example", "1.0.0", pintle::scheduler_example::Example)
//
// The class has either `static Result<std::unique_ptr<Class>> make(sdk::Host&, const Json& config)`
// or a constructor `Class(sdk::Host&, const Json& config)`. Its destructor is the plugin's stop:
// when it returns, no thread and no call of the plugin is left. Exceptions end here.

#pragma once

#include <concepts>
#include <memory>
#include <utility>

#include "core/object/json.hpp"
#include "core/sdk/host.hpp"
#include "core/sdk/pintle_plugin.h"
#include "core/sdk/text.hpp"

namespace pintle::sdk {

template <typename Plugin>
concept HasMake = requires(Host& host, const Json& config) {
  { Plugin::make(host, config) } -> std::same_as<Result<std::unique_ptr<Plugin>>>;
};

/// A running plugin: the host outlives it, so that its last words can be logged.
template <typename Plugin>
struct Instance {
  explicit Instance(const pintle_host* raw) : host(raw) {}

  Host host;
  std::unique_ptr<Plugin> plugin;
};

template <typename Plugin>
Result<void> start_plugin(const pintle_host* raw, std::string_view config_text, void** self) {
  PINTLE_TRY(const ParsedJson config, parse_json(config_text.empty() ? "{}" : config_text));
  auto instance = std::make_unique<Instance<Plugin>>(raw);
  if constexpr (HasMake<Plugin>) {
    PINTLE_TRY(instance->plugin, Plugin::make(instance->host, config.value));
  } else {
    instance->plugin = std::make_unique<Plugin>(instance->host, config.value);
  }
  *self = instance.release();
  return {};
}

template <typename Plugin>
pintle_status start_entry(const pintle_host* host, pintle_text config, void** self) noexcept {
  return guarded("start", [&] { return start_plugin<Plugin>(host, to_view(config), self); });
}

template <typename Plugin>
void stop_entry(void* self) noexcept {
  delete static_cast<Instance<Plugin>*>(self);
}

}  // namespace pintle::sdk

#define PINTLE_PLUGIN(plugin_name, plugin_version, Class)                                 \
  extern "C" __attribute__((visibility("default"))) const pintle_plugin pintle_plugin_v1; \
  const pintle_plugin pintle_plugin_v1 = {PINTLE_ABI,                                     \
                                          sizeof(pintle_plugin),                          \
                                          plugin_name,                                    \
                                          plugin_version,                                 \
                                          &::pintle::sdk::start_entry<Class>,             \
                                          &::pintle::sdk::stop_entry<Class>};
