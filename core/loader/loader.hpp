// The loader: dlopen's home. Finds, checks, starts, stops and replaces plugins, and is their host.
//
// A file is believed only after these checks, each refused by name with the reason and the mend:
// a plain name inside the plugin directory, owned by root, not writable by others (nor any parent
// directory), an ELF that loads (RTLD_NOW | RTLD_LOCAL), `pintle_plugin_v1` present, its ABI ours.
// Libraries are never closed. Replacing opens the new file beside the old, stops the old, starts
// the new; if the new one refuses to start, the old is started again.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/object/object.hpp"
#include "core/sdk/pintle_plugin.h"

namespace pintle::loader {

/// One plugin's view of the cluster, under its own identity. Implemented in the server over the
/// gate and the bus, and on a node over HTTPS; the plugin can't tell.
class Backend {
 public:
  virtual ~Backend() = default;

  /// `reply` is called exactly once, with the HTTP status and the answer's body.
  virtual void request(std::string_view method, std::string_view path,
                       std::string_view content_type, std::string_view body,
                       std::function<void(int, std::string_view)> reply) = 0;

  /// Null if there is none or it may not be seen.
  virtual ObjectPtr get(std::string_view path) = 0;

  struct Change {
    std::uint32_t type = 0;  // PINTLE_ADDED, ...
    ObjectPtr object;
    ObjectPtr previous;
  };
  class Subscription {
   public:
    virtual ~Subscription() = default;
    /// As pintle_bus_table.next.
    virtual int next(std::uint32_t timeout_ms, Change& change) = 0;
    virtual void wake() = 0;
    /// As pintle_bus_table.on_ready.
    virtual void on_ready(std::function<void()> ready) = 0;
  };
  /// Errors: kForbidden, kNotFound.
  virtual Result<std::unique_ptr<Subscription>> subscribe(std::string_view path) = 0;
};

/// Makes the backend of the plugin `name`; null where this process has no cluster to speak to.
using MakeBackend = std::function<std::unique_ptr<Backend>(const std::string& name)>;

/// What `pintle plugin list` shows.
struct PluginState {
  std::string name;
  std::string version;
  std::filesystem::path file;
  std::string state;                  // "running", "suspended", "failed".
  std::string message;                // Why it failed or is suspended.
  std::vector<std::string> provides;  // Extension points.
};

struct LoaderOptions {
  std::filesystem::path plugin_dir;
  std::map<std::string, std::string> settings;       // Host settings: "node-name" -> "n1".
  std::map<std::string, std::string> plugin_config;  // Per plugin: JSON text.
};

/// Threads: every method may be called from any thread; loads, unloads and replacements queue up.
class Loader {
 public:
  Loader(LoaderOptions options, MakeBackend make_backend,
         std::map<std::string, const void*> host_tables,  // Beyond object, client, bus and log.
         Log& log);
  ~Loader();  // Stops all, newest first.

  /// `name` is a plugin ("scheduler"), found as <plugin_dir>/<name>.so.
  /// Errors: kNotFound, kForbidden, kInvalid, kAlreadyExists: naming the file, the reason, the
  /// mend.
  Result<void> load(const std::string& name);

  /// Errors: kNotFound.
  Result<void> unload(const std::string& name);

  /// Starts `file` (inside the plugin directory, or <name>.so there if empty) in place of `name`.
  /// Errors: as load; the old one then still runs.
  Result<void> replace(const std::string& name, const std::filesystem::path& file = {});

  /// Shows `name` as suspended, with why, until it is replaced or unloaded.
  void suspend(const std::string& name, const std::string& why);

  /// Some call is inside `name` that does not come back: it will not be stopped, because its code
  /// still runs. Called while it is being unloaded, by whoever asked it.
  void abandon(const std::string& name);

  std::vector<PluginState> list() const;

  /// Calls `changed` for every table provided under `point`, now and later; with added=false before
  /// one goes. As pintle_host.on_provided, for the rooms of the server.
  void on_provided(
      const std::string& point,
      std::function<void(const std::string& plugin, const void* table, void* self, bool added)>
          changed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pintle::loader
