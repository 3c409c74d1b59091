// The cert-dir: filled on first start, reused after. See certs/README.md for its layout.
//
// ECDSA P-256. Keys are 0600 in a 0700 directory whatever the umask is. A CA is never silently
// replaced; a serving pair that is expired, or lacks a wanted name, is issued anew by the same CA.

#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/auth/authenticator.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"

namespace pintle::auth {

/// File names inside a cert-dir.
struct CertDir {
  std::filesystem::path directory;

  std::filesystem::path ca_certificate() const { return directory / "ca.crt"; }
  std::filesystem::path ca_key() const { return directory / "ca.key"; }
  std::filesystem::path serving_certificate() const { return directory / "apiserver.crt"; }
  std::filesystem::path serving_key() const { return directory / "apiserver.key"; }
  std::filesystem::path kubelet_client_certificate() const {
    return directory / "apiserver-kubelet-client.crt";
  }
  std::filesystem::path kubelet_client_key() const {
    return directory / "apiserver-kubelet-client.key";
  }
  std::filesystem::path service_account_key() const { return directory / "sa.key"; }
  std::filesystem::path service_account_public_key() const { return directory / "sa.pub"; }
  std::filesystem::path admin_kubeconfig() const { return directory / "admin.kubeconfig"; }
};

struct ServingNames {
  std::vector<std::string> dns;        // "kubernetes", "localhost", the host's name, ...
  std::vector<std::string> addresses;  // "127.0.0.1", the service address, the machine's own.
};

struct IssuedPair {
  std::string certificate_pem;
  std::string key_pem;
};

/// Fills what is missing. `server_url` ("https://127.0.0.1:6443") goes into admin.kubeconfig, which
/// is written again where the URL changed.
/// Errors: kForbidden, kInvalid naming the file and the mend (a key others can read, a pair that
/// does not match, an expired CA).
Result<CertDir> fill_cert_dir(const std::filesystem::path& directory, const ServingNames& names,
                              const std::string& server_url, const Clock& clock, Log& log);

/// A client certificate for `user` in `groups`, signed by the cert-dir's CA.
Result<IssuedPair> issue_client_certificate(const CertDir& dir, const std::string& user,
                                            const std::vector<std::string>& groups,
                                            std::chrono::hours life, const Clock& clock);

/// A node's certificate, signed by the cert-dir's CA: it serves with it, and is a client with it.
Result<IssuedPair> issue_serving_certificate(const CertDir& dir, const std::string& common_name,
                                             const std::vector<std::string>& groups,
                                             const ServingNames& names, std::chrono::hours life,
                                             const Clock& clock);

/// A self-signed serving pair for a kubelet that runs alone. Written to
/// `directory`/kubelet.{crt,key}.
Result<IssuedPair> make_self_signed(const std::filesystem::path& directory,
                                    const ServingNames& names, const Clock& clock);

struct KubeconfigParts {
  std::string server_url;
  std::string ca_pem;
  std::string user;
  IssuedPair client;
};

/// A kubeconfig with everything embedded, in YAML.
std::string kubeconfig_yaml(const KubeconfigParts& parts);

/// What a client needs from a kubeconfig's current context.
struct ClientConfig {
  std::string server_url;
  std::string ca_pem;
  std::string certificate_pem;  // Empty where a token or password is used instead.
  std::string key_pem;
  std::string token;
  std::string username;
  std::string password;
  std::string ns;
};
/// Errors: kNotFound, kInvalid naming the file and what is missing in it.
Result<ClientConfig> read_kubeconfig(const std::filesystem::path& file);

/// The leaf of a presented chain (DER), as TLS verified it. `verify_fault` is "" for a good chain.
PeerCertificate peer_certificate_of_der(std::string_view der, const std::string& verify_fault);

/// The machine's names and addresses that belong into its serving certificate.
ServingNames local_serving_names();

}  // namespace pintle::auth
