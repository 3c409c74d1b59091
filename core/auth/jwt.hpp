// JSON Web Tokens: compact form, RS256 and ES256, nothing else. Source: RFC 7515, 7518, 7519.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/openssl.hpp"
#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle::auth {

/// A key with the one algorithm it is used with.
struct JwtKey {
  KeyPtr key;
  std::string algorithm;  // "ES256" for P-256, "RS256" for RSA.
  std::string id;         // SHA-256 of the public key, as Kubernetes makes `kid`.
};

/// Errors: kInvalid for a key of another kind, or RSA below 2048 bits.
Result<JwtKey> make_jwt_key(KeyPtr key);

std::string sign_jwt(const JwtKey& key, const Json& payload);

/// The payload of a token signed by one of `keys`. Times and names in it are the caller's to judge.
/// Errors: kUnauthorized saying what is wrong, and no byte of the token.
Result<Json> verify_jwt(std::string_view token, const std::vector<JwtKey>& keys);

}  // namespace pintle::auth
