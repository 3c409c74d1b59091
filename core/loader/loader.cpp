// Loading, stopping, replacing: one operation at a time, each undone where it fails half way.

#include "core/loader/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loader/host.hpp"
#include "core/loader/trust.hpp"
#include "core/sdk/text.hpp"

namespace pintle::loader {
namespace {

/// A plugin whose library is open and believed, running or not.
struct Loaded {
  std::string name;
  std::filesystem::path file;
  const pintle_plugin* plugin = nullptr;
  std::unique_ptr<Host> host;
  void* self = nullptr;
  std::string suspended;      // Why, or "". Guarded by the list's mutex.
  bool is_abandoned = false;  // A call is inside that does not come back. Guarded by the same.
};

bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string text_of(pintle_text text) {
  return text.data == nullptr ? std::string()
                              : std::string(text.data, static_cast<std::size_t>(text.size));
}

/// Closes the descriptor unless the library has come to need it.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  void keep() { fd_ = -1; }

 private:
  int fd_;
};

/// Links the library in a child process first, and throws that away: a static constructor that
/// throws or crashes ends the process it runs in, and nothing in that process can help it.
Result<void> rehearse(const TrustedFile& file, const std::string& through) {
  constexpr unsigned kLimitSeconds = 10;
  const pid_t child = ::fork();
  if (child < 0) {
    return Error{Code::kInternalError,
                 file.path.string() + ": can't be tried out: " + std::strerror(errno)};
  }
  if (child == 0) {
    const struct rlimit no_core {};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGALRM, SIG_DFL);
    ::alarm(kLimitSeconds);
    // What can't be linked at all is told by the parent, which has the words.
    ::dlopen(through.c_str(), RTLD_NOW | RTLD_LOCAL);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  const std::string how = WIFSIGNALED(status)
                              ? std::string("signal ") + ::strsignal(WTERMSIG(status))
                              : "exit " + std::to_string(WEXITSTATUS(status));
  return Error{Code::kInvalid, file.path.string() + ": its static constructors end the process (" +
                                   how + "); a plugin's work begins in start"};
}

/// Runs the library's static constructors: from here on its code is trusted.
Result<void*> link_library(const TrustedFile& file) {
  // Through the descriptor: it is the file that was checked, and its name is new to the linker,
  // which would give an old build back for a path it has seen.
  const std::string through = "/proc/self/fd/" + std::to_string(file.fd);
  PINTLE_TRY_STATUS(rehearse(file, through));
  void* library = ::dlopen(through.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) {
    return library;
  }
  std::string why = ::dlerror();
  if (const auto at = why.find(through); at != std::string::npos) {
    why.replace(at, through.size(), file.path.filename().string());
  }
  return Error{Code::kInvalid, file.path.string() + ": can't be loaded: " + why +
                                   "; install what is missing, or build the plugin anew"};
}

Result<const pintle_plugin*> open_library(const std::filesystem::path& path) {
  PINTLE_TRY(const TrustedFile file, open_trusted(path));
  Descriptor descriptor(file.fd);
  PINTLE_TRY(const std::uint32_t abi, read_abi(file));
  if (abi != PINTLE_ABI) {
    return Error{Code::kInvalid, path.string() + ": is built for plugin ABI " +
                                     std::to_string(abi) + ", this server has " +
                                     std::to_string(PINTLE_ABI) +
                                     "; rebuild it against this server's sdk"};
  }
  PINTLE_TRY(void* library, link_library(file));
  descriptor.keep();
  const auto* plugin = static_cast<const pintle_plugin*>(::dlsym(library, "pintle_plugin_v1"));
  constexpr std::size_t kLeastSize = offsetof(pintle_plugin, stop) + sizeof(void*);
  if (plugin == nullptr || plugin->size < kLeastSize || plugin->name == nullptr ||
      plugin->version == nullptr || plugin->start == nullptr || plugin->stop == nullptr) {
    return Error{Code::kInvalid,
                 path.string() + ": its pintle_plugin_v1 is not filled in; see PINTLE_PLUGIN"};
  }
  return plugin;
}

}  // namespace

struct Loader::State {
  LoaderOptions options;
  MakeBackend make_backend;
  std::map<std::string, const void*> host_tables;
  Log& log;
  Exchange exchange;
  std::mutex operations;     // Held for a whole load, unload or replacement.
  mutable std::mutex mutex;  // Guards the list's shape.
  std::vector<std::unique_ptr<Loaded>> plugins;
  std::map<std::string, PluginState> failed;  // By name; guarded by mutex.

  Loaded* find(const std::string& name);
  Result<std::unique_ptr<Loaded>> open(const std::string& name, const std::filesystem::path& file);
  Result<void> start(Loaded& loaded);
  void stop(Loaded& loaded);
  Result<void> load(const std::string& name);
  void remember(const std::string& name, const Result<void>& outcome);
};

Loaded* Loader::State::find(const std::string& name) {
  const auto at = std::find_if(plugins.begin(), plugins.end(),
                               [&](const auto& loaded) { return loaded->name == name; });
  return at == plugins.end() ? nullptr : at->get();
}

Result<std::unique_ptr<Loaded>> Loader::State::open(const std::string& name,
                                                    const std::filesystem::path& file) {
  PINTLE_TRY(const pintle_plugin* plugin, open_library(file));
  if (plugin->name != name) {
    return Error{Code::kInvalid, file.string() + ": calls itself \"" + plugin->name +
                                     "\"; load it by that name, from " + plugin->name + ".so"};
  }
  auto loaded = std::make_unique<Loaded>();
  loaded->name = name;
  loaded->file = file;
  loaded->plugin = plugin;
  return loaded;
}

Result<void> Loader::State::start(Loaded& loaded) {
  loaded.host = std::make_unique<Host>(loaded.name, make_backend(loaded.name), host_tables,
                                       options.settings, exchange, log);
  {
    const std::lock_guard list_lock(mutex);
    loaded.suspended.clear();
    loaded.is_abandoned = false;
  }
  const auto config = options.plugin_config.find(loaded.name);
  const auto text = config == options.plugin_config.end() ? std::string_view("{}")
                                                          : std::string_view(config->second);
  pintle_status status{};
  std::string thrown;
  try {
    status = loaded.plugin->start(loaded.host.get(), {text.data(), text.size()}, &loaded.self);
  } catch (...) {
    thrown = "start threw an exception";
  }
  if (thrown.empty() && status.code == 0) {
    log.info("plugin started", {{"plugin", loaded.name}, {"version", loaded.plugin->version}});
    return {};
  }
  exchange.withdraw(loaded.host.get());
  exchange.forget(loaded.host.get());
  return Error{Code::kInvalid, "plugin \"" + loaded.name + "\" refused to start: " +
                                   (thrown.empty() ? text_of(status.text) : thrown)};
}

void Loader::State::stop(Loaded& loaded) {
  loaded.host->stopping = true;
  exchange.withdraw(loaded.host.get());
  exchange.forget(loaded.host.get());
  const bool is_abandoned = [&] {
    const std::lock_guard list_lock(mutex);
    return loaded.is_abandoned;
  }();
  if (is_abandoned) {
    // Its host is left to it for ever: the lost call may still come back and ask something.
    loaded.host->is_abandoned = true;
    loaded.host.release();
    log.error("plugin left behind, because a call to it does not come back",
              {{"plugin", loaded.name}});
    return;
  }
  loaded.plugin->stop(loaded.self);
  log.info("plugin stopped", {{"plugin", loaded.name}});
}

Result<void> Loader::State::load(const std::string& name) {
  PINTLE_TRY(auto loaded, open(name, options.plugin_dir / (name + ".so")));
  PINTLE_TRY_STATUS(start(*loaded));
  const std::lock_guard list_lock(mutex);
  plugins.push_back(std::move(loaded));
  return {};
}

/// What was last tried and refused stays on the list, with why, until it is loaded or unloaded.
void Loader::State::remember(const std::string& name, const Result<void>& outcome) {
  const std::lock_guard list_lock(mutex);
  // A name without a file is a slip of the pen, not a plugin.
  if (outcome.ok() || outcome.error().code == Code::kNotFound) {
    failed.erase(name);
    return;
  }
  failed[name] = {.name = name,
                  .version = "",
                  .file = options.plugin_dir / (name + ".so"),
                  .state = "failed",
                  .message = outcome.error().message,
                  .provides = {}};
}

Loader::Loader(LoaderOptions options, MakeBackend make_backend,
               std::map<std::string, const void*> host_tables, Log& log)
    : state_(new State{.options = std::move(options),
                       .make_backend = std::move(make_backend),
                       .host_tables = std::move(host_tables),
                       .log = log}) {}

Loader::~Loader() {
  const std::lock_guard lock(state_->operations);
  while (!state_->plugins.empty()) {
    state_->stop(*state_->plugins.back());
    state_->plugins.pop_back();
  }
}

Result<void> Loader::load(const std::string& name) {
  if (!is_plain_name(name)) {
    return Error{Code::kInvalid, "\"" + name +
                                     "\" is no plugin's name: lower-case letters, digits, _ and -; "
                                     "it is found in the plugin directory as NAME.so"};
  }
  const std::lock_guard lock(state_->operations);
  if (state_->find(name) != nullptr) {
    return Error{Code::kAlreadyExists, "plugin \"" + name + "\" is already loaded"};
  }
  auto outcome = state_->load(name);
  state_->remember(name, outcome);
  return outcome;
}

Result<void> Loader::unload(const std::string& name) {
  const std::lock_guard lock(state_->operations);
  Loaded* loaded = state_->find(name);
  if (loaded == nullptr) {
    const std::lock_guard list_lock(state_->mutex);
    if (state_->failed.erase(name) != 0) {
      return {};
    }
    return Error{Code::kNotFound, "plugin \"" + name + "\" is not loaded"};
  }
  state_->stop(*loaded);
  const std::lock_guard list_lock(state_->mutex);
  std::erase_if(state_->plugins, [loaded](const auto& other) { return other.get() == loaded; });
  return {};
}

Result<void> Loader::replace(const std::string& name, const std::filesystem::path& file) {
  const std::lock_guard lock(state_->operations);
  Loaded* old = state_->find(name);
  if (old == nullptr) {
    return Error{Code::kNotFound, "plugin \"" + name + "\" is not loaded"};
  }
  const auto wanted = file.empty() ? std::filesystem::path(name + ".so") : file;
  if (wanted.has_parent_path() && wanted.parent_path() != state_->options.plugin_dir) {
    return Error{Code::kForbidden, wanted.string() + ": lies outside the plugin directory " +
                                       state_->options.plugin_dir.string() + "; put it there"};
  }
  // Opened and checked beside the running one: a bad file changes nothing.
  PINTLE_TRY(auto next, state_->open(name, state_->options.plugin_dir / wanted.filename()));
  state_->stop(*old);
  auto started = state_->start(*next);
  if (!started.ok()) {
    const auto again = state_->start(*old);
    if (!again.ok()) {
      const std::lock_guard list_lock(state_->mutex);
      std::erase_if(state_->plugins, [old](const auto& other) { return other.get() == old; });
      return Error{Code::kInternalError,
                   started.error().message + "; and the old one: " + again.error().message};
    }
    return Error{started.error().code, started.error().message + "; the old one runs again"};
  }
  const std::lock_guard list_lock(state_->mutex);
  std::swap(*old, *next);
  return {};
}

void Loader::suspend(const std::string& name, const std::string& why) {
  const std::lock_guard list_lock(state_->mutex);
  if (Loaded* loaded = state_->find(name)) {
    loaded->suspended = why;
  }
}

void Loader::abandon(const std::string& name) {
  const std::lock_guard list_lock(state_->mutex);
  if (Loaded* loaded = state_->find(name)) {
    loaded->is_abandoned = true;
  }
}

std::vector<PluginState> Loader::list() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<PluginState> states;
  for (const auto& loaded : state_->plugins) {
    states.push_back({.name = loaded->name,
                      .version = loaded->plugin->version,
                      .file = loaded->file,
                      .state = loaded->suspended.empty() ? "running" : "suspended",
                      .message = loaded->suspended,
                      .provides = state_->exchange.points_of(loaded->host.get())});
  }
  for (const auto& [name, state] : state_->failed) {
    states.push_back(state);
  }
  return states;
}

void Loader::on_provided(
    const std::string& point,
    std::function<void(const std::string& plugin, const void* table, void* self, bool added)>
        changed) {
  state_->exchange.watch(nullptr, point, std::move(changed));
}

}  // namespace pintle::loader
