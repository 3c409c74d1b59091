// Accepting connections.

#include "core/http/listener.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "core/http/connection.hpp"

namespace pintle::http {
namespace {

constexpr int kAcceptsATurn = 64;
constexpr std::chrono::milliseconds kBreath{50};  // After descriptors ran out.

void set_options(int fd) {
  // A peer that vanished without a word is noticed after two minutes.
  constexpr int kOn = 1;
  constexpr int kIdleSeconds = 60;
  constexpr int kIntervalSeconds = 15;
  constexpr int kProbes = 4;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof kIdleSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kIntervalSeconds, sizeof kIntervalSeconds);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
}

std::pair<std::string, std::uint16_t> name_of(const sockaddr_storage& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
  const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) != 0;
  ::inet_ntop(is_mapped ? AF_INET : AF_INET6, v6.sin6_addr.s6_addr + (is_mapped ? 12 : 0),
              text.data(), text.size());
  return {text.data(), ntohs(v6.sin6_port)};
}

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

Listener::Listener(Poco::Net::ServerSocket socket, std::shared_ptr<Core> core,
                   std::vector<std::shared_ptr<Loop>> loops)
    : socket_(std::move(socket)),
      fd_(socket_.impl()->sockfd()),
      core_(std::move(core)),
      loops_(std::move(loops)),
      reserve_fd_(open_reserve()) {}

Listener::~Listener() {
  if (reserve_fd_ >= 0) {
    ::close(reserve_fd_);
  }
}

void Listener::start() {
  is_open_ = loops_.front()->add(fd_, shared_from_this(), EPOLLIN);
}

void Listener::close() {
  if (std::exchange(is_open_, false)) {
    loops_.front()->remove(fd_);
  }
  socket_.close();
}

void Listener::on_events(std::uint32_t) {
  for (int i = 0; i < kAcceptsATurn && is_open_; ++i) {
    if (!accept_one()) {
      return;
    }
  }
}

void Listener::on_woken() {
  // Back from a pause that lack of descriptors forced.
  if (!is_open_ && !core_->is_stopping) {
    start();
  }
}

/// False once there is nobody to accept, or nothing to accept them with.
bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  const int fd =
      ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      shed_one();
      return false;
    }
    return errno == EINTR || errno == ECONNABORTED;
  }
  auto [address, port] = name_of(peer);
  if (!core_->census.admit(address)) {
    ::close(fd);
    return true;
  }
  set_options(fd);
  deal(fd, std::move(address), port);
  return true;
}

void Listener::shed_one() {
  if (reserve_fd_ >= 0) {
    ::close(reserve_fd_);
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      ::close(fd);
    }
    reserve_fd_ = open_reserve();
  }
  core_->log.warning("out of file descriptors: a connection was turned away",
                     {{"mend", "raise LimitNOFILE or lower the number of clients"}});
  loops_.front()->remove(fd_);
  is_open_ = false;
  loops_.front()->at(core_->clock.steady() + kBreath,
                     [weak = weak_from_this(), loop = loops_.front().get()] {
                       if (auto self = weak.lock()) {
                         loop->wake(std::move(self));
                       }
                     });
}

void Listener::deal(int fd, std::string address, std::uint16_t port) {
  const auto tls = core_->tls();
  const auto& loop = loops_[next_++ % loops_.size()];
  auto connection = std::make_shared<Connection>(core_, loop, fd, tls ? tls->accept() : nullptr,
                                                 std::move(address), port);
  loop->post([connection = std::move(connection)] { connection->start(); });
}

}  // namespace pintle::http
