// Small commands, each a page.

#include "core/daemon/commands.hpp"

#include <algorithm>
#include <cstdlib>
#include <istream>
#include <ostream>
#include <termios.h>
#include <unistd.h>

#include "core/auth/pki.hpp"
#include "core/auth/users.hpp"
#include "core/daemon/machine.hpp"
#include "core/daemon/version.hpp"
#include "core/http/remote.hpp"
#include "core/object/json.hpp"
#include "core/object/names.hpp"
#include "core/object/status.hpp"

namespace pintle::daemon {
namespace {

constexpr const char* kPluginPath = "/apis/pintle.dev/v1alpha1/plugins";

int fail(std::ostream& err, const std::string& command, const Error& error) {
  err << "pintle " << command << ": " << error.message << '\n';
  return 1;
}

/// --kubeconfig, $KUBECONFIG, or ~/.kube/config.
Result<auth::ClientConfig> find_config(const CommandLine& line) {
  if (!line.kubeconfig.empty()) {
    return auth::read_kubeconfig(line.kubeconfig);
  }
  const char* named = std::getenv("KUBECONFIG");
  if (named != nullptr && *named != '\0') {
    return auth::read_kubeconfig(named);
  }
  const char* home = std::getenv("HOME");
  const auto file = std::filesystem::path(home == nullptr ? "/" : home) / ".kube" / "config";
  if (!std::filesystem::exists(file)) {
    return Error{Code::kNotFound,
                 "which server? give --kubeconfig, or set KUBECONFIG; a new server's is "
                 "<data-dir>/pki/admin.kubeconfig"};
  }
  return auth::read_kubeconfig(file);
}

Result<Json> ask(const auth::ClientConfig& config, std::string_view method, const std::string& path,
                 const std::string& body) {
  PINTLE_TRY(const auto answer, http::request_once(config, method, path, "application/json", body));
  if (answer.status >= 400) {
    return error_of_status(answer.body, answer.status);
  }
  PINTLE_TRY(auto parsed, parse_json(answer.body));
  return std::move(parsed.value);
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      out << row[i] << (last ? "\n" : std::string(widths[i] + 3 - row[i].size(), ' '));
    }
  }
}

std::vector<std::string> to_row(const Json& plugin) {
  std::string provides;
  for (const auto& point : array_at(plugin, {"status", "provides"})) {
    provides += (provides.empty() ? "" : ",") + std::string(point.get_string());
  }
  return {std::string(text_at(plugin, {"metadata", "name"})),
          std::string(text_at(plugin, {"status", "version"})),
          std::string(text_at(plugin, {"status", "state"})), provides.empty() ? "-" : provides};
}

/// Reads one line without showing it, where a person types it.
std::string read_password(std::istream& in, std::ostream& err) {
  termios shown{};
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &shown) == 0;
  if (terminal) {
    err << "password: " << std::flush;
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &hidden);
  }
  std::string password;
  std::getline(in, password);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    err << '\n';
  }
  return password;
}

void list_users(const std::vector<auth::User>& users, std::ostream& out) {
  std::vector<std::vector<std::string>> rows = {{"NAME", "UID", "PASSWORD", "GROUPS"}};
  for (const auto& user : users) {
    std::string groups;
    for (const auto& group : user.groups) {
      groups += (groups.empty() ? "" : ",") + group;
    }
    rows.push_back({user.name, user.uid, auth::is_hashed(user.password) ? "hashed" : "plain",
                    groups.empty() ? "-" : groups});
  }
  print_table(out, rows);
}

/// Sets the password in `user` to what `in` holds, hashed.
Result<void> take_password(auth::User& user, std::istream& in, std::ostream& err) {
  const auto password = read_password(in, err);
  if (password.empty()) {
    return Error{Code::kInvalid, "the password is empty; give it on standard input"};
  }
  PINTLE_TRY(user.password, auth::hash_password(password));
  return {};
}

Result<std::string> change_user(const CommandLine& line, std::vector<auth::User>& users,
                                std::istream& in, std::ostream& err) {
  const std::string& name = line.name;
  const auto found =
      std::find_if(users.begin(), users.end(), [&](const auto& user) { return user.name == name; });
  if (line.subcommand == "passwd") {
    if (found == users.end()) {
      return Error{Code::kNotFound, "there is no user \"" + name + "\" in " + line.file};
    }
    PINTLE_TRY_STATUS(take_password(*found, in, err));
    return "password of " + name + " changed";
  }
  if (found != users.end()) {
    return Error{Code::kAlreadyExists,
                 "there is a user \"" + name + "\" already; `pintle user passwd` changes it"};
  }
  auth::User user{.password = "",
                  .name = name,
                  .uid = line.uid.empty() ? name : line.uid,
                  .groups = line.groups};
  PINTLE_TRY_STATUS(take_password(user, in, err));
  users.push_back(std::move(user));
  return "user " + name + " added";
}

/// The certificate that the flags ask for: a user's, or a node's.
Result<auth::IssuedPair> issue(const CommandLine& line, const auth::CertDir& dir) {
  const std::chrono::hours life{24 * line.days};
  const SystemClock clock;
  if (line.node.empty()) {
    return auth::issue_client_certificate(dir, line.user, line.groups, life, clock);
  }
  auto names = auth::local_serving_names();
  names.dns.push_back(line.node);
  const auto& given = line.options.kubelet.node_ip;
  names.addresses.push_back(given.empty() ? primary_address() : given);
  return auth::issue_serving_certificate(dir, "system:node:" + line.node, {"system:nodes"}, names,
                                         life, clock);
}

Result<std::string> make_kubeconfig(const CommandLine& line) {
  if (line.user.empty() == line.node.empty()) {
    return Error{Code::kInvalid, "give --user NAME (and --group), or --node NAME"};
  }
  if (const auto fault = check_dns_subdomain(line.node); !line.node.empty() && fault) {
    return Error{Code::kInvalid, "--node \"" + line.node + "\": " + *fault};
  }
  const auth::CertDir dir{line.options.apiserver.cert_dir};
  PINTLE_TRY(const auto admin, auth::read_kubeconfig(dir.admin_kubeconfig()));
  PINTLE_TRY(auto pair, issue(line, dir));
  return auth::kubeconfig_yaml({.server_url = line.server.empty() ? admin.server_url : line.server,
                                .ca_pem = admin.ca_pem,
                                .user = line.node.empty() ? line.user : "system:node:" + line.node,
                                .client = std::move(pair)});
}

}  // namespace

int run_plugin(const CommandLine& line, std::ostream& out, std::ostream& err) {
  const std::string command = "plugin " + line.subcommand;
  const auto config = find_config(line);
  if (!config.ok()) {
    return fail(err, command, config.error());
  }
  if (line.subcommand == "list") {
    const auto list = ask(config.value(), "GET", kPluginPath, "");
    if (!list.ok()) {
      return fail(err, command, list.error());
    }
    std::vector<std::vector<std::string>> rows = {{"NAME", "VERSION", "STATE", "PROVIDES"}};
    for (const auto& plugin : array_at(list.value(), {"items"})) {
      rows.push_back(to_row(plugin));
    }
    print_table(out, rows);
    return 0;
  }
  const std::string& name = line.name;
  const Json body = {{"apiVersion", "pintle.dev/v1alpha1"},
                     {"kind", "Plugin"},
                     {"metadata", {{"name", name}}},
                     {"spec", {{"file", line.file}}}};
  const bool loads = line.subcommand == "load";
  const bool unloads = line.subcommand == "unload";
  const auto answer = ask(config.value(),
                          loads     ? "POST"
                          : unloads ? "DELETE"
                                    : "PUT",
                          loads ? kPluginPath : std::string(kPluginPath) + "/" + name,
                          unloads ? "" : to_json(body));
  if (!answer.ok()) {
    return fail(err, command, answer.error());
  }
  out << "plugin " << name << ' ' << (loads ? "loaded" : unloads ? "unloaded" : "replaced") << '\n';
  return 0;
}

int run_kubeconfig(const CommandLine& line, std::ostream& out, std::ostream& err) {
  const auto text = make_kubeconfig(line);
  if (!text.ok()) {
    return fail(err, "kubeconfig", text.error());
  }
  out << text.value();
  return 0;
}

int run_user(const CommandLine& line, std::istream& in, std::ostream& out, std::ostream& err) {
  const std::string command = "user " + line.subcommand;
  auto users = auth::read_users(line.file);
  if (!users.ok()) {
    // The first user makes the file.
    if (users.error().code != Code::kNotFound || line.subcommand != "add") {
      return fail(err, command, users.error());
    }
    users = std::vector<auth::User>();
  }
  if (line.subcommand == "list") {
    list_users(users.value(), out);
    return 0;
  }
  const auto said = change_user(line, users.value(), in, err);
  if (!said.ok()) {
    return fail(err, command, said.error());
  }
  const auto written = auth::write_users(line.file, users.value());
  if (!written.ok()) {
    return fail(err, command, written.error());
  }
  out << said.value() << '\n';
  return 0;
}

int run_ps(const CommandLine& line, Log& log, std::ostream& out, std::ostream& err) {
  loader::Loader loader(
      {.plugin_dir = line.options.plugins.directory,
       .settings = {{"command", "ps"},
                    {"container-runtime-endpoint",
                     line.options.kubelet.container_runtime_endpoint}},
       .plugin_config = {}},
      [](const std::string&) { return nullptr; }, {}, log);
  const auto loaded = loader.load("kubelet");
  if (!loaded.ok()) {
    return fail(err, "ps", loaded.error());
  }
  std::string text;
  Error fault(Code::kInternalError, "the kubelet plugin offers no ps");
  bool done = false;
  loader.on_provided("pintle.command/1", [&](const std::string&, const void* table, void* self,
                                             bool added) {
    if (!added || done) {
      return;
    }
    const auto write = [](void* context, pintle_text part) {
      static_cast<std::string*>(context)->append(part.data, static_cast<std::size_t>(part.size));
    };
    const auto status = static_cast<const pintle_command_table*>(table)->run(self, write, &text);
    done = status.code == 0;
    if (!done) {
      fault.message.assign(status.text.data, static_cast<std::size_t>(status.text.size));
    }
  });
  if (!done) {
    return fail(err, "ps", fault);
  }
  out << text;
  return 0;
}

int run_version(const CommandLine& line, std::ostream& out) {
  out << (line.output == "json" ? version_json() : version_text()) << '\n';
  return 0;
}

}  // namespace pintle::daemon
