// Certificates: ECDSA P-256, SHA-256, random 127-bit serials, names set byte for byte.

#include "core/auth/certificates.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <ctime>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "core/auth/certificate_request.hpp"
#include "core/auth/openssl.hpp"
#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

constexpr std::size_t kMaxNameBytes = 1024;  // Of a CN or O; X.520's 64 is ignored, as by Go.

bool add_name_part(X509_NAME* name, int nid, const std::string& text) {
  // V_ASN1_UTF8STRING, not MBSTRING_UTF8: the latter is cut off at X.520's 64 characters.
  return X509_NAME_add_entry_by_NID(name, nid, V_ASN1_UTF8STRING, bytes_of(text),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool is_printable_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

Result<void> set_subject(X509* certificate, const CertificateOrder& order) {
  X509_NAME* name = X509_get_subject_name(certificate);
  for (const auto& organization : order.organizations) {
    if (!is_printable_name(organization) ||
        !add_name_part(name, NID_organizationName, organization)) {
      return openssl_error(Code::kInvalid, "the certificate can't carry this group's name");
    }
  }
  if (!is_printable_name(order.common_name) ||
      !add_name_part(name, NID_commonName, order.common_name)) {
    return openssl_error(Code::kInvalid, "the certificate can't carry this user's name");
  }
  return {};
}

Result<void> set_serial(X509* certificate) {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
    return openssl_error(Code::kInternalError, "no random numbers");
  }
  random[0] = static_cast<unsigned char>((random[0] & 0x7f) | 0x40);  // Positive, never short.
  const NumberPtr number(BN_bin2bn(random.data(), static_cast<int>(random.size()), nullptr));
  if (!number || !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate))) {
    return openssl_error(Code::kInternalError, "can't set a serial number");
  }
  return {};
}

Result<void> set_life(X509* certificate, const CertificateOrder& order, const X509* issuer) {
  WallTime end = order.not_after;
  if (issuer != nullptr) {
    end = std::min(end, not_after_of(issuer));
  }
  const auto set = [](ASN1_TIME* field, WallTime time) {
    return ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr;
  };
  if (!set(X509_getm_notBefore(certificate), order.not_before) ||
      !set(X509_getm_notAfter(certificate), end)) {
    return openssl_error(Code::kInternalError, "can't set the certificate's life");
  }
  return {};
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// The address' 4 or 16 bytes; "" where it is none.
std::string address_bytes(const std::string& address) {
  std::array<char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    return {bytes.data(), sizeof(in_addr)};
  }
  if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
    return {bytes.data(), sizeof(in6_addr)};
  }
  return {};
}

bool append_general_name(GENERAL_NAMES* names, int type, std::string_view text) {
  ASN1_STRING* value =
      type == GEN_DNS ? static_cast<ASN1_STRING*>(ASN1_IA5STRING_new()) : ASN1_OCTET_STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (value == nullptr || name == nullptr ||
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_STRING_free(value);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, value);
  if (sk_GENERAL_NAME_push(names, name) <= 0) {
    GENERAL_NAME_free(name);
    return false;
  }
  return true;
}

/// Built from values, not from a configuration text: a comma in a name adds no second name.
Result<void> set_alternative_names(X509* certificate, const ServingNames& names) {
  if (names.dns.empty() && names.addresses.empty()) {
    return {};
  }
  const GeneralNamesPtr list(sk_GENERAL_NAME_new_null());
  for (const auto& dns : names.dns) {
    const bool is_ascii = std::ranges::all_of(dns, [](char c) { return c > 0x20 && c < 0x7f; });
    if (dns.empty() || !is_ascii || !append_general_name(list.get(), GEN_DNS, dns)) {
      return Error(Code::kInvalid, concat({"\"", dns, "\" is no DNS name"}));
    }
  }
  for (const auto& address : names.addresses) {
    const auto bytes = address_bytes(address);
    if (bytes.empty() || !append_general_name(list.get(), GEN_IPADD, bytes)) {
      return Error(Code::kInvalid, concat({"\"", address, "\" is no IP address"}));
    }
  }
  if (X509_add1_ext_i2d(certificate, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) !=
      1) {
    return openssl_error(Code::kInternalError, "can't set the certificate's names");
  }
  return {};
}

Result<void> set_usage(X509* certificate, X509* issuer, const CertificateOrder& order) {
  const char* purposes = order.for_server && order.for_client ? "serverAuth,clientAuth"
                         : order.for_server                   ? "serverAuth"
                                                              : "clientAuth";
  const bool set =
      add_extension(certificate, issuer, NID_basic_constraints,
                    order.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
      add_extension(certificate, issuer, NID_key_usage,
                    order.is_authority ? "critical,digitalSignature,keyCertSign,cRLSign"
                                       : "critical,digitalSignature") &&
      (order.is_authority || add_extension(certificate, issuer, NID_ext_key_usage, purposes)) &&
      add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
      (issuer == certificate ||
       add_extension(certificate, issuer, NID_authority_key_identifier, "keyid"));
  if (!set) {
    return openssl_error(Code::kInternalError, "can't set the certificate's use");
  }
  return {};
}

WallTime wall_time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return {};
  }
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

Result<KeyPtr> make_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) {
    return openssl_error(Code::kInternalError, "can't make a key");
  }
  return key;
}

Result<CertificatePtr> make_certificate(const CertificateOrder& order, EVP_PKEY* key, X509* issuer,
                                        EVP_PKEY* issuer_key) {
  CertificatePtr made(X509_new());
  X509* const signer = issuer == nullptr ? made.get() : issuer;
  if (!made || X509_set_version(made.get(), X509_VERSION_3) != 1 ||
      X509_set_pubkey(made.get(), key) != 1) {
    return openssl_error(Code::kInternalError, "can't make a certificate");
  }
  PINTLE_TRY_STATUS(set_serial(made.get()));
  PINTLE_TRY_STATUS(set_life(made.get(), order, issuer));
  PINTLE_TRY_STATUS(set_subject(made.get(), order));
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer));
  PINTLE_TRY_STATUS(set_usage(made.get(), signer, order));
  PINTLE_TRY_STATUS(set_alternative_names(made.get(), order.names));
  if (X509_sign(made.get(), issuer_key, EVP_sha256()) == 0) {
    return openssl_error(Code::kInternalError, "can't sign a certificate");
  }
  return made;
}

CertificatePtr certificate_of_pem(std::string_view pem) {
  const auto reader = make_reader(pem);
  CertificatePtr certificate(PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return certificate;
}

std::string fault_of_certificate_request(std::string_view pem) {
  // Source: k8s.io/api certificates ParseCSR: the first block must be it.
  constexpr std::string_view kBegin = "-----BEGIN ";
  constexpr std::string_view kWanted = "-----BEGIN CERTIFICATE REQUEST-----";
  const auto begin = pem.find(kBegin);
  if (begin == std::string_view::npos || !pem.substr(begin).starts_with(kWanted)) {
    return "PEM block type must be CERTIFICATE REQUEST";
  }
  const auto reader = make_reader(pem.substr(begin));
  const RequestPtr request(PEM_read_bio_X509_REQ(reader.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  return request == nullptr ? "x509: malformed certificate request" : "";
}

std::string pem_of_certificate(X509* certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PINTLE_ASSERT(PEM_write_bio_X509(out.get(), certificate) == 1);
  return text_of(out.get());
}

WallTime not_before_of(const X509* certificate) {
  return wall_time_of(X509_get0_notBefore(certificate));
}

WallTime not_after_of(const X509* certificate) {
  return wall_time_of(X509_get0_notAfter(certificate));
}

std::string missing_name(X509* certificate, const ServingNames& names) {
  const GeneralNamesPtr list(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> dns;
  std::vector<std::string> addresses;
  for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type));
    if (type == GEN_DNS || type == GEN_IPADD) {
      std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                       static_cast<std::size_t>(ASN1_STRING_length(value)));
      (type == GEN_DNS ? dns : addresses).push_back(std::move(text));
    }
  }
  for (const auto& name : names.dns) {
    if (std::ranges::find(dns, name) == dns.end()) {
      return name;
    }
  }
  for (const auto& address : names.addresses) {
    if (std::ranges::find(addresses, address_bytes(address)) == addresses.end()) {
      return address;
    }
  }
  return {};
}

bool is_issued_by(X509* certificate, X509* issuer) {
  const bool issued = X509_check_issued(issuer, certificate) == X509_V_OK &&
                      X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return issued;
}

bool is_key_of(EVP_PKEY* key, X509* certificate) {
  const bool is = EVP_PKEY_eq(key, X509_get0_pubkey(certificate)) == 1;
  ERR_clear_error();
  return is;
}

}  // namespace pintle::auth
