// ControlPlane: the server's parts, built in order and taken down in reverse. It reads like a list.

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/auth/pki.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/daemon/options.hpp"
#include "core/loader/loader.hpp"

namespace pintle::daemon {

/// Called once the cert-dir is filled; gives settings for plugins beside the server's own.
using MoreSettings =
    std::function<Result<std::map<std::string, std::string>>(const auth::CertDir&)>;

class ControlPlane {
 public:
  /// Builds everything, binds the port and fills the store with what every cluster holds; nobody is
  /// served yet.
  /// Errors: each names the flag, file or port that is wrong, and the mend.
  static Result<std::unique_ptr<ControlPlane>> make(const Options& options,
                                                    const MoreSettings& more_settings,
                                                    const Clock& clock, Log& log);
  ~ControlPlane();

  /// Loads the plugins of the options, in order, then serves.
  /// Errors: a plugin that can't be loaded, by name.
  Result<void> start();

  /// Finishes what is under way, ends watches, stops the plugins.
  void stop();

  /// "https://127.0.0.1:6443".
  const std::string& url() const;
  loader::Loader& loader();

 private:
  struct Parts;
  explicit ControlPlane(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace pintle::daemon
