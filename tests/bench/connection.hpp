// One TLS connection of the load generator: blocking to set up, then driven by epoll.

#pragma once

#include <cstddef>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <string>
#include <string_view>

#include "core/auth/pki.hpp"

namespace pintle::bench {

/// Where and as whom: https://host:port, and the credentials of a kubeconfig or the flags.
struct Target {
  std::string host;
  std::string port;
  auth::ClientConfig config;

  std::string authorization() const;  // The header line with its CRLF, or "".
};

/// The TLS side that all connections share. Throws std::runtime_error naming what is wrong.
class TlsClient {
 public:
  explicit TlsClient(const Target& target);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  SSL_CTX* context() const { return context_; }

 private:
  SSL_CTX* context_;
};

struct Answer {
  int status = 0;
  std::size_t body_bytes = 0;
  std::string body;  // Kept only where asked for.
};

class Connection {
 public:
  Connection(const Target& target, const TlsClient& tls, bool keep_bodies);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }

  /// Writes the whole request; small ones never block. Throws if the server closed.
  void send(std::string_view request);

  /// Reads what has come without waiting. An answer once one is complete.
  /// Throws if the server closed in the middle of one.
  std::optional<Answer> receive();

  /// Waits for one answer.
  Answer receive_blocking();

  /// For watches: appends the decoded body bytes that have come; false once the stream ended.
  bool receive_stream(std::string& out);

 private:
  bool fill();
  std::optional<Answer> take_answer();
  bool take_head();
  bool take_body();
  bool take_chunks();

  bool keep_bodies_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::string in_;
  std::size_t at_ = 0;  // How much of in_ is used up.
  bool in_body_ = false;
  bool chunked_ = false;
  bool closed_ = false;
  bool ended_ = false;
  std::size_t left_ = 0;  // Of the body, or of the chunk.
  Answer answer_;
};

}  // namespace pintle::bench
