// TLS settings: 1.2 and 1.3, ECDHE with AEAD only, whatever the machine's openssl.cnf says.

#include "core/http/tls.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <array>
#include <filesystem>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string_view>
#include <utility>

#include "core/base/concat.hpp"

namespace pintle::http {
namespace {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* value) const {
    Free(value);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

constexpr const char* kCiphersOfTls12 = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!eNULL:!PSK";
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";

void set_common(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, 0);
  SSL_CTX_set_cipher_list(context, kCiphersOfTls12);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

/// Lets every client certificate through and keeps the first fault: the authenticator refuses it
/// with a 401 that says why, where a broken handshake would say nothing.
int keep_fault(int is_good, X509_STORE_CTX* store) {
  if (is_good == 1) {
    return 1;
  }
  const auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (auto* fault = static_cast<int*>(SSL_get_app_data(ssl)); fault != nullptr && *fault == 0) {
    *fault = X509_STORE_CTX_get_error(store);
  }
  return 1;
}

int select_http_1_1(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11.data(), kHttp11.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Poco::Net::Context::Ptr make_poco_context(const TlsFiles& files) {
  Poco::Net::Context::Params params;
  params.certificateFile = files.certificate.string();
  params.privateKeyFile = files.key.string();
  params.caLocation = files.client_ca.string();
  params.loadDefaultCAs = false;
  params.verificationMode = files.client_ca.empty() ? Poco::Net::Context::VERIFY_NONE
                                                    : Poco::Net::Context::VERIFY_RELAXED;
  return new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, params);
}

class ServerContext final : public TlsServer {
 public:
  explicit ServerContext(Poco::Net::Context::Ptr context) : context_(std::move(context)) {}

  SslPtr accept() const override {
    SslPtr ssl(SSL_new(context_->sslContext()));
    SSL_set_accept_state(ssl.get());
    return ssl;
  }

 private:
  Poco::Net::Context::Ptr context_;
};

Result<void> ask_for_client_certificates(SSL_CTX* context, const std::filesystem::path& ca) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE, keep_fault);
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca.c_str());
  if (names == nullptr) {
    return Error{Code::kInvalid, concat({ca.string(), ": no CA certificate in it"})};
  }
  SSL_CTX_set_client_CA_list(context, names);
  return {};
}

Result<X509Ptr> read_certificate(std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return Error{Code::kInvalid, "no certificate in PEM text: " + tls_error_text()};
  }
  return certificate;
}

Result<void> add_authorities(SSL_CTX* context, std::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  int count = 0;
  for (;; ++count) {
    const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) {
      break;
    }
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get());
  }
  ERR_clear_error();
  if (count == 0) {
    return Error{Code::kInvalid, "no CA certificate to verify the server with"};
  }
  return {};
}

Result<void> use_client_pair(SSL_CTX* context, const TlsClientParts& parts) {
  PINTLE_TRY(const X509Ptr certificate, read_certificate(parts.certificate_pem));
  const BioPtr bio(BIO_new_mem_buf(parts.key_pem.data(), static_cast<int>(parts.key_pem.size())));
  const KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_certificate(context, certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return Error{Code::kInvalid, "client certificate and key: " + tls_error_text()};
  }
  return {};
}

}  // namespace

std::string tls_error_text() {
  const unsigned long code = ERR_get_error();  // NOLINT: OpenSSL's type.
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "connection closed" : reason;
}

std::string handshake_fault(const Transport& transport) {
  const long fault = SSL_get_verify_result(transport.ssl());  // NOLINT: OpenSSL's type.
  if (fault != X509_V_OK) {
    return concat({"failed to verify certificate: ", X509_verify_cert_error_string(fault)});
  }
  return tls_error_text();
}

Result<std::shared_ptr<const TlsServer>> TlsServer::make(const TlsFiles& files) {
  Poco::Net::Context::Ptr poco;
  try {
    poco = make_poco_context(files);
  } catch (const Poco::Exception& failure) {
    return Error{Code::kInvalid, concat({"TLS files ", files.certificate.string(), ", ",
                                         files.key.string(), ": ", failure.displayText()})};
  }
  SSL_CTX* context = poco->sslContext();
  set_common(context);
  if (SSL_CTX_check_private_key(context) != 1) {
    return Error{Code::kInvalid, concat({files.key.string(), " is not the key of ",
                                         files.certificate.string(), ": ", tls_error_text()})};
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  if (!files.client_ca.empty()) {
    PINTLE_TRY_STATUS(ask_for_client_certificates(context, files.client_ca));
  }
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(context, select_http_1_1, nullptr);
  // Tickets only: a session holds its peer certificate inside them, we hold nothing.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 1);
  static constexpr std::string_view kSessions = "pintle";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kSessions.data()),
                                 kSessions.size());
  return std::shared_ptr<const TlsServer>(std::make_shared<ServerContext>(std::move(poco)));
}

std::shared_ptr<const auth::PeerCertificate> peer_certificate(const Transport& transport) {
  X509* certificate = SSL_get0_peer_certificate(transport.ssl());
  if (certificate == nullptr) {
    return nullptr;
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size <= 0) {
    return nullptr;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  // In a resumed session nothing was verified anew: what was found then comes with the session.
  const long kept = SSL_get_verify_result(transport.ssl());  // NOLINT: OpenSSL's type.
  const long fault = transport.verify_fault != 0 ? transport.verify_fault : kept;  // NOLINT
  auto peer = std::make_shared<const auth::PeerCertificate>(auth::peer_certificate_of_der(
      bytes, fault == X509_V_OK ? "" : X509_verify_cert_error_string(fault)));
  OPENSSL_free(der);
  return peer;
}

Result<void> set_up_client(SSL_CTX* context, const TlsClientParts& parts) {
  set_common(context);
  PINTLE_TRY_STATUS(add_authorities(context, parts.ca_pem));
  if (!parts.certificate_pem.empty()) {
    PINTLE_TRY_STATUS(use_client_pair(context, parts));
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

Result<SslPtr> make_client_session(const TlsClientParts& parts) {
  const ContextPtr context(SSL_CTX_new(TLS_client_method()));
  PINTLE_TRY_STATUS(set_up_client(context.get(), parts));
  SslPtr ssl(SSL_new(context.get()));
  SSL_set_connect_state(ssl.get());
  if (!parts.verifies) {
    SSL_set_verify(ssl.get(), SSL_VERIFY_NONE, nullptr);
    return ssl;
  }
  X509_VERIFY_PARAM* verification = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(verification, parts.host.c_str()) != 1) {
    ERR_clear_error();
    X509_VERIFY_PARAM_set1_host(verification, parts.host.c_str(), parts.host.size());
    SSL_set_tlsext_host_name(ssl.get(), parts.host.c_str());
  }
  return ssl;
}

}  // namespace pintle::http
