// Keyed digests and random bytes, over OpenSSL.

#include "core/auth/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "core/auth/openssl.hpp"
#include "core/base/assert.hpp"

namespace pintle::auth {

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  PINTLE_ASSERT(RAND_bytes(bytes_of(bytes), static_cast<int>(size)) == 1);
  return bytes;
}

std::string sha256(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(bytes_of(text), text.size(), bytes_of(digest));
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  unsigned size = 0;
  PINTLE_ASSERT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text),
                     text.size(), bytes_of(digest), &size) != nullptr);
  return digest;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  const auto left_digest = sha256(left);
  const auto right_digest = sha256(right);
  return CRYPTO_memcmp(left_digest.data(), right_digest.data(), left_digest.size()) == 0;
}

}  // namespace pintle::auth
