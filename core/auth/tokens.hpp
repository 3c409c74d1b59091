// Service-account tokens: JWTs signed with the cert-dir's service-account key.
//
// RS256 and ES256 only. iss, aud, exp, nbf and the bound objects' uids are checked at each use.

#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace pintle::auth {

struct TokenClaims {
  std::string ns;
  std::string service_account;
  std::string service_account_uid;
  std::string pod_name;  // Bound objects: empty for none.
  std::string pod_uid;
  std::string secret_name;
  std::string secret_uid;
  std::string node_name;
  std::string node_uid;
  std::vector<std::string> audiences;
  WallTime issued{};
  WallTime expires{};
};

/// Threads: every method may be called from any thread.
class TokenSigner {
 public:
  /// Errors: kNotFound, kInvalid naming the file.
  static Result<std::unique_ptr<TokenSigner>> make(const std::filesystem::path& private_key_file,
                                                   std::string issuer);
  virtual ~TokenSigner() = default;
  virtual std::string sign(const TokenClaims& claims) const = 0;
  virtual const std::string& issuer() const = 0;
};

}  // namespace pintle::auth
