// The commands and their flags, in the order --help shows them.

#include "core/daemon/flags.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <ostream>
#include <sstream>

#include <CLI/CLI.hpp>

#include "core/daemon/admission_plugins.hpp"
#include "core/daemon/config_file.hpp"
#include "core/daemon/duration.hpp"
#include "core/daemon/version.hpp"

namespace pintle::daemon {
namespace {

constexpr const char* kAbout =
    "Pintle: a Kubernetes control plane and node agent in one small binary.\n"
    "\n"
    "  pintle up                 everything in one process, for a laptop or a first look\n"
    "  pintle apiserver          the control plane\n"
    "  pintle kubelet            a node; with --pod-manifest-path alone it needs no server";

/// Besides the admission plugins: see admission_plugins.cpp.
const std::vector<std::string> kControlPlanePlugins = {"controller_cluster_role_aggregation",
                                                       "controller_deployment",
                                                       "controller_endpoint_slice",
                                                       "controller_endpoint_slice_mirroring",
                                                       "controller_endpoints",
                                                       "controller_event_ttl",
                                                       "controller_garbage_collector",
                                                       "controller_namespace",
                                                       "controller_node_lifecycle",
                                                       "controller_replica_set",
                                                       "controller_resource_quota",
                                                       "controller_storage_protection",
                                                       "scheduler"};

void add_common_flags(CLI::App& app, Options& options) {
  app.add_option("--config", options.config_file,
                 "YAML file with any of these settings, named as the flags without the dashes; "
                 "flags win")
      ->check(CLI::ExistingFile)
      ->group("General");
  app.add_option("-v,--v", options.log.verbosity, "Log more: 4 and above is debug")
      ->group("General");
  app.add_option("--logging-format", options.log.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group("General");
}

void add_plugin_flags(CLI::App& app, PluginOptions& plugins) {
  app.add_option("--plugin-dir", plugins.directory, "Where the plugins' .so files are")
      ->capture_default_str()
      ->group("Plugins");
  app.add_option("--plugins", plugins.names,
                 "Plugins to load, in this order: a,b,c; \"\" for none; a server starts "
                 "without one written NAME? if it is not there")
      ->delimiter(',')
      ->capture_default_str()
      ->group("Plugins");
}

void add_apiserver_flags(CLI::App& app, ApiserverOptions& api) {
  app.add_option("--data-dir", api.data_dir, "The embedded store")
      ->capture_default_str()
      ->group("Storage");
  app.add_option("--event-ttl", api.event_ttl, "How long an event is kept after it last happened")
      ->check([](const std::string& text) {
        const auto ttl = parse_duration(text);
        return ttl && *ttl >= std::chrono::seconds(1)
                   ? std::string()
                   : "\"" + text + "\" is no duration of a second or more; give one like 1h30m";
      })
      ->capture_default_str()
      ->group("Storage");
  app.add_option("--etcd-servers", api.etcd_servers, "Store in etcd instead of --data-dir")
      ->delimiter(',')
      ->group("Storage");

  app.add_option("--secure-port", api.secure_port, "HTTPS port; 0 picks a free one and prints it")
      ->capture_default_str()
      ->group("Serving");
  app.add_option("--bind-address", api.bind_address, "Address to listen on")
      ->check(CLI::ValidIPV4)
      ->capture_default_str()
      ->group("Serving");
  app.add_option("--advertise-address", api.advertise_address,
                 "Address others reach this server at (default: the machine's own)")
      ->check(CLI::ValidIPV4)
      ->group("Serving");
  app.add_option("--service-cluster-ip-range", api.service_cluster_ip_range,
                 "CIDR that Services get their addresses from")
      ->capture_default_str()
      ->group("Serving");
  app.add_option("--cert-dir", api.cert_dir,
                 "Certificates; filled on first start (default: <data-dir>/pki)")
      ->group("Serving");
  app.add_option("--tls-cert-file", api.tls_cert_file,
                 "Serving certificate, instead of the cert-dir's")
      ->check(CLI::ExistingFile)
      ->group("Serving");
  app.add_option("--tls-private-key-file", api.tls_private_key_file, "Key of --tls-cert-file")
      ->check(CLI::ExistingFile)
      ->group("Serving");

  app.add_option("--authorization-mode", api.authorization_modes, "RBAC or AlwaysAllow")
      ->delimiter(',')
      ->check(CLI::IsMember({"RBAC", "AlwaysAllow"}))
      ->capture_default_str()
      ->group("Who may what");
  app.add_option("--anonymous-auth", api.anonymous_auth,
                 "Let requests without credentials ask for health and version")
      ->capture_default_str()
      ->group("Who may what");
  app.add_option("--basic-auth-file", api.basic_auth_file,
                 "CSV: password,user,uid,\"group1,group2\"; see `pintle user`")
      ->check(CLI::ExistingFile)
      ->group("Who may what");
  app.add_option("--token-auth-file", api.token_auth_file, "CSV: token,user,uid,\"group1,group2\"")
      ->check(CLI::ExistingFile)
      ->group("Who may what");
  app.add_option("--client-ca-file", api.client_ca_file,
                 "CA of client certificates (default: the cert-dir's)")
      ->check(CLI::ExistingFile)
      ->group("Who may what");
  app.add_option("--service-account-issuer", api.service_account_issuer,
                 "The issuer in service-account tokens")
      ->capture_default_str()
      ->group("Who may what");
  app.add_option("--api-audiences", api.api_audiences,
                 "Audiences a token may be for (default: the issuer)")
      ->delimiter(',')
      ->group("Who may what");
  app.add_option("--audit-log-path", api.audit_log_path,
                 "One JSON line a request; - is standard output")
      ->group("Who may what");
  app.add_option("--enable-admission-plugins", api.enable_admission_plugins,
                 "Admission plugins to load besides --plugins, by their Kubernetes names")
      ->delimiter(',')
      ->group("Who may what");
  app.add_option("--disable-admission-plugins", api.disable_admission_plugins,
                 "Admission plugins of --plugins not to load, by their Kubernetes names")
      ->delimiter(',')
      ->group("Who may what");
}

void add_kubelet_flags(CLI::App& app, KubeletOptions& node, bool standalone) {
  const char* group = "Node";
  if (standalone) {
    app.add_option("--kubeconfig", node.kubeconfig,
                   "How to reach the server; without it the kubelet runs alone")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--tls-cert-file", node.tls_cert_file,
                   "Serving certificate (default: the kubeconfig's)")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--tls-private-key-file", node.tls_private_key_file, "Key of --tls-cert-file")
        ->check(CLI::ExistingFile)
        ->group(group);
    app.add_option("--client-ca-file", node.client_ca_file,
                   "CA of those who may call this kubelet (default: the kubeconfig's)")
        ->check(CLI::ExistingFile)
        ->group(group);
  }
  app.add_option("--pod-manifest-path", node.pod_manifest_path, "Folder of static pods")
      ->check(CLI::ExistingDirectory)
      ->group(group);
  app.add_option("--hostname-override", node.hostname_override,
                 "The node's name (default: the machine's)")
      ->group(group);
  app.add_option("--node-ip", node.node_ip, "The node's address (default: the machine's own)")
      ->check(CLI::ValidIPV4)
      ->group(group);
  app.add_option("--container-runtime-endpoint", node.container_runtime_endpoint,
                 "containerd's socket")
      ->capture_default_str()
      ->group(group);
  app.add_option("--root-dir", node.root_dir, "Volumes and other files of pods")
      ->capture_default_str()
      ->group(group);
  app.add_option("--pod-log-dir", node.pod_log_dir, "Logs of containers")
      ->capture_default_str()
      ->group(group);
  app.add_option("--kubelet-port", node.port, "HTTPS port for logs and exec; 0 picks a free one")
      ->capture_default_str()
      ->group(group);
  app.add_option("--read-only-port", node.read_only_port,
                 "Plain HTTP port of /healthz, /pods and /spec/ on loopback; 0 is off")
      ->capture_default_str()
      ->group(group);
  app.add_option("--register-node", node.register_node, "Make this machine's Node object")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-pods", node.max_pods, "Pods this node takes")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--cluster-dns", node.cluster_dns, "Name servers for pods")
      ->delimiter(',')
      ->check(CLI::ValidIPV4)
      ->group(group);
  app.add_option("--cluster-domain", node.cluster_domain, "Domain that pods search")
      ->capture_default_str()
      ->group(group);
}

void add_server_commands(CLI::App& app, CommandLine& line) {
  auto* up = app.add_subcommand("up", "Run everything in this process: server and node");
  add_apiserver_flags(*up, line.options.apiserver);
  add_kubelet_flags(*up, line.options.kubelet, /*standalone=*/false);
  add_plugin_flags(*up, line.options.plugins);
  add_common_flags(*up, line.options);

  auto* apiserver = app.add_subcommand("apiserver", "Run the control plane");
  add_apiserver_flags(*apiserver, line.options.apiserver);
  add_plugin_flags(*apiserver, line.options.plugins);
  add_common_flags(*apiserver, line.options);

  auto* kubelet = app.add_subcommand("kubelet", "Run a node, with a server or alone");
  add_kubelet_flags(*kubelet, line.options.kubelet, /*standalone=*/true);
  kubelet->add_option("--port", line.options.kubelet.port, "The same as --kubelet-port")
      ->group("Node");
  add_plugin_flags(*kubelet, line.options.plugins);
  add_common_flags(*kubelet, line.options);
}

void add_plugin_command(CLI::App& app, CommandLine& line) {
  auto* plugin = app.add_subcommand("plugin", "List, load, unload and replace a server's plugins");
  plugin->require_subcommand(1);
  const std::map<std::string, std::string> verbs = {
      {"list", "Show what is loaded"},
      {"load", "Load NAME from the plugin directory"},
      {"unload", "Stop NAME"},
      {"replace", "Stop NAME and start its new build in its place"}};
  for (const auto& [verb, about] : verbs) {
    auto* command = plugin->add_subcommand(verb, about);
    command->add_option("--kubeconfig", line.kubeconfig,
                        "How to reach the server (default: $KUBECONFIG, then ~/.kube/config)");
    if (verb != "list") {
      command->add_option("NAME", line.name, "The plugin's name")->required();
    }
    if (verb == "replace") {
      command->add_option("FILE", line.file,
                          "The new build, inside the plugin directory (default: NAME.so)");
    }
  }
}

void add_user_command(CLI::App& app, CommandLine& line) {
  auto* user = app.add_subcommand("user", "Edit a basic-auth file; servers notice by themselves");
  user->require_subcommand(1);
  const std::map<std::string, std::string> verbs = {
      {"list", "Show users and groups, never passwords"},
      {"add", "Add NAME; the password is read from standard input and kept hashed"},
      {"passwd", "Give NAME a new password"}};
  for (const auto& [verb, about] : verbs) {
    auto* command = user->add_subcommand(verb, about);
    command->add_option("--basic-auth-file", line.file, "The file to edit")->required();
    if (verb != "list") {
      command->add_option("NAME", line.name, "The user's name")->required();
    }
    if (verb == "add") {
      command->add_option("--group", line.groups, "A group; may be given again");
      command->add_option("--uid", line.uid, "A lasting id (default: the name)");
    }
  }
}

void add_small_commands(CLI::App& app, CommandLine& line) {
  auto* kubeconfig =
      app.add_subcommand("kubeconfig", "Print a kubeconfig with a new client certificate");
  kubeconfig->add_option("--user", line.user, "User name (the certificate's CN)");
  kubeconfig->add_option("--group", line.groups, "A group (an O); may be given again");
  kubeconfig->add_option("--node", line.node,
                         "For the kubelet of this node, instead of --user and --group");
  kubeconfig
      ->add_option("--node-ip", line.options.kubelet.node_ip,
                   "With --node: the address its kubelet serves on (default: this machine's)")
      ->check(CLI::ValidIPV4);
  kubeconfig->add_option("--cert-dir", line.options.apiserver.cert_dir,
                         "The server's cert-dir (default: <data-dir>/pki)");
  kubeconfig->add_option("--data-dir", line.options.apiserver.data_dir, "The server's data dir")
      ->capture_default_str();
  kubeconfig->add_option("--server", line.server,
                         "The server's URL (default: the admin kubeconfig's)");
  kubeconfig->add_option("--days", line.days, "How long the certificate is good for")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();

  auto* ps = app.add_subcommand("ps", "Show this machine's pods and containers, from containerd");
  ps->add_option("--container-runtime-endpoint", line.options.kubelet.container_runtime_endpoint,
                 "containerd's socket")
      ->capture_default_str();
  ps->add_option("--plugin-dir", line.options.plugins.directory, "Where kubelet.so is")
      ->capture_default_str();

  auto* version = app.add_subcommand("version", "Print the version");
  version->add_option("-o,--output", line.output, "json")->check(CLI::IsMember({"json"}));
}

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// " (did you mean --secure-port?)", or "" where nothing is near.
std::string suggestion(const CLI::App& app, const std::string& wrong) {
  const std::string given = wrong.substr(0, wrong.find('='));
  std::string best;
  std::size_t best_distance = 4;
  const auto consider = [&](const std::string& name) {
    const std::size_t distance = edit_distance(given, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  };
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) {
      consider("--" + name);
    }
  }
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    consider(command->get_name());
  }
  return best.empty() ? "" : " (did you mean " + best + "?)";
}

/// The innermost command that was given.
const CLI::App& deepest(const CLI::App& app) {
  const auto given = app.get_subcommands();
  return given.empty() ? app : deepest(*given.front());
}

/// "pintle plugin load".
std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr
             ? command.get_name()
             : full_name(*command.get_parent()) + ' ' + command.get_name();
}

/// One line about a mistake, with the mend.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = deepest(app);
  const std::string name = full_name(at);
  const auto extras = app.remaining(true);
  if (!extras.empty()) {
    const std::string& first = extras.front();
    return name + ": unknown " + (first.starts_with('-') ? "flag " : "command or argument ") +
           first + suggestion(at, first) + "; see `" + name + " --help`";
  }
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return name + ": " + text + "; see `" + name + " --help`";
}

void set_defaults(Options& options, const std::string& program_dir) {
  std::error_code ignored;
  const auto beside = std::filesystem::path(program_dir).parent_path() / "plugins";
  options.plugins.directory = std::filesystem::is_directory(beside, ignored)
                                  ? beside
                                  : std::filesystem::path(PINTLE_PLUGIN_DIR);
  options.apiserver.data_dir = "/var/lib/pintle";
}

Result<void> finish(CommandLine& line) {
  auto& options = line.options;
  if (options.apiserver.cert_dir.empty()) {
    options.apiserver.cert_dir = options.apiserver.data_dir / "pki";
  }
  if (options.plugins.names.empty() && line.command != "kubelet") {
    options.plugins.names = default_admission_plugins();
    options.plugins.names.insert(options.plugins.names.end(), kControlPlanePlugins.begin(),
                                 kControlPlanePlugins.end());
    if (line.command == "up") {
      options.plugins.names.emplace_back("kubelet");
    }
  }
  if (options.plugins.names.empty()) {
    options.plugins.names = {"kubelet"};
  }
  std::erase(options.plugins.names, "");  // --plugins "" asks for none.
  PINTLE_TRY(options.plugins.names,
             with_admission_flags(std::move(options.plugins.names),
                                  options.apiserver.enable_admission_plugins,
                                  options.apiserver.disable_admission_plugins));
  return {};
}

}  // namespace

Parsed parse_command_line(const std::vector<std::string>& arguments, const std::string& program_dir,
                          std::ostream& out, std::ostream& err) {
  Parsed parsed;
  CommandLine& line = parsed.line;
  set_defaults(line.options, program_dir);

  CLI::App app{kAbout, "pintle"};
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_server_commands(app, line);
  add_plugin_command(app, line);
  add_user_command(app, line);
  add_small_commands(app, line);

  try {
    // CLI11 takes the words last first.
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& asked) {
    parsed.exit_code = app.exit(asked, out, err);
    return parsed;
  } catch (const CLI::ParseError& error) {
    err << explain(app, error) << '\n';
    parsed.exit_code = 2;
    return parsed;
  }

  auto* command = app.get_subcommands().front();
  line.command = command->get_name();
  if (!command->get_subcommands().empty()) {
    line.subcommand = command->get_subcommands().front()->get_name();
  }
  if (!line.options.config_file.empty()) {
    const auto merged = merge_config_file(line.options.config_file, *command, line.options.plugins);
    if (!merged.ok()) {
      err << "pintle " << line.command << ": " << merged.error().message << '\n';
      parsed.exit_code = 2;
      return parsed;
    }
  }
  if (const auto finished = finish(line); !finished.ok()) {
    err << "pintle " << line.command << ": " << finished.error().message << '\n';
    parsed.exit_code = 2;
  }
  return parsed;
}

}  // namespace pintle::daemon
