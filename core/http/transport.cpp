// The non-blocking socket, and the BIO that puts OpenSSL on top of it.

#include "core/http/transport.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace pintle::http {
namespace {

constexpr std::size_t kMaxCall = std::numeric_limits<int>::max();

/// recv into `to`; -1 where it would wait, -2 where the connection is broken.
ssize_t receive(Transport::Raw& raw, char* to, std::size_t room) {
  while (!raw.drained) {
    const ssize_t got = ::recv(raw.fd, to, room, 0);
    if (got >= 0) {
      raw.drained = got > 0 && static_cast<std::size_t>(got) < room && !raw.hung_up;
      raw.ended = got == 0;
      return got;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      raw.drained = true;
    } else if (errno != EINTR) {
      return -2;
    }
  }
  return -1;
}

ssize_t transmit(Transport::Raw& raw, const char* from, std::size_t size) {
  while (!raw.full) {
    // Writing to a closed socket must be an error here, not a signal to the process.
    const ssize_t put = ::send(raw.fd, from, size, MSG_NOSIGNAL);
    if (put >= 0) {
      raw.full = static_cast<std::size_t>(put) < size;
      return put;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      raw.full = true;
    } else if (errno != EINTR) {
      return -2;
    }
  }
  return -1;
}

Transport::Raw& raw_of(BIO* bio) {
  return *static_cast<Transport::Raw*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* to, int room) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = receive(raw_of(bio), to, static_cast<std::size_t>(room));
  if (got == -1) {
    BIO_set_retry_read(bio);
  }
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t put = transmit(raw_of(bio), from, static_cast<std::size_t>(size));
  if (put == -1) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(put);
}

long bio_control(BIO* bio, int command, long, void*) {  // NOLINT: OpenSSL's signature.
  if (command == BIO_CTRL_EOF) {
    return raw_of(bio).ended ? 1 : 0;
  }
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pintle");
    BIO_meth_set_read(method, bio_read);
    BIO_meth_set_write(method, bio_write);
    BIO_meth_set_ctrl(method, bio_control);
    BIO_meth_set_create(method, bio_create);
    return method;
  }();
  return kMethod;
}

}  // namespace

Transport::Transport(int fd, SslPtr ssl) : ssl_(std::move(ssl)) {
  raw_.fd = fd;
  if (ssl_) {
    BIO* bio = BIO_new(socket_method());
    BIO_set_data(bio, &raw_);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), &verify_fault);
  }
}

Transport::~Transport() {
  close();
}

void Transport::note_events(std::uint32_t events) {
  constexpr std::uint32_t kOver = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if ((events & (EPOLLIN | kOver)) != 0) {
    raw_.drained = false;
  }
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
    raw_.full = false;
  }
  raw_.hung_up = raw_.hung_up || (events & kOver) != 0;
}

Io Transport::to_io(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Io::kWait;
    case SSL_ERROR_ZERO_RETURN:
      return Io::kEnd;
    default:
      return Io::kFault;
  }
}

Io Transport::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Io::kOk : to_io(result);
}

Io Transport::read(std::span<char> to, std::size_t& got) {
  got = 0;
  if (raw_.fd < 0) {
    return Io::kFault;
  }
  if (ssl_) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), to.data(), static_cast<int>(to.size()));
    if (result > 0) {
      got = static_cast<std::size_t>(result);
      return Io::kOk;
    }
    return to_io(result);
  }
  const ssize_t result = receive(raw_, to.data(), to.size());
  if (result > 0) {
    got = static_cast<std::size_t>(result);
    return Io::kOk;
  }
  if (result == 0) {
    return Io::kEnd;
  }
  return result == -1 ? Io::kWait : Io::kFault;
}

Io Transport::write(std::string_view from, std::size_t& put) {
  put = 0;
  if (raw_.fd < 0) {
    return Io::kFault;
  }
  if (from.empty()) {
    return Io::kOk;
  }
  if (ssl_) {
    ERR_clear_error();
    const auto size = static_cast<int>(std::min(from.size(), kMaxCall));
    const int result = SSL_write(ssl_.get(), from.data(), size);
    if (result > 0) {
      put = static_cast<std::size_t>(result);
      return Io::kOk;
    }
    return to_io(result);
  }
  const ssize_t result = transmit(raw_, from.data(), from.size());
  if (result >= 0) {
    put = static_cast<std::size_t>(result);
    return Io::kOk;
  }
  return result == -1 ? Io::kWait : Io::kFault;
}

void Transport::end_writing() {
  if (raw_.fd < 0) {
    return;
  }
  if (ssl_ && SSL_is_init_finished(ssl_.get()) != 0) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(raw_.fd, SHUT_WR);
}

bool Transport::discard_input(std::size_t& dropped) {
  std::array<char, 8192> scratch;
  for (;;) {
    const ssize_t got = receive(raw_, scratch.data(), scratch.size());
    if (got <= 0) {
      return got == -1;
    }
    dropped += static_cast<std::size_t>(got);
  }
}

void Transport::close() {
  if (raw_.fd < 0) {
    return;
  }
  ssl_.reset();
  ::close(raw_.fd);
  raw_.fd = -1;
}

std::optional<std::size_t> Transport::peek(std::span<char> to) const {
  const ssize_t got = ::recv(raw_.fd, to.data(), to.size(), MSG_PEEK);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return std::nullopt;
  }
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

void Transport::write_in_the_clear(std::string_view text) const {
  // A few hundred bytes into an empty send buffer: either all go, or the client gets none.
  [[maybe_unused]] const ssize_t put = ::send(raw_.fd, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace pintle::http
