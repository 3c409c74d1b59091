// Transport: a non-blocking socket, in the clear or under TLS, driven by an edge-triggered epoll.
//
// It remembers what the socket is known not to have (a short read drains it, a short write fills
// it), so that a request costs one recv and one send and no call that only returns EAGAIN.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pintle::http {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

enum class Io {
  kOk,
  kWait,   // Nothing to be had now; an epoll event will come.
  kEnd,    // The other side has ended its direction in good order.
  kFault,  // The connection is broken.
};

/// Used by one thread at a time. Its address stays: OpenSSL keeps a pointer into it.
class Transport {
 public:
  /// Takes `fd`, which is non-blocking. `ssl` null means in the clear.
  Transport(int fd, SslPtr ssl);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int fd() const { return raw_.fd; }
  bool is_secure() const { return ssl_ != nullptr; }
  SSL* ssl() const { return ssl_.get(); }

  /// What epoll said about the socket.
  void note_events(std::uint32_t events);

  Io handshake();
  Io read(std::span<char> to, std::size_t& got);
  /// After kWait the same bytes must be offered again, at least as many; they may have moved.
  Io write(std::string_view from, std::size_t& put);
  /// Ends our direction: the other side reads an end.
  void end_writing();
  /// Reads and drops what came, TLS or not. False once there is nothing more to come.
  bool discard_input(std::size_t& dropped);
  void close();

  /// The first bytes that wait, not taken out: to tell HTTP in the clear from a TLS hello.
  /// Nothing where none have come yet; 0 at the end.
  std::optional<std::size_t> peek(std::span<char> to) const;
  /// Past TLS, straight to the socket, as far as it goes.
  void write_in_the_clear(std::string_view text) const;

  /// The first fault that verifying the peer's certificate met; 0 for none. Set by the callback.
  int verify_fault = 0;

  struct Raw {
    int fd = -1;
    bool drained = false;  // recv would say EAGAIN.
    bool full = false;     // send would.
    bool hung_up = false;  // Its end is near: never call it drained again.
    bool ended = false;    // recv has given the end.
  };

 private:
  Io to_io(int result);

  Raw raw_;
  SslPtr ssl_;
};

}  // namespace pintle::http
