// Authentication: from a request's credentials to an Identity.
//
// Methods are tried in Kubernetes' order: client certificate, then the Authorization header (basic;
// bearer: token file, service-account token). A credential that is offered and wrong is
// 401, never anonymous. No credential at all is anonymous, where that is allowed.
//
// A good certificate decides alone: the header beside it is not read. A certificate that is not
// trusted, expired or without a name leaves it to the header, and is 401 where there is none.
// Two Authorization headers, an unknown scheme, or anything but one space after the scheme: 401.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/auth/identity.hpp"
#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"

namespace pintle::auth {

/// A client certificate as TLS left it. Made once a connection; its expiry is looked at once a
/// request.
struct PeerCertificate {
  bool trusted = false;     // Chain ends in the client CA, clientAuth allowed.
  std::string fault;        // Why not, where it isn't.
  std::string common_name;  // CN; with any NUL it is not trusted.
  std::vector<std::string> organizations;
  std::string sha256;  // Of the whole certificate, in hex.
  WallTime not_before{};
  WallTime not_after{};
};

struct Credentials {
  std::vector<std::string> authorization;              // Every Authorization header, in order.
  std::shared_ptr<const PeerCertificate> certificate;  // Null where none was sent.
  std::string remote_address;  // "10.0.0.7:51234"; the port does not matter.
};

/// Looks into the cluster for service-account tokens: is the account (pod, secret, node) the token
/// was made for still there, with this uid? Given by the daemon; backed by the store.
/// `resource` is "serviceaccounts", "pods", "secrets" or "nodes".
using UidOf = std::function<std::optional<std::string>(std::string_view resource,
                                                       std::string_view ns, std::string_view name)>;

struct AuthenticatorOptions {
  std::filesystem::path basic_auth_file;  // Empty for none.
  std::filesystem::path token_auth_file;  // Empty for none.
  bool anonymous = true;
  /// May those files put users into system:masters, past all of RBAC? If not, the group is left
  /// out, with a warning.
  bool allows_masters_in_files = false;
  std::string service_account_issuer;
  std::vector<std::string> api_audiences;
  std::filesystem::path service_account_key_file;  // Public or private PEM; empty for none.
};

/// Threads: every method may be called from any thread.
class Authenticator {
 public:
  /// Errors: kInvalid or kNotFound naming a file (and line) that can't be used.
  static Result<std::unique_ptr<Authenticator>> make(AuthenticatorOptions options, UidOf uid_of,
                                                     const Clock& clock, Log& log);
  virtual ~Authenticator() = default;

  /// The answer, where it costs little: nothing where a slow hash must be worked out first.
  /// Errors: kUnauthorized; kTooManyRequests after many wrong passwords for one user from one
  /// place.
  virtual std::optional<Result<Identity>> identify_now(const Credentials& credentials) = 0;

  /// The answer; may take tens of milliseconds, so it is called on a worker.
  virtual Result<Identity> identify(const Credentials& credentials) = 0;

  /// Reads changed files again: a bad new file keeps the old one and says so in the log. Called by
  /// a timer of the daemon, about once a second; quick when nothing changed.
  virtual void reload() = 0;
};

}  // namespace pintle::auth
