// Kubeconfigs: written with everything embedded, read as a client needs them.

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/auth/base64.hpp"
#include "core/auth/files.hpp"
#include "core/auth/pki.hpp"
#include "core/base/concat.hpp"
#include "core/object/json.hpp"
#include "core/object/yaml.hpp"

namespace pintle::auth {
namespace {

namespace fs = std::filesystem;

/// The `key` object of the entry called `name` in the list `list`; null where there is none.
const Json* find_named(const Json& config, std::string_view list, std::string_view name,
                       std::string_view key) {
  for (const auto& entry : array_at(config, {list})) {
    if (text_at(entry, {"name"}) == name) {
      return find_member(entry, key);
    }
  }
  return nullptr;
}

Error broken(const fs::path& file, std::string_view why) {
  return {Code::kInvalid, concat({file.string(), ": ", why})};
}

/// `<key>-data` decoded, or the text of the file that `<key>` names; "" where there is neither.
/// A relative name is relative to the kubeconfig, as with kubectl.
Result<std::string> read_embedded(const fs::path& file, const Json& entry, std::string_view key) {
  const std::string data_key = concat({key, "-data"});
  if (const auto data = text_at(entry, {data_key}); !data.empty()) {
    auto decoded = parse_base64(data);
    if (!decoded) {
      return broken(file, concat({data_key, " is not base 64"}));
    }
    return std::move(*decoded);
  }
  const auto name = text_at(entry, {key});
  if (name.empty()) {
    return std::string();
  }
  PINTLE_TRY(FileText read, read_file(file.parent_path() / fs::path(name)));
  return std::move(read.text);
}

Result<void> read_cluster(const fs::path& file, const Json& cluster, ClientConfig& into) {
  into.server_url = text_at(cluster, {"server"});
  if (into.server_url.empty()) {
    return broken(file, "the current context's cluster has no server");
  }
  const Json* insecure = find_member(cluster, "insecure-skip-tls-verify");
  if (insecure != nullptr && insecure->is_bool() && insecure->get_bool()) {
    return broken(file,
                  "insecure-skip-tls-verify is not accepted: give certificate-authority-data");
  }
  PINTLE_TRY(into.ca_pem, read_embedded(file, cluster, "certificate-authority"));
  return {};
}

Result<void> read_user(const fs::path& file, const Json& user, ClientConfig& into) {
  if (find_member(user, "exec") != nullptr || find_member(user, "auth-provider") != nullptr) {
    return broken(file,
                  "exec and auth-provider credentials are not accepted: give a certificate, "
                  "a token or a password");
  }
  PINTLE_TRY(into.certificate_pem, read_embedded(file, user, "client-certificate"));
  PINTLE_TRY(into.key_pem, read_embedded(file, user, "client-key"));
  if (into.certificate_pem.empty() != into.key_pem.empty()) {
    return broken(file, "client-certificate and client-key go together; one is missing");
  }
  into.token = text_at(user, {"token"});
  if (const auto name = text_at(user, {"tokenFile"}); into.token.empty() && !name.empty()) {
    PINTLE_TRY(const FileText read, read_file(file.parent_path() / fs::path(name)));
    into.token = read.text.substr(0, read.text.find_last_not_of(" \r\n\t") + 1);
  }
  into.username = text_at(user, {"username"});
  into.password = text_at(user, {"password"});
  return {};
}

}  // namespace

std::string kubeconfig_yaml(const KubeconfigParts& parts) {
  const std::string context = concat({parts.user, "@pintle"});
  const Json config = {
      {"apiVersion", "v1"},
      {"kind", "Config"},
      {"clusters", JsonArray{{{"name", "pintle"},
                              {"cluster",
                               {{"certificate-authority-data", to_base64(parts.ca_pem)},
                                {"server", parts.server_url}}}}}},
      {"users", JsonArray{{{"name", parts.user},
                           {"user",
                            {{"client-certificate-data", to_base64(parts.client.certificate_pem)},
                             {"client-key-data", to_base64(parts.client.key_pem)}}}}}},
      {"contexts",
       JsonArray{{{"name", context}, {"context", {{"cluster", "pintle"}, {"user", parts.user}}}}}},
      {"current-context", context},
      {"preferences", JsonObject{}},
  };
  return to_yaml(config);
}

Result<ClientConfig> read_kubeconfig(const fs::path& file) {
  PINTLE_TRY(const FileText read, read_file(file));
  auto parsed = parse_yaml_document(read.text);
  if (!parsed.ok()) {
    return broken(file, parsed.error().message);
  }
  const Json& config = parsed.value().value;
  const auto name = text_at(config, {"current-context"});
  const Json* context = find_named(config, "contexts", name, "context");
  if (name.empty() || context == nullptr) {
    return broken(file, concat({"there is no context \"", name, "\", the current-context"}));
  }
  const Json* cluster = find_named(config, "clusters", text_at(*context, {"cluster"}), "cluster");
  if (cluster == nullptr) {
    return broken(file, "the current context's cluster is missing");
  }
  ClientConfig client;
  client.ns = text_at(*context, {"namespace"});
  PINTLE_TRY_STATUS(read_cluster(file, *cluster, client));
  const Json* user = find_named(config, "users", text_at(*context, {"user"}), "user");
  if (user != nullptr) {
    PINTLE_TRY_STATUS(read_user(file, *user, client));
  }
  return client;
}

}  // namespace pintle::auth
