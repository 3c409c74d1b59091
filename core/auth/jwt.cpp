// JSON Web Tokens: the algorithm is the key's, never the token's choice.

#include "core/auth/jwt.hpp"

#include <algorithm>
#include <array>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <optional>

#include "core/auth/base64.hpp"
#include "core/auth/crypto.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr std::size_t kMaxTokenBytes = 16 * 1024;  // A bound token has about 1,200.
constexpr std::size_t kMaxDepth = 16;
constexpr std::size_t kHalfBytes = 32;  // Of r and of s, on P-256.
constexpr int kMinRsaBits = 2048;

using SignaturePtr = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;

Error refused(std::string_view why) {
  return {Code::kUnauthorized, concat({"token refused: ", why})};
}

/// r and s, 32 bytes each, of OpenSSL's DER form.
std::string raw_signature(std::string_view der) {
  const unsigned char* bytes = bytes_of(der);
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())));
  PINTLE_ASSERT(signature != nullptr);
  std::string raw(2 * kHalfBytes, '\0');
  constexpr auto kHalf = static_cast<int>(kHalfBytes);
  PINTLE_ASSERT(BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes_of(raw), kHalf) == kHalf);
  PINTLE_ASSERT(
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes_of(raw) + kHalfBytes, kHalf) == kHalf);
  return raw;
}

/// OpenSSL's DER form of r and s; "" where `raw` is not two of 32 bytes.
std::string der_signature(std::string_view raw) {
  const SignaturePtr signature(ECDSA_SIG_new());
  if (raw.size() != 2 * kHalfBytes || !signature) {
    return {};
  }
  constexpr auto kHalf = static_cast<int>(kHalfBytes);
  NumberPtr r(BN_bin2bn(bytes_of(raw), kHalf, nullptr));
  NumberPtr s(BN_bin2bn(bytes_of(raw) + kHalfBytes, kHalf, nullptr));
  if (!r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return {};
  }
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* bytes = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &bytes);
  std::string der(reinterpret_cast<const char*>(bytes),
                  size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

bool is_signed_by(const JwtKey& key, std::string_view text, std::string_view raw) {
  const std::string signature = key.algorithm == "ES256" ? der_signature(raw) : std::string(raw);
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool good =
      context && !signature.empty() &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                       text.size()) == 1;
  ERR_clear_error();
  return good;
}

/// A part's JSON object; null where it is none, or says one thing twice.
std::optional<Json> parse_part(std::string_view part) {
  const auto text = parse_base64_url(part);
  if (!text) {
    return std::nullopt;
  }
  auto parsed = parse_json(*text, {}, {.max_bytes = kMaxTokenBytes, .max_depth = kMaxDepth});
  if (!parsed.ok() || !parsed.value().duplicates.empty() || !parsed.value().value.is_object()) {
    return std::nullopt;
  }
  return std::move(parsed).value().value;
}

}  // namespace

Result<JwtKey> make_jwt_key(KeyPtr key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key.get(), &der);
  if (size <= 0) {
    return openssl_error(Code::kInvalid, "the key can't be read");
  }
  const std::string public_der(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  std::array<char, 32> curve{};
  const bool is_p256 =
      EVP_PKEY_is_a(key.get(), "EC") == 1 &&
      EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), nullptr) == 1 &&
      std::string_view(curve.data()) == "prime256v1";
  const bool is_rsa =
      EVP_PKEY_is_a(key.get(), "RSA") == 1 && EVP_PKEY_get_bits(key.get()) >= kMinRsaBits;
  ERR_clear_error();
  if (!is_p256 && !is_rsa) {
    return Error(Code::kInvalid, "the key is neither ECDSA P-256 nor RSA of 2048 bits or more");
  }
  return JwtKey{.key = std::move(key),
                .algorithm = is_p256 ? "ES256" : "RS256",
                .id = to_base64_url(sha256(public_der))};
}

std::string sign_jwt(const JwtKey& key, const Json& payload) {
  const Json header = {{"alg", key.algorithm}, {"kid", key.id}};
  std::string token =
      concat({to_base64_url(to_json(header)), ".", to_base64_url(to_json(payload))});
  const DigestContextPtr context(EVP_MD_CTX_new());
  PINTLE_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                                              key.key.get()) == 1);
  std::size_t size = 0;
  PINTLE_ASSERT(EVP_DigestSign(context.get(), nullptr, &size, bytes_of(token), token.size()) == 1);
  std::string signature(size, '\0');
  PINTLE_ASSERT(EVP_DigestSign(context.get(), bytes_of(signature), &size, bytes_of(token),
                               token.size()) == 1);
  signature.resize(size);
  token += '.';
  token += to_base64_url(key.algorithm == "ES256" ? raw_signature(signature) : signature);
  return token;
}

Result<Json> verify_jwt(std::string_view token, const std::vector<JwtKey>& keys) {
  if (token.size() > kMaxTokenBytes) {
    return refused("too long");
  }
  if (std::ranges::count(token, '.') != 2) {
    return refused("not three parts");
  }
  const auto first = token.find('.');
  const auto second = token.rfind('.');
  const auto header = parse_part(token.substr(0, first));
  const auto signature = parse_base64_url(token.substr(second + 1));
  if (!header || !signature) {
    return refused("malformed");
  }
  if (find_member(*header, "crit") != nullptr) {
    return refused("it asks for extensions (crit)");
  }
  const auto algorithm = text_at(*header, {"alg"});
  const Json* id = find_member(*header, "kid");
  const auto key = std::ranges::find_if(keys, [&](const JwtKey& one) {
    return one.algorithm == algorithm &&
           (id == nullptr || (id->is_string() && id->get_string() == std::string_view(one.id))) &&
           is_signed_by(one, token.substr(0, second), *signature);
  });
  if (key == keys.end()) {
    return refused("no key of ours signed it");
  }
  auto payload = parse_part(token.substr(first + 1, second - first - 1));
  if (!payload) {
    return refused("malformed");
  }
  return std::move(*payload);
}

}  // namespace pintle::auth
