// HTTP/1.1 as far as a load generator needs it: Content-Length and chunked answers, keep-alive.

#include "tests/bench/connection.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace pintle::bench {
namespace {

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

int connect_to(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found) != 0) {
    throw std::runtime_error("can't resolve " + target.host);
  }
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int failed = ::connect(fd, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  if (failed != 0) {
    ::close(fd);
    throw std::runtime_error("can't connect to " + target.host + ":" + target.port);
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void wait_for(int fd, short events) {
  pollfd one{fd, events, 0};
  ::poll(&one, 1, -1);
}

template <typename T, typename Read, typename Use>
void use_pem(const std::string& pem, Read read, Use use) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  if (T* item = read(bio, nullptr, nullptr, nullptr); item != nullptr) {
    use(item);
  }
  BIO_free(bio);
}

}  // namespace

std::string Target::authorization() const {
  if (!config.token.empty()) {
    return "Authorization: Bearer " + config.token + "\r\n";
  }
  if (!config.username.empty()) {
    return "Authorization: Basic " + base64(config.username + ":" + config.password) + "\r\n";
  }
  return "";
}

TlsClient::TlsClient(const Target& target) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context_, SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (!target.config.ca_pem.empty()) {
    use_pem<X509>(target.config.ca_pem, PEM_read_bio_X509, [this](X509* ca) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), ca);
      X509_free(ca);
    });
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  }
  if (!target.config.certificate_pem.empty()) {
    use_pem<X509>(target.config.certificate_pem, PEM_read_bio_X509, [this](X509* certificate) {
      SSL_CTX_use_certificate(context_, certificate);
      X509_free(certificate);
    });
    use_pem<EVP_PKEY>(target.config.key_pem, PEM_read_bio_PrivateKey, [this](EVP_PKEY* key) {
      SSL_CTX_use_PrivateKey(context_, key);
      EVP_PKEY_free(key);
    });
  }
}

TlsClient::~TlsClient() {
  SSL_CTX_free(context_);
}

Connection::Connection(const Target& target, const TlsClient& tls, bool keep_bodies)
    : keep_bodies_(keep_bodies), fd_(connect_to(target)), ssl_(SSL_new(tls.context())) {
  SSL_set_fd(ssl_, fd_);
  SSL_set_tlsext_host_name(ssl_, target.host.c_str());
  if (SSL_connect(ssl_) != 1) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    SSL_free(ssl_);
    ::close(fd_);
    throw std::runtime_error(std::string("TLS handshake failed: ") + text.data());
  }
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

Connection::~Connection() {
  SSL_free(ssl_);
  ::close(fd_);
}

void Connection::send(std::string_view request) {
  while (!request.empty()) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_, request.data(), request.size(), &written) == 1) {
      request.remove_prefix(written);
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      throw std::runtime_error("the server closed the connection");
    }
    wait_for(fd_, error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN);
  }
}

bool Connection::fill() {
  if (at_ > 0) {
    in_.erase(0, at_);
    at_ = 0;
  }
  bool any = false;
  std::array<char, 65536> part{};
  for (;;) {
    std::size_t got = 0;
    if (SSL_read_ex(ssl_, part.data(), part.size(), &got) == 1) {
      in_.append(part.data(), got);
      any = true;
      if (in_.size() > 1024 * 1024) {
        return true;  // Use it up first: a list of 39 MB need not be held whole.
      }
      continue;
    }
    const int error = SSL_get_error(ssl_, 0);
    closed_ = error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
    return any;
  }
}

bool Connection::take_head() {
  const auto end = in_.find("\r\n\r\n", at_);
  if (end == std::string::npos) {
    return false;
  }
  const std::string_view head = std::string_view(in_).substr(at_, end + 2 - at_);
  at_ = end + 4;
  answer_ = {};
  std::from_chars(head.data() + 9, head.data() + 12, answer_.status);
  chunked_ = head.find("ransfer-Encoding: chunked") != std::string_view::npos;
  left_ = 0;
  if (const auto length = head.find("ontent-Length: "); length != std::string_view::npos) {
    const char* digits = head.data() + length + 15;
    std::from_chars(digits, head.data() + head.size(), left_);
  }
  in_body_ = true;
  ended_ = false;
  return true;
}

bool Connection::take_chunks() {
  for (;;) {
    if (left_ > 0) {
      const std::size_t n = std::min(left_, in_.size() - at_);
      if (keep_bodies_) {
        answer_.body.append(in_, at_, n);
      }
      answer_.body_bytes += n;
      at_ += n;
      left_ -= n;
      if (left_ > 0) {
        return false;
      }
    }
    // A chunk's data and its line both end in CRLF; an empty line is the former's.
    const auto line = in_.find("\r\n", at_);
    if (line == std::string::npos) {
      return false;
    }
    if (line == at_) {
      at_ += 2;
      if (ended_) {
        return true;
      }
      continue;
    }
    std::from_chars(in_.data() + at_, in_.data() + line, left_, 16);
    at_ = line + 2;
    ended_ = left_ == 0;
  }
}

bool Connection::take_body() {
  if (chunked_) {
    return take_chunks();
  }
  const std::size_t n = std::min(left_, in_.size() - at_);
  if (keep_bodies_) {
    answer_.body.append(in_, at_, n);
  }
  answer_.body_bytes += n;
  at_ += n;
  left_ -= n;
  return left_ == 0;
}

std::optional<Answer> Connection::take_answer() {
  if (!in_body_ && !take_head()) {
    return std::nullopt;
  }
  if (!take_body()) {
    return std::nullopt;
  }
  in_body_ = false;
  return std::move(answer_);
}

std::optional<Answer> Connection::receive() {
  for (;;) {
    if (auto answer = take_answer()) {
      return answer;
    }
    if (!fill()) {
      if (closed_) {
        throw std::runtime_error("the server closed the connection");
      }
      return std::nullopt;
    }
  }
}

Answer Connection::receive_blocking() {
  for (;;) {
    if (auto answer = receive()) {
      return std::move(*answer);
    }
    wait_for(fd_, POLLIN);
  }
}

bool Connection::receive_stream(std::string& out) {
  while (fill()) {
    if (!in_body_ && !take_head()) {
      continue;
    }
    const bool done = take_body();
    out += answer_.body;
    answer_.body.clear();
    if (done) {
      return false;
    }
  }
  return !closed_;
}

}  // namespace pintle::bench
