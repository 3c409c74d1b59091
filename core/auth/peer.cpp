// The client certificate of a connection, as the authenticator judges it.

#include <limits>
#include <openssl/err.h>
#include <string>
#include <string_view>

#include "core/auth/certificates.hpp"
#include "core/auth/crypto.hpp"
#include "core/auth/openssl.hpp"
#include "core/auth/pki.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr int kMinSecurityBits = 112;  // RSA 2048, SHA-256: OpenSSL's security level 2.

std::string utf8_of(const ASN1_STRING* value) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, value);
  if (size < 0) {
    ERR_clear_error();
    return {"\0", 1};  // Unreadable: as bad as a NUL.
  }
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return text;
}

bool holds_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// The last CN and every O count, as in Go's pkix.Name.
void read_subject(X509* certificate, PeerCertificate& peer) {
  X509_NAME* name = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (nid == NID_commonName) {
      peer.common_name = utf8_of(X509_NAME_ENTRY_get_data(entry));
    } else if (nid == NID_organizationName) {
      peer.organizations.push_back(utf8_of(X509_NAME_ENTRY_get_data(entry)));
    }
  }
}

/// Why this certificate may not name a client, whoever signed it; "" if it may.
std::string fault_of(X509* certificate, const PeerCertificate& peer) {
  if (holds_nul(peer.common_name)) {
    return "its common name holds a NUL";
  }
  for (const auto& organization : peer.organizations) {
    if (holds_nul(organization)) {
      return "its organization holds a NUL";
    }
  }
  const auto purposes = X509_get_extended_key_usage(certificate);
  const bool names_purposes = purposes != std::numeric_limits<std::uint32_t>::max();
  if (names_purposes && (purposes & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0) {
    return "it is not for client authentication";
  }
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kMinSecurityBits) {
    return "its key is too weak";
  }
  int signature_bits = 0;
  if (X509_get_signature_info(certificate, nullptr, nullptr, &signature_bits, nullptr) != 1 ||
      signature_bits < kMinSecurityBits) {
    return "its signature is too weak";
  }
  return {};
}

}  // namespace

PeerCertificate peer_certificate_of_der(std::string_view der, const std::string& verify_fault) {
  PeerCertificate peer;
  const unsigned char* bytes = bytes_of(der);
  const CertificatePtr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
  if (!certificate || bytes != bytes_of(der) + der.size()) {
    peer.fault = "it can't be read";
    ERR_clear_error();
    return peer;
  }
  read_subject(certificate.get(), peer);
  peer.sha256 = hex(sha256(der));
  peer.not_before = not_before_of(certificate.get());
  peer.not_after = not_after_of(certificate.get());
  peer.fault = verify_fault.empty() ? fault_of(certificate.get(), peer) : verify_fault;
  peer.trusted = peer.fault.empty();
  ERR_clear_error();
  return peer;
}

}  // namespace pintle::auth
