// OpenSSL's handles: errors as text, keys from PEM and to it.

#include "core/auth/openssl.hpp"

#include <array>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/base/concat.hpp"

namespace pintle::auth {
namespace {

/// A program that waits at a terminal for a pass phrase looks dead: an encrypted key is refused.
int no_pass_phrase(char*, int, int, void*) {
  return 0;
}

}  // namespace

Error openssl_error(Code code, std::string_view what) {
  const auto number = ERR_peek_last_error();
  ERR_clear_error();
  if (number == 0) {
    return {code, std::string(what)};
  }
  std::array<char, 256> why{};
  ERR_error_string_n(number, why.data(), why.size());
  return {code, concat({what, ": ", why.data()})};
}

BioPtr make_reader(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

KeyPtr private_key_of_pem(std::string_view pem) {
  const auto reader = make_reader(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return key;
}

KeyPtr public_key_of_pem(std::string_view pem) {
  const auto reader = make_reader(pem);
  KeyPtr key(PEM_read_bio_PUBKEY(reader.get(), nullptr, no_pass_phrase, nullptr));
  ERR_clear_error();
  return key ? std::move(key) : private_key_of_pem(pem);
}

std::string pem_of_private_key(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_secmem()));
  PINTLE_ASSERT(PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
                1);
  return text_of(out.get());
}

std::string pem_of_public_key(EVP_PKEY* key) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PINTLE_ASSERT(PEM_write_bio_PUBKEY(out.get(), key) == 1);
  return text_of(out.get());
}

}  // namespace pintle::auth
