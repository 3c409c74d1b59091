// Service-account tokens, judged: signature, times, audience, and whether what they are bound to
// is still there.

#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/auth/authenticator.hpp"
#include "core/auth/jwt.hpp"
#include "core/auth/tokens.hpp"
#include "core/base/clock.hpp"

namespace pintle::auth {

/// Threads: every method may be called from any thread.
class ServiceAccountTokens {
 public:
  /// Errors: kNotFound, kInvalid naming the key file.
  static Result<std::unique_ptr<ServiceAccountTokens>> make(const AuthenticatorOptions& options,
                                                            UidOf uid_of, const Clock& clock);

  /// Errors: kUnauthorized saying why, for the log: nothing of the token is in it.
  Result<Identity> identify(std::string_view token);

 private:
  struct Claims : TokenClaims {
    std::string id;  // jti.
    WallTime not_before{};
  };
  using ClaimsPtr = std::shared_ptr<const Claims>;

  ServiceAccountTokens(std::vector<JwtKey> keys, const AuthenticatorOptions& options, UidOf uid_of,
                       const Clock& clock);

  Result<ClaimsPtr> read(std::string_view token);
  Result<ClaimsPtr> read_claims(const Json& payload) const;
  Result<void> check_now(const Claims& claims) const;

  const std::vector<JwtKey> keys_;
  const std::string issuer_;
  const std::vector<std::string> audiences_;
  const UidOf uid_of_;
  const Clock& clock_;
  const std::string secret_;  // Of this process: keys of verified_ are no use elsewhere.
  std::mutex mutex_;
  std::unordered_map<std::string, ClaimsPtr> verified_;  // Guarded by mutex_.
};

}  // namespace pintle::auth
