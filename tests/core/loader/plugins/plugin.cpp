// Plugins for the loader's tests, one library each: PLUGIN_<WHAT> says how.

#include "core/sdk/plugin.hpp"

#include <cstdlib>
#include <stdexcept>

#include "core/sdk/settings.hpp"

namespace {

#ifndef PLUGIN_NAME
#define PLUGIN_NAME "good"
#endif
#ifndef PLUGIN_VERSION
#define PLUGIN_VERSION "1"
#endif

#ifdef PLUGIN_NEEDS
extern "C" int something_elsewhere();
#endif

#ifdef PLUGIN_THROWS_EARLY
struct Early {
  Early() { throw std::runtime_error("too early"); }
};
const Early kEarly;
#endif

/// What it provides under "test.greeting/1".
struct Greeting {
  int number = 7;
};

class Plugin {
 public:
  static pintle::Result<std::unique_ptr<Plugin>> make(pintle::sdk::Host& host,
                                                      const pintle::Json& config) {
    std::string mood = "well";
    pintle::sdk::Settings settings(config);
    settings.text("mood", mood);
    PINTLE_TRY_STATUS(settings.finish());
#ifdef PLUGIN_THROWS
    throw std::runtime_error("out of sorts");
#endif
#ifdef PLUGIN_NEEDS
    something_elsewhere();
#endif
    if (mood == "ill") {
      return pintle::Error(pintle::Code::kInvalid, "not in the mood");
    }
    host.log().info("made", {{"node", host.setting("node-name")}});
    auto made = std::make_unique<Plugin>();
    PINTLE_TRY_STATUS(host.provide("test.greeting/1", &made->greeting_, nullptr));
    return made;
  }

 private:
  Greeting greeting_;
};

}  // namespace

#if defined(PLUGIN_WRONG_ABI)
extern "C" __attribute__((visibility("default"))) const pintle_plugin pintle_plugin_v1;
const pintle_plugin pintle_plugin_v1 = {
    99, sizeof(pintle_plugin), PLUGIN_NAME, PLUGIN_VERSION, nullptr, nullptr};
#elif defined(PLUGIN_EMPTY)
extern "C" __attribute__((visibility("default"))) const pintle_plugin pintle_plugin_v1;
const pintle_plugin pintle_plugin_v1 = {
    PINTLE_ABI, sizeof(pintle_plugin), PLUGIN_NAME, PLUGIN_VERSION, nullptr, nullptr};
#elif !defined(PLUGIN_NO_SYMBOL)
PINTLE_PLUGIN(PLUGIN_NAME, PLUGIN_VERSION, Plugin)
#else
extern "C" __attribute__((visibility("default"))) const int something_else = 1;
#endif
