// Who may call a kubelet: the server, by its client certificate. Everybody else is turned away.

#include "core/daemon/node.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <sys/stat.h>
#include <unistd.h>

#include "core/auth/tokens.hpp"
#include "core/daemon/load_plugins.hpp"
#include "core/daemon/machine.hpp"
#include "core/http/node_proxy.hpp"
#include "core/http/remote.hpp"

namespace pintle::daemon {
namespace {

constexpr const char* kServerName = "kube-apiserver-kubelet-client";

/// Every request of a node's listener is slow: it is a plugin's.
class NodeHandler final : public http::Handler {
 public:
  explicit NodeHandler(bool read_only) : read_only_(read_only) {}
  void set(http::PluginRoutes& routes) { routes_ = &routes; }

  void handle(gate::Request, gate::Respond respond) override {
    respond({.status = 404, .headers = {}, .body = std::string()});
  }
  bool is_slow(const gate::Request&) const override { return true; }
  void handle_slow(http::Exchange& exchange) override {
    if (read_only_) {
      return routes_->serve("system:anonymous", exchange);
    }
    const auto& certificate = exchange.request().certificate;
    if (certificate == nullptr || !certificate->trusted ||
        certificate->not_after < SystemClock().now()) {
      return http::answer_error(exchange, {Code::kUnauthorized, "Unauthorized"});
    }
    if (certificate->common_name != kServerName) {
      return http::answer_error(
          exchange, {Code::kForbidden, "user \"" + certificate->common_name +
                                           "\" may not call this kubelet; ask the server instead"});
    }
    routes_->serve(certificate->common_name, exchange);
  }

 private:
  const bool read_only_;
  http::PluginRoutes* routes_ = nullptr;
};

/// Writes a file of mode 0600 whole, or not at all.
Result<void> write_private(const std::filesystem::path& file, const std::string& text) {
  const auto part = file.string() + ".new";
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) {
    ::close(fd);
  }
  if (!written || ::rename(part.c_str(), file.c_str()) != 0) {
    return Error{Code::kForbidden, file.string() + " can't be written: " + std::strerror(errno)};
  }
  return {};
}

Result<http::TlsFiles> write_files(const std::filesystem::path& directory,
                                   const auth::IssuedPair& pair, const std::string& ca_pem) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (::chmod(directory.c_str(), 0700) != 0) {
    return Error{Code::kForbidden, directory.string() + " can't be made: " + std::strerror(errno)};
  }
  const http::TlsFiles files{.certificate = directory / "kubelet.crt",
                             .key = directory / "kubelet.key",
                             .client_ca = directory / "ca.crt"};
  PINTLE_TRY_STATUS(write_private(files.certificate, pair.certificate_pem));
  PINTLE_TRY_STATUS(write_private(files.key, pair.key_pem));
  PINTLE_TRY_STATUS(write_private(files.client_ca, ca_pem));
  return files;
}

/// The TLS files of a kubelet of its own process: given, or from the kubeconfig.
Result<http::TlsFiles> find_files(const KubeletOptions& options,
                                  const auth::ClientConfig* cluster) {
  if (!options.tls_cert_file.empty() || !options.tls_private_key_file.empty()) {
    if (options.tls_cert_file.empty() || options.tls_private_key_file.empty() ||
        options.client_ca_file.empty()) {
      return Error{Code::kInvalid,
                   "--tls-cert-file, --tls-private-key-file and --client-ca-file go together"};
    }
    return http::TlsFiles{.certificate = options.tls_cert_file,
                          .key = options.tls_private_key_file,
                          .client_ca = options.client_ca_file};
  }
  if (cluster == nullptr) {
    return http::TlsFiles{};
  }
  if (cluster->certificate_pem.empty()) {
    return Error{Code::kInvalid,
                 options.kubeconfig.string() +
                     ": has no client certificate to serve with; make one with `pintle kubeconfig "
                     "--node NAME`, or give --tls-cert-file"};
  }
  return write_files(options.root_dir / "pki",
                     {.certificate_pem = cluster->certificate_pem, .key_pem = cluster->key_pem},
                     cluster->ca_pem);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    text += text.empty() ? word : "," + word;
  }
  return text;
}

}  // namespace

struct NodeListeners::Parts {
  NodeHandler secure_handler{/*read_only=*/false};
  NodeHandler read_only_handler{/*read_only=*/true};
  std::unique_ptr<http::Server> secure;
  std::unique_ptr<http::Server> read_only;
  std::unique_ptr<http::PluginRoutes> secure_routes;
  std::unique_ptr<http::PluginRoutes> read_only_routes;
};

NodeListeners::NodeListeners(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
NodeListeners::~NodeListeners() {
  stop();
}

Result<std::unique_ptr<NodeListeners>> NodeListeners::make(const KubeletOptions& options,
                                                           http::TlsFiles tls, const Clock& clock,
                                                           Log& log) {
  auto parts = std::make_unique<Parts>();
  http::Limits limits;
  limits.loops = 1;  // A node's listeners are quiet.
  if (!tls.client_ca.empty()) {
    PINTLE_TRY(parts->secure, http::Server::make({.address = options.address,
                                                  .port = options.port,
                                                  .plain = false,
                                                  .tls = std::move(tls),
                                                  .limits = limits},
                                                 parts->secure_handler, clock, log));
  }
  if (options.read_only_port != 0) {
    PINTLE_TRY(parts->read_only, http::Server::make({.address = "127.0.0.1",
                                                     .port = options.read_only_port,
                                                     .plain = true,
                                                     .tls = {},
                                                     .limits = limits},
                                                    parts->read_only_handler, clock, log));
  }
  return std::unique_ptr<NodeListeners>(new NodeListeners(std::move(parts)));
}

void NodeListeners::start(loader::Loader& loader) {
  if (parts_->secure != nullptr) {
    parts_->secure_routes = std::make_unique<http::PluginRoutes>(loader, "kubelet");
    parts_->secure_handler.set(*parts_->secure_routes);
    parts_->secure->start();
  }
  if (parts_->read_only != nullptr) {
    parts_->read_only_routes = std::make_unique<http::PluginRoutes>(loader, "kubelet-read-only");
    parts_->read_only_handler.set(*parts_->read_only_routes);
    parts_->read_only->start();
  }
}

void NodeListeners::stop() {
  for (auto* server : {parts_->secure.get(), parts_->read_only.get()}) {
    if (server != nullptr) {
      server->stop(std::chrono::seconds(2));
    }
  }
}

std::uint16_t NodeListeners::port() const {
  return parts_->secure == nullptr ? std::uint16_t{0} : parts_->secure->port();
}

std::string node_name_of(const KubeletOptions& options) {
  return options.hostname_override.empty() ? host_name() : options.hostname_override;
}

std::map<std::string, std::string> kubelet_settings(const KubeletOptions& options,
                                                    std::uint16_t port) {
  return {{"node-name", node_name_of(options)},
          {"node-ip", options.node_ip.empty() ? primary_address() : options.node_ip},
          {"root-dir", options.root_dir.string()},
          {"pod-log-dir", options.pod_log_dir.string()},
          {"pod-manifest-path", options.pod_manifest_path.string()},
          {"container-runtime-endpoint", options.container_runtime_endpoint},
          {"kubelet-port", std::to_string(port)},
          {"cluster-dns", joined(options.cluster_dns)},
          {"cluster-domain", options.cluster_domain},
          {"register-node", options.register_node ? "true" : "false"},
          {"max-pods", std::to_string(options.max_pods)}};
}

Result<http::TlsFiles> issue_node_files(const auth::CertDir& cert_dir,
                                        const KubeletOptions& options,
                                        const std::filesystem::path& directory,
                                        const Clock& clock) {
  const std::string name = node_name_of(options);
  auto names = auth::local_serving_names();
  names.dns.push_back(name);
  names.addresses.push_back(options.node_ip.empty() ? primary_address() : options.node_ip);
  constexpr std::chrono::hours kYear{24 * 365};
  PINTLE_TRY(const auto pair,
             auth::issue_serving_certificate(cert_dir, "system:node:" + name, {"system:nodes"},
                                             names, kYear, clock));
  PINTLE_TRY(auto files, write_files(directory, pair, ""));
  files.client_ca = cert_dir.ca_certificate();
  return files;
}

int run_kubelet(const Options& options, const Clock& clock, Log& log) {
  const auto& node = options.kubelet;
  std::unique_ptr<auth::ClientConfig> cluster;
  const auto fail = [](const Error& error) {
    std::cerr << "pintle kubelet: " << error.message << '\n';
    return 1;
  };
  if (!node.kubeconfig.empty()) {
    auto config = auth::read_kubeconfig(node.kubeconfig);
    if (!config.ok()) {
      return fail(config.error());
    }
    cluster = std::make_unique<auth::ClientConfig>(std::move(config).value());
  } else if (node.pod_manifest_path.empty()) {
    return fail({Code::kInvalid,
                 "nothing to run: give --kubeconfig to join a server, --pod-manifest-path for "
                 "static pods, or both"});
  }
  auto files = find_files(node, cluster.get());
  if (!files.ok()) {
    return fail(files.error());
  }
  auto listeners = NodeListeners::make(node, std::move(files).value(), clock, log);
  if (!listeners.ok()) {
    return fail(listeners.error());
  }
  auto settings = kubelet_settings(node, listeners.value()->port());
  if (cluster != nullptr) {
    settings["server-url"] = cluster->server_url;
    settings["cluster-ca"] = cluster->ca_pem;
  }
  auto loader = std::make_unique<loader::Loader>(
      loader::LoaderOptions{.plugin_dir = options.plugins.directory,
                            .settings = std::move(settings),
                            .plugin_config = options.plugins.config},
      [&](const std::string&) -> std::unique_ptr<loader::Backend> {
        return cluster == nullptr ? nullptr : http::make_remote_backend(*cluster, log);
      },
      std::map<std::string, const void*>{{"pintle.exchange/1", http::plugin_exchange_table()}},
      log);
  if (const auto loaded = load_plugins(*loader, options.plugins.names, log); !loaded.ok()) {
    return fail(loaded.error());
  }
  listeners.value()->start(*loader);
  if (listeners.value()->port() != 0) {
    std::cout << "kubelet listening on https://" << node.address << ':' << listeners.value()->port()
              << std::endl;
  }
  notify_service_manager("READY=1");
  wait_for_signal();
  notify_service_manager("STOPPING=1");
  listeners.value()->stop();
  loader.reset();
  return 0;
}

}  // namespace pintle::daemon
