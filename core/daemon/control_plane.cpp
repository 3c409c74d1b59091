// The wiring of the server.

#include "core/daemon/control_plane.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <sys/stat.h>
#include <utility>

#include "core/api/catalog.hpp"
#include "core/api/schema.hpp"
#include "core/auth/authenticator.hpp"
#include "core/auth/authorizer.hpp"
#include "core/auth/pki.hpp"
#include "core/auth/tokens.hpp"
#include "core/bus/bus.hpp"
#include "core/daemon/api_handler.hpp"
#include "core/daemon/cidr.hpp"
#include "core/daemon/duration.hpp"
#include "core/daemon/load_plugins.hpp"
#include "core/daemon/machine.hpp"
#include "core/daemon/metrics.hpp"
#include "core/daemon/node.hpp"
#include "core/daemon/rbac_feed.hpp"
#include "core/daemon/version.hpp"
#include "core/gate/audit.hpp"
#include "core/gate/in_process.hpp"
#include "core/gate/plugin_admission.hpp"
#include "core/object/status.hpp"
#include "core/registry/registry.hpp"
#include "core/store/sqlite_store.hpp"

namespace pintle::daemon {

/// In the order they are made; each uses only what stands above it.
struct ControlPlane::Parts {
  Parts(const Options& options_in, const Clock& clock_in, Log& log_in)
      : options(options_in), clock(clock_in), log(log_in) {}

  const Options options;
  const Clock& clock;
  Log& log;

  std::string advertise_address;
  std::string url;
  auth::CertDir cert_dir;
  Metrics metrics;
  ApiHandler handler;
  std::unique_ptr<http::Server> server;

  api::Catalog catalog;
  bus::Bus bus;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<auth::Authenticator> authenticator;
  std::unique_ptr<auth::TokenSigner> signer;
  std::unique_ptr<auth::Rbac> rbac;
  std::unique_ptr<auth::Authorizer> authorizer;
  std::unique_ptr<gate::PluginAdmission> admission;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<gate::Audit> audit;
  std::unique_ptr<gate::Gate> gate;
  std::unique_ptr<http::NodeProxy> node_proxy;
  std::unique_ptr<http::ApiProxy> api_proxy;
  std::unique_ptr<loader::Loader> loader;
  std::unique_ptr<http::PluginRoutes> routes;
  std::function<void()> cancel_reload;

  Result<void> make_certificates();
  Result<void> open_port();
  Result<void> open_store();
  Result<void> make_auth();
  Result<void> make_registry();
  Result<void> make_gate();
  void make_loader(std::map<std::string, std::string> more_settings);
  Result<void> publish_endpoints();
  void reload_later();
  Result<Json> ask(const std::string& method, const std::string& path, const Json* body) const;
};

namespace {

/// The server's own hand: for what it writes about itself.
auth::Identity apiserver_identity() {
  return {.user = "system:apiserver",
          .uid = "",
          .groups = {"system:masters", "system:authenticated"},
          .extra = {},
          .authenticator = "in-process"};
}

Result<void> make_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{Code::kForbidden,
                 "--data-dir " + directory.string() + " can't be made: " + std::strerror(errno)};
  }
  if (!std::filesystem::is_directory(directory, error)) {
    return Error{Code::kInvalid, "--data-dir " + directory.string() + " is no folder"};
  }
  return {};
}

std::string file_or(const std::filesystem::path& given, const std::filesystem::path& otherwise) {
  return given.empty() ? otherwise.string() : given.string();
}

}  // namespace

Result<void> ControlPlane::Parts::make_certificates() {
  const auto& api = options.apiserver;
  advertise_address = api.advertise_address.empty() ? primary_address() : api.advertise_address;
  PINTLE_TRY(const std::string service_address, first_address_of(api.service_cluster_ip_range));
  auto names = auth::local_serving_names();
  for (const char* dns : {"kubernetes", "kubernetes.default", "kubernetes.default.svc",
                          "kubernetes.default.svc.cluster.local"}) {
    names.dns.emplace_back(dns);
  }
  names.addresses.push_back(advertise_address);
  names.addresses.push_back(service_address);
  for (auto* list : {&names.dns, &names.addresses}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  const bool everywhere = api.bind_address == "0.0.0.0";
  url = "https://" + (everywhere ? std::string("127.0.0.1") : api.bind_address) + ":" +
        std::to_string(server == nullptr ? api.secure_port : server->port());
  PINTLE_TRY(cert_dir, auth::fill_cert_dir(api.cert_dir, names, url, clock, log));
  return {};
}

Result<void> ControlPlane::Parts::open_port() {
  const auto& api = options.apiserver;
  http::ServerOptions serving{
      .address = api.bind_address,
      .port = api.secure_port,
      .plain = false,
      .tls = {.certificate = file_or(api.tls_cert_file, cert_dir.serving_certificate()),
              .key = file_or(api.tls_private_key_file, cert_dir.serving_key()),
              .client_ca = file_or(api.client_ca_file, cert_dir.ca_certificate())},
      .limits = {}};
  if (api.tls_cert_file.empty() != api.tls_private_key_file.empty()) {
    return Error{Code::kInvalid, "--tls-cert-file and --tls-private-key-file go together"};
  }
  PINTLE_TRY(server, http::Server::make(std::move(serving), handler, clock, log));
  if (api.secure_port == 0) {
    // The port is known only now: the admin's kubeconfig names it.
    PINTLE_TRY_STATUS(make_certificates());
  }
  return {};
}

Result<void> ControlPlane::Parts::open_store() {
  const auto lift = [this](const Key& key, std::string_view json) -> Result<Draft> {
    const auto* resource = catalog.find_storage(key.resource);
    if (resource == nullptr) {
      return Error{Code::kInternalError, to_text(key) + " is of a resource this server has not"};
    }
    return api::lift(*resource, json);
  };
  PINTLE_TRY(store, store::open_sqlite({.directory = options.apiserver.data_dir / "store"}, bus,
                                       lift, log));
  return {};
}

Result<void> ControlPlane::Parts::make_auth() {
  const auto& api = options.apiserver;
  const auto uid_of = [this](std::string_view resource, std::string_view ns,
                             std::string_view name) -> std::optional<std::string> {
    const auto object = store->get(
        {.resource = std::string(resource), .ns = std::string(ns), .name = std::string(name)});
    return object == nullptr ? std::nullopt : std::optional(object->uid());
  };
  auth::AuthenticatorOptions wanted;
  wanted.basic_auth_file = api.basic_auth_file;
  wanted.token_auth_file = api.token_auth_file;
  wanted.anonymous = api.anonymous_auth;
  wanted.service_account_issuer = api.service_account_issuer;
  wanted.api_audiences = api.api_audiences.empty()
                             ? std::vector<std::string>{api.service_account_issuer}
                             : api.api_audiences;
  wanted.service_account_key_file = cert_dir.service_account_key();
  PINTLE_TRY(authenticator, auth::Authenticator::make(std::move(wanted), uid_of, clock, log));
  PINTLE_TRY(signer,
             auth::TokenSigner::make(cert_dir.service_account_key(), api.service_account_issuer));
  rbac = auth::Rbac::make();
  return {};
}

Result<void> ControlPlane::Parts::make_registry() {
  const auto& api = options.apiserver;
  const auto& modes = api.authorization_modes;
  const bool always = std::find(modes.begin(), modes.end(), "AlwaysAllow") != modes.end();
  if (always) {
    log.warning(
        "everyone may do everything, because --authorization-mode has AlwaysAllow; leave it out "
        "to let RBAC decide");
  }
  admission = std::make_unique<gate::PluginAdmission>(log);
  // The feed is made after bootstrap, so that it lists the default roles at once.
  auto proxy = std::make_unique<registry::RegistryParts>(registry::RegistryParts{
      .catalog = catalog,
      .store = *store,
      .bus = bus,
      .admission = *admission,
      .rbac = always ? nullptr : rbac.get(),
      .authorizer = nullptr,
      .signer = signer.get(),
      .authenticator = authenticator.get(),
      .api_audiences = api.api_audiences.empty()
                           ? std::vector<std::string>{api.service_account_issuer}
                           : api.api_audiences,
      .service_cidr = api.service_cluster_ip_range,
      .secure_port = server->port(),
      .timers = server->timers(),
      .clock = clock,
      .log = log,
      .run_on_worker = [this](std::function<void()> job) {
        return server->run_on_worker(std::move(job));
      }});
  if (always) {
    authorizer = auth::make_always_allow();
  } else {
    authorizer = std::make_unique<RbacFeed>(*rbac, *store, bus);
  }
  proxy->authorizer = authorizer.get();
  registry = std::make_unique<registry::Registry>(*proxy);
  return registry->bootstrap(auth::default_rbac_objects());
}

Result<void> ControlPlane::Parts::make_gate() {
  PINTLE_TRY(audit, gate::Audit::make(options.apiserver.audit_log_path));
  gate = std::make_unique<gate::Gate>(gate::GateParts{
      .authenticator = *authenticator,
      .authorizer = *authorizer,
      .registry = *registry,
      .audit = *audit,
      .clock = clock,
      .log = log,
      .run_on_worker =
          [this](std::function<void()> job) {
            if (is_on_worker()) {
              job();
              return true;
            }
            return server->run_on_worker(std::move(job));
          },
      .ready_checks = {{"store", [this] { return store->unready().value_or(""); }}},
      .metrics = [this] { return metrics.text(); },
      .version_json = version_json(),
      .observe = [this](const gate::AuditRecord& record) { metrics.count(record); }});
  metrics.set_sources({.store = [this] { return store->figures(); },
                       .server = [this] { return server->figures(); },
                       .is_known_resource =
                           [this](const std::string& group, const std::string& plural) {
                             const auto known = catalog.resources();
                             return std::any_of(known.begin(), known.end(), [&](const auto* row) {
                               return row->group == group && row->plural == plural;
                             });
                           }});
  return {};
}

void ControlPlane::Parts::make_loader(std::map<std::string, std::string> more_settings) {
  const std::string node_name = node_name_of(options.kubelet);
  more_settings["cluster-ca-file"] = cert_dir.ca_certificate().string();
  // The flag was checked when it was read.
  more_settings["event-ttl"] = std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(*parse_duration(options.apiserver.event_ttl))
          .count());
  more_settings["server-url"] =
      "https://" + advertise_address + ":" + std::to_string(server->port());
  loader::LoaderOptions wanted{.plugin_dir = options.plugins.directory,
                               .settings = std::move(more_settings),
                               .plugin_config = options.plugins.config};
  loader = std::make_unique<loader::Loader>(
      std::move(wanted),
      [this, node_name](const std::string& plugin) {
        return gate::make_in_process_backend({.gate = *gate,
                                              .catalog = catalog,
                                              .authorizer = *authorizer,
                                              .store = *store,
                                              .bus = bus},
                                             gate::identity_of_plugin(plugin, node_name), plugin);
      },
      std::map<std::string, const void*>{{"pintle.exchange/1", http::plugin_exchange_table()}},
      log);
  admission->connect(*loader);
  routes = std::make_unique<http::PluginRoutes>(*loader, "apiserver");
  const http::NodeProxyParts proxied{
      .store = *store, .cert_dir = cert_dir, .own_port = server->port()};
  node_proxy = std::make_unique<http::NodeProxy>(proxied);
  api_proxy = std::make_unique<http::ApiProxy>(proxied);
  handler.set({.gate = gate.get(),
               .loader = loader.get(),
               .node_proxy = node_proxy.get(),
               .api_proxy = api_proxy.get(),
               .routes = routes.get()});
}

Result<Json> ControlPlane::Parts::ask(const std::string& method, const std::string& path,
                                      const Json* body) const {
  const auto backend = gate::make_in_process_backend({.gate = *gate,
                                                      .catalog = catalog,
                                                      .authorizer = *authorizer,
                                                      .store = *store,
                                                      .bus = const_cast<bus::Bus&>(bus)},
                                                     apiserver_identity(), "pintle-apiserver");
  const auto answer = std::make_shared<std::promise<std::pair<int, std::string>>>();
  auto came = answer->get_future();
  backend->request(method, path, "application/json", body == nullptr ? "" : to_json(*body),
                   [answer](int status, std::string_view text) {
                     answer->set_value({status, std::string(text)});
                   });
  const auto [status, text] = came.get();
  if (status >= 400) {
    return error_of_status(text, status);
  }
  PINTLE_TRY(auto parsed, parse_json(text));
  return std::move(parsed.value);
}

/// The `kubernetes` Service leads here: its Endpoints and EndpointSlice name this server.
Result<void> ControlPlane::Parts::publish_endpoints() {
  const auto port = server->port();
  const Json endpoints = {
      {"apiVersion", "v1"},
      {"kind", "Endpoints"},
      {"metadata",
       {{"name", "kubernetes"},
        {"namespace", "default"},
        {"labels", {{"endpointslice.kubernetes.io/skip-mirror", "true"}}}}},
      {"subsets",
       JsonArray{
           {{"addresses", JsonArray{{{"ip", advertise_address}}}},
            {"ports", JsonArray{{{"name", "https"}, {"port", port}, {"protocol", "TCP"}}}}}}}};
  const Json slice = {
      {"apiVersion", "discovery.k8s.io/v1"},
      {"kind", "EndpointSlice"},
      {"metadata",
       {{"name", "kubernetes"},
        {"namespace", "default"},
        {"labels", {{"kubernetes.io/service-name", "kubernetes"}}}}},
      {"addressType", "IPv4"},
      {"endpoints", JsonArray{{{"addresses", JsonArray{Json(advertise_address)}},
                               {"conditions", {{"ready", true}}}}}},
      {"ports", JsonArray{{{"name", "https"}, {"port", port}, {"protocol", "TCP"}}}}};
  const std::pair<std::string, const Json*> wanted[] = {
      {"/api/v1/namespaces/default/endpoints", &endpoints},
      {"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", &slice}};
  for (const auto& [path, object] : wanted) {
    auto written = ask("PUT", path + "/kubernetes", object);
    if (!written.ok() && written.error().code == Code::kNotFound) {
      written = ask("POST", path, object);
    }
    if (!written.ok()) {
      return std::move(written).error();
    }
  }
  return {};
}

void ControlPlane::Parts::reload_later() {
  cancel_reload = server->timers().at(clock.steady() + std::chrono::seconds(1), [this] {
    authenticator->reload();
    reload_later();
  });
}

ControlPlane::ControlPlane(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

ControlPlane::~ControlPlane() {
  stop();
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::make(const Options& options,
                                                         const MoreSettings& more_settings,
                                                         const Clock& clock, Log& log) {
  if (!options.apiserver.etcd_servers.empty()) {
    return Error{Code::kInvalid,
                 "--etcd-servers: this build has the embedded store only; leave the flag out and "
                 "give --data-dir"};
  }
  auto parts = std::make_unique<Parts>(options, clock, log);
  PINTLE_TRY_STATUS(make_private_directory(options.apiserver.data_dir));
  // The store first: it refuses a second server, which must not have touched the first one's files.
  PINTLE_TRY_STATUS(parts->open_store());
  PINTLE_TRY_STATUS(parts->make_certificates());
  PINTLE_TRY_STATUS(parts->open_port());
  PINTLE_TRY_STATUS(parts->make_auth());
  PINTLE_TRY_STATUS(parts->make_registry());
  PINTLE_TRY_STATUS(parts->make_gate());
  PINTLE_TRY(auto settings, more_settings(parts->cert_dir));
  parts->make_loader(std::move(settings));
  PINTLE_TRY_STATUS(parts->publish_endpoints());
  return std::unique_ptr<ControlPlane>(new ControlPlane(std::move(parts)));
}

Result<void> ControlPlane::start() {
  // Plugins first: no request is admitted without the admission that was asked for.
  PINTLE_TRY_STATUS(load_plugins(*parts_->loader, parts_->options.plugins.names, parts_->log));
  parts_->server->start();
  parts_->reload_later();
  return {};
}

void ControlPlane::stop() {
  if (parts_->loader == nullptr) {
    return;
  }
  if (parts_->cancel_reload) {
    parts_->cancel_reload();
  }
  // Clients' requests may be inside plugins: the plugins go when those are finished.
  parts_->server->stop(std::chrono::seconds(10));
  parts_->loader.reset();
}

const std::string& ControlPlane::url() const {
  return parts_->url;
}
loader::Loader& ControlPlane::loader() {
  return *parts_->loader;
}

}  // namespace pintle::daemon
