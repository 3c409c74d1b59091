// Node: the listeners of a kubelet, and the process that runs one with a remote server or alone.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/auth/pki.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/daemon/options.hpp"
#include "core/http/plugin_routes.hpp"
#include "core/http/server.hpp"
#include "core/loader/loader.hpp"

namespace pintle::daemon {

/// The kubelet's HTTPS port, for the server's own certificate only, and, where asked for, the plain
/// read-only port on loopback.
class NodeListeners {
 public:
  /// Binds. Without `tls.client_ca` nobody could be let in, so there is no HTTPS port then.
  /// Errors: a busy port, by name.
  static Result<std::unique_ptr<NodeListeners>> make(const KubeletOptions& options,
                                                     http::TlsFiles tls, const Clock& clock,
                                                     Log& log);
  ~NodeListeners();

  /// Serves what the plugins of `loader` route to it. The loader is destroyed before this.
  void start(loader::Loader& loader);
  void stop();

  /// Of the HTTPS listener; 0 where there is none.
  std::uint16_t port() const;

 private:
  struct Parts;
  explicit NodeListeners(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

/// What the kubelet plugin reads with pintle_host.setting.
std::map<std::string, std::string> kubelet_settings(const KubeletOptions& options,
                                                    std::uint16_t port);

/// The node's name: --hostname-override, or the machine's.
std::string node_name_of(const KubeletOptions& options);

/// A serving pair for the node's own kubelet, issued by the cert-dir's CA and kept under
/// `directory`. Used by `pintle up`.
Result<http::TlsFiles> issue_node_files(const auth::CertDir& cert_dir,
                                        const KubeletOptions& options,
                                        const std::filesystem::path& directory, const Clock& clock);

/// `pintle kubelet`: runs until a signal. The exit code.
int run_kubelet(const Options& options, const Clock& clock, Log& log);

}  // namespace pintle::daemon
