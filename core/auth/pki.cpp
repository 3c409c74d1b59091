// The cert-dir: what is missing is made, what is there is checked and kept.
//
// A key is written before its certificate, and a certificate is made for the key that is there; so
// a start cut short anywhere is finished by the next one.

#include "core/auth/pki.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/auth/certificates.hpp"
#include "core/auth/files.hpp"
#include "core/auth/openssl.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

using std::chrono::hours;
namespace fs = std::filesystem;

constexpr hours kAuthorityLife{24 * 365 * 10};
constexpr hours kLeafLife{24 * 365};
constexpr hours kRenewBefore{24 * 30};  // Renewed at a start with less than this left.
constexpr std::chrono::minutes kClockSkew{5};
constexpr mode_t kSecretMode = 0600;
constexpr mode_t kPublicMode = 0644;
constexpr const char* kAdminUser = "kubernetes-admin";
constexpr const char* kAdminGroup = "system:masters";
constexpr const char* kKubeletClientUser = "kube-apiserver-kubelet-client";
constexpr const char* kKubeletClientGroup = "kubeadm:cluster-admins";

/// Keeps a second process from filling the same directory at the same time.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : descriptor_(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
    }
  }
  ~DirectoryLock() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

struct Authority {
  CertificatePtr certificate;
  KeyPtr key;
};

Error broken_file(const fs::path& file, std::string_view why) {
  return {Code::kInvalid, concat({file.string(), " ", why})};
}

Result<void> prepare_directory(const fs::path& directory) {
  std::error_code failed;
  if (directory.has_parent_path()) {
    fs::create_directories(directory.parent_path(), failed);
  }
  const bool made = ::mkdir(directory.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) {
    return Error(Code::kForbidden,
                 concat({"can't make the cert-dir ", directory.string(), ": ", errno_text(errno)}));
  }
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return broken_file(directory, "is not a directory: give --cert-dir another one");
  }
  // An empty directory becomes ours; one in use is left as its owner made it.
  if ((made || fs::is_empty(directory, failed)) && (status.st_mode & 07777) != 0700) {
    if (::chmod(directory.c_str(), 0700) != 0) {
      return Error(Code::kForbidden,
                   concat({"can't set the mode of ", directory.string(), ": ", errno_text(errno)}));
    }
    return {};
  }
  if ((status.st_mode & 022) != 0) {
    return Error(Code::kForbidden, concat({directory.string(), " can be written by others (mode ",
                                           mode_text(status.st_mode), "): run `chmod 700 ",
                                           directory.string(), "`"}));
  }
  return {};
}

Result<KeyPtr> read_key(const fs::path& file) {
  PINTLE_TRY(const std::string pem, read_private_file(file));
  KeyPtr key = private_key_of_pem(pem);
  if (!key) {
    return broken_file(file, "holds no private key in PEM form without a pass phrase");
  }
  return key;
}

/// The key in `file`, made where there is none.
Result<KeyPtr> ensure_key(const fs::path& file) {
  if (fs::exists(file)) {
    return read_key(file);
  }
  PINTLE_TRY(KeyPtr key, make_key());
  PINTLE_TRY_STATUS(write_file(file, pem_of_private_key(key.get()), kSecretMode));
  return key;
}

Result<CertificatePtr> read_certificate(const fs::path& file) {
  PINTLE_TRY(const FileText read, read_file(file));
  CertificatePtr certificate = certificate_of_pem(read.text);
  if (!certificate) {
    return broken_file(file, "holds no certificate in PEM form");
  }
  return certificate;
}

CertificateOrder order_from(WallTime now, hours life) {
  CertificateOrder order;
  order.not_before = now - kClockSkew;
  order.not_after = now + life;
  return order;
}

Result<Authority> check_authority(const CertDir& dir, Authority authority, WallTime now) {
  if (!is_key_of(authority.key.get(), authority.certificate.get())) {
    return broken_file(dir.ca_key(), "is not the key of ca.crt beside it: restore the pair");
  }
  if (X509_check_ca(authority.certificate.get()) == 0) {
    return broken_file(dir.ca_certificate(), "is no certificate of an authority (CA:TRUE)");
  }
  const auto end = not_after_of(authority.certificate.get());
  if (end <= now) {
    return broken_file(dir.ca_certificate(),
                       concat({"expired at ", to_rfc3339(end),
                               ": move the cert-dir away to start with a new authority, then give "
                               "every user and node a new certificate"}));
  }
  return authority;
}

Result<Authority> read_authority(const CertDir& dir, WallTime now) {
  Authority authority;
  PINTLE_TRY(authority.certificate, read_certificate(dir.ca_certificate()));
  if (!fs::exists(dir.ca_key())) {
    return Error(
        Code::kNotFound,
        concat({dir.ca_key().string(),
                " is missing and ca.crt is there: restore the key "
                "from a backup, or move the cert-dir away to start with a new authority"}));
  }
  PINTLE_TRY(authority.key, read_key(dir.ca_key()));
  return check_authority(dir, std::move(authority), now);
}

Result<Authority> ensure_authority(const CertDir& dir, const Clock& clock, Log& log) {
  if (fs::exists(dir.ca_certificate())) {
    return read_authority(dir, clock.now());
  }
  const bool has_key = fs::exists(dir.ca_key());
  Authority authority;
  PINTLE_TRY(authority.key, ensure_key(dir.ca_key()));
  auto order = order_from(clock.now(), kAuthorityLife);
  order.common_name = "pintle-ca";
  order.is_authority = true;
  PINTLE_TRY(authority.certificate,
             make_certificate(order, authority.key.get(), nullptr, authority.key.get()));
  PINTLE_TRY_STATUS(write_file(dir.ca_certificate(),
                               pem_of_certificate(authority.certificate.get()), kPublicMode));
  log.info(
      has_key ? "made ca.crt again for the ca.key that is there" : "made a certificate authority",
      {{"file", dir.ca_certificate().string()}});
  return authority;
}

/// Why a certificate that is there must be made anew; "" if it is fine as it is.
std::string renewal_reason(X509* certificate, const ServingNames& names, WallTime now) {
  const auto end = not_after_of(certificate);
  if (end <= now) {
    return "it expired at " + to_rfc3339(end);
  }
  if (end - now < kRenewBefore) {
    return "it expires at " + to_rfc3339(end);
  }
  if (not_before_of(certificate) > now) {
    return "it is not valid before " + to_rfc3339(not_before_of(certificate));
  }
  const auto missing = missing_name(certificate, names);
  return missing.empty() ? "" : concat({"it lacks the name ", missing});
}

struct PairFiles {
  fs::path certificate;
  fs::path key;
};

/// The pair in `files`, issued by `authority` where it is missing or must be renewed.
Result<void> ensure_pair(const PairFiles& files, const CertificateOrder& order,
                         const Authority& authority, WallTime now, Log& log) {
  std::string reason;
  if (fs::exists(files.certificate) && fs::exists(files.key)) {
    PINTLE_TRY(const CertificatePtr there, read_certificate(files.certificate));
    PINTLE_TRY(const KeyPtr key, read_key(files.key));
    if (!is_key_of(key.get(), there.get())) {
      return broken_file(files.key, concat({"is not the key of ", files.certificate.string(),
                                            ": remove the certificate, a new one is issued"}));
    }
    if (!is_issued_by(there.get(), authority.certificate.get())) {
      return broken_file(files.certificate,
                         "was not issued by ca.crt beside it: remove it to have one issued, or "
                         "give your own pair with --tls-cert-file and --tls-private-key-file");
    }
    reason = renewal_reason(there.get(), order.names, now);
    if (reason.empty()) {
      return {};
    }
  }
  PINTLE_TRY(const KeyPtr key, ensure_key(files.key));
  PINTLE_TRY(const CertificatePtr made,
             make_certificate(order, key.get(), authority.certificate.get(), authority.key.get()));
  PINTLE_TRY_STATUS(write_file(files.certificate, pem_of_certificate(made.get()), kPublicMode));
  if (reason.empty()) {
    log.info("issued a certificate", {{"file", files.certificate.string()}});
  } else {
    log.info("issued a certificate anew", {{"file", files.certificate.string()}, {"why", reason}});
  }
  return {};
}

Result<void> ensure_service_account_key(const CertDir& dir) {
  const bool has_public = fs::exists(dir.service_account_public_key());
  if (has_public && !fs::exists(dir.service_account_key())) {
    return Error(Code::kNotFound,
                 concat({dir.service_account_key().string(),
                         " is missing and sa.pub is there: restore the key from a backup, or "
                         "remove sa.pub to make a new one (tokens in use end)"}));
  }
  PINTLE_TRY(const KeyPtr key, ensure_key(dir.service_account_key()));
  if (has_public) {
    PINTLE_TRY(const FileText there, read_file(dir.service_account_public_key()));
    const KeyPtr public_key = public_key_of_pem(there.text);
    if (public_key && EVP_PKEY_eq(public_key.get(), key.get()) == 1) {
      return {};
    }
    return broken_file(dir.service_account_public_key(),
                       "is not the public half of sa.key: remove it, it is made again");
  }
  return write_file(dir.service_account_public_key(), pem_of_public_key(key.get()), kPublicMode);
}

Result<IssuedPair> issue(const Authority& authority, const CertificateOrder& order) {
  PINTLE_TRY(const KeyPtr key, make_key());
  PINTLE_TRY(const CertificatePtr made,
             make_certificate(order, key.get(), authority.certificate.get(), authority.key.get()));
  return IssuedPair{pem_of_certificate(made.get()), pem_of_private_key(key.get())};
}

/// Is the kubeconfig that is there still good for `server_url` and this authority?
bool is_current(const ClientConfig& config, const std::string& server_url,
                const Authority& authority, WallTime now) {
  const auto certificate = certificate_of_pem(config.certificate_pem);
  return config.server_url == server_url && certificate &&
         config.ca_pem == pem_of_certificate(authority.certificate.get()) &&
         is_issued_by(certificate.get(), authority.certificate.get()) &&
         renewal_reason(certificate.get(), {}, now).empty();
}

Result<void> ensure_admin_kubeconfig(const CertDir& dir, const Authority& authority,
                                     const std::string& server_url, WallTime now, Log& log) {
  const auto file = dir.admin_kubeconfig();
  if (fs::exists(file)) {
    const auto there = read_kubeconfig(file);
    if (there.ok() && is_current(there.value(), server_url, authority, now)) {
      return {};
    }
  }
  auto order = order_from(now, kLeafLife);
  order.common_name = kAdminUser;
  order.organizations = {kAdminGroup};
  order.for_client = true;
  PINTLE_TRY(IssuedPair pair, issue(authority, order));
  const auto text = kubeconfig_yaml({.server_url = server_url,
                                     .ca_pem = pem_of_certificate(authority.certificate.get()),
                                     .user = kAdminUser,
                                     .client = std::move(pair)});
  PINTLE_TRY_STATUS(write_file(file, text, kSecretMode));
  log.info("wrote the administrator's kubeconfig",
           {{"file", file.string()}, {"server", server_url}});
  return {};
}

}  // namespace

Result<CertDir> fill_cert_dir(const fs::path& directory, const ServingNames& names,
                              const std::string& server_url, const Clock& clock, Log& log) {
  const CertDir dir{directory};
  PINTLE_TRY_STATUS(prepare_directory(directory));
  const DirectoryLock lock(directory);
  if (!lock.is_open()) {
    return Error(Code::kForbidden,
                 concat({"can't open the cert-dir ", directory.string(), ": ", errno_text(errno)}));
  }
  PINTLE_TRY(const Authority authority, ensure_authority(dir, clock, log));
  const WallTime now = clock.now();

  auto serving = order_from(now, kLeafLife);
  serving.common_name = "kube-apiserver";
  serving.names = names;
  serving.for_server = true;
  PINTLE_TRY_STATUS(
      ensure_pair({dir.serving_certificate(), dir.serving_key()}, serving, authority, now, log));

  auto kubelet_client = order_from(now, kLeafLife);
  kubelet_client.common_name = kKubeletClientUser;
  kubelet_client.organizations = {kKubeletClientGroup};
  kubelet_client.for_client = true;
  PINTLE_TRY_STATUS(ensure_pair({dir.kubelet_client_certificate(), dir.kubelet_client_key()},
                                kubelet_client, authority, now, log));

  PINTLE_TRY_STATUS(ensure_service_account_key(dir));
  PINTLE_TRY_STATUS(ensure_admin_kubeconfig(dir, authority, server_url, now, log));
  return dir;
}

Result<IssuedPair> issue_client_certificate(const CertDir& dir, const std::string& user,
                                            const std::vector<std::string>& groups, hours life,
                                            const Clock& clock) {
  PINTLE_TRY(const Authority authority, read_authority(dir, clock.now()));
  auto order = order_from(clock.now(), life);
  order.common_name = user;
  order.organizations = groups;
  order.for_client = true;
  return issue(authority, order);
}

Result<IssuedPair> issue_serving_certificate(const CertDir& dir, const std::string& common_name,
                                             const std::vector<std::string>& groups,
                                             const ServingNames& names, hours life,
                                             const Clock& clock) {
  PINTLE_TRY(const Authority authority, read_authority(dir, clock.now()));
  auto order = order_from(clock.now(), life);
  order.common_name = common_name;
  order.organizations = groups;
  order.names = names;
  order.for_server = true;
  order.for_client = true;  // A node shows the certificate it serves with to its server, too.
  return issue(authority, order);
}

Result<IssuedPair> make_self_signed(const fs::path& directory, const ServingNames& names,
                                    const Clock& clock) {
  PINTLE_TRY_STATUS(prepare_directory(directory));
  const DirectoryLock lock(directory);
  const PairFiles files{directory / "kubelet.crt", directory / "kubelet.key"};
  PINTLE_TRY(const KeyPtr key, ensure_key(files.key));
  const auto key_pem = pem_of_private_key(key.get());
  if (fs::exists(files.certificate)) {
    PINTLE_TRY(const CertificatePtr there, read_certificate(files.certificate));
    if (is_key_of(key.get(), there.get()) &&
        renewal_reason(there.get(), names, clock.now()).empty()) {
      return IssuedPair{pem_of_certificate(there.get()), key_pem};
    }
  }
  auto order = order_from(clock.now(), kLeafLife);
  order.common_name = names.dns.empty() ? "kubelet" : names.dns.front();
  order.names = names;
  order.for_server = true;
  PINTLE_TRY(const CertificatePtr made, make_certificate(order, key.get(), nullptr, key.get()));
  auto certificate_pem = pem_of_certificate(made.get());
  PINTLE_TRY_STATUS(write_file(files.certificate, certificate_pem, kPublicMode));
  return IssuedPair{std::move(certificate_pem), key_pem};
}

}  // namespace pintle::auth
