// OpenSSL's handles as owned values, for the sources of this room only.

#pragma once

#include <cstddef>
#include <memory>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace pintle::auth {

template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* handle) const {
    kFree(handle);
  }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpensslFree<X509_REQ_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

inline const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// `what`, and the newest reason OpenSSL left on this thread; clears its queue.
Error openssl_error(Code code, std::string_view what);

/// A BIO that reads `text`, which outlives it.
BioPtr make_reader(std::string_view text);

/// What was written to a memory BIO.
std::string text_of(BIO* bio);

/// A private key of PEM text; never asks for a pass phrase. Null where it is none.
KeyPtr private_key_of_pem(std::string_view pem);
/// A public key of PEM text ("PUBLIC KEY"), or a private key's public half. Null where it is none.
KeyPtr public_key_of_pem(std::string_view pem);
std::string pem_of_private_key(EVP_PKEY* key);
std::string pem_of_public_key(EVP_PKEY* key);

}  // namespace pintle::auth
