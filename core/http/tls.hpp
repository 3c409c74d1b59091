// TLS: what we offer as a server, how we check others as a client, and who the peer is.

#pragma once

#include <memory>
#include <string>

#include "core/auth/pki.hpp"
#include "core/base/result.hpp"
#include "core/http/server.hpp"
#include "core/http/transport.hpp"

namespace pintle::http {

/// The serving side's settings and keys, made once and shared by all handshakes until a reload.
class TlsServer {
 public:
  virtual ~TlsServer() = default;
  /// A fresh, accepting session.
  virtual SslPtr accept() const = 0;

  /// Errors: kInvalid naming the file that can't be used, and why.
  static Result<std::shared_ptr<const TlsServer>> make(const TlsFiles& files);
};

/// The certificate the client showed in a finished handshake; null where it showed none. A bad one
/// does not fail the handshake: it comes untrusted, with its fault.
std::shared_ptr<const auth::PeerCertificate> peer_certificate(const Transport& transport);

struct TlsClientParts {
  std::string ca_pem;
  std::string certificate_pem;  // Empty: none is shown.
  std::string key_pem;
  std::string host;  // The DNS name or address the server must have in its certificate.
  bool verifies = true;
};

/// Settings, authorities and the client's pair, for a context of ours or Poco's.
/// Errors: kInvalid for parts that can't be used.
Result<void> set_up_client(SSL_CTX* context, const TlsClientParts& parts);

/// A session that connects and verifies. Errors: kInvalid for parts that can't be used.
Result<SslPtr> make_client_session(const TlsClientParts& parts);

/// Why the handshake that just failed as a client did: for messages.
std::string handshake_fault(const Transport& transport);

/// What OpenSSL says about the last failure of this thread: for messages.
std::string tls_error_text();

}  // namespace pintle::http
