// Certificates: made, read and compared. What pki.hpp's cert-dir is built of.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/auth/openssl.hpp"
#include "core/auth/pki.hpp"
#include "core/base/clock.hpp"
#include "core/base/result.hpp"

namespace pintle::auth {

struct CertificateOrder {
  std::string common_name;
  std::vector<std::string> organizations;
  ServingNames names;
  bool is_authority = false;
  bool for_server = false;
  bool for_client = false;
  WallTime not_before{};
  WallTime not_after{};  // Cut to the issuer's own.
};

/// An ECDSA P-256 key.
Result<KeyPtr> make_key();

/// A certificate for `key`, signed by `issuer_key`; self-signed where `issuer` is null.
/// Errors: kInvalid for a name no certificate can carry.
Result<CertificatePtr> make_certificate(const CertificateOrder& order, EVP_PKEY* key, X509* issuer,
                                        EVP_PKEY* issuer_key);

/// The first certificate of PEM text; null where there is none.
CertificatePtr certificate_of_pem(std::string_view pem);
std::string pem_of_certificate(X509* certificate);

WallTime not_before_of(const X509* certificate);
WallTime not_after_of(const X509* certificate);

/// The first of `names` that the certificate does not carry; "" if it has them all.
std::string missing_name(X509* certificate, const ServingNames& names);

/// Signed by `issuer`'s key?
bool is_issued_by(X509* certificate, X509* issuer);

/// Is `key` the private half of the certificate's key?
bool is_key_of(EVP_PKEY* key, X509* certificate);

}  // namespace pintle::auth
