// Sockets with deadlines.

#include "plugins/kubelet/http_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/concat.hpp"

namespace pintle::kubelet {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

/// Source: kubelet probe/http maxRespBodyLength.
constexpr std::size_t kMaxBodyBytes = 10 * 1024;
constexpr std::size_t kMaxHeadBytes = 64 * 1024;

std::string text_of_errno(int error) {
  char buffer[128];
  return strerror_r(error, buffer, sizeof buffer);
}

int milliseconds_until(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

/// True once `fd` can do `events`; false at the deadline.
bool wait_for(int fd, short events, Deadline deadline) {
  pollfd wait{fd, events, 0};
  int got = 0;
  do {
    got = ::poll(&wait, 1, milliseconds_until(deadline));
  } while (got < 0 && errno == EINTR);
  return got > 0;
}

Result<FileDescriptor> connect_one(const addrinfo& address, const std::string& where,
                                   Deadline deadline) {
  FileDescriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) {
    return Error{Code::kInternalError, "socket: " + text_of_errno(errno)};
  }
  int error = 0;
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
    error = errno;
    if (error == EINPROGRESS) {
      if (!wait_for(socket.get(), POLLOUT, deadline)) {
        return Error{Code::kTimeout, concat({"dial tcp ", where, ": i/o timeout"})};
      }
      socklen_t size = sizeof error;
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
  }
  if (error != 0) {
    auto why = text_of_errno(error);
    std::ranges::transform(why, why.begin(), [](char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return Error{Code::kServiceUnavailable, concat({"dial tcp ", where, ": connect: ", why})};
  }
  return socket;
}

Result<FileDescriptor> connect_until(const std::string& host, int port, Deadline deadline) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const auto failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (failed != 0) {
    return Error{Code::kServiceUnavailable,
                 concat({"dial tcp: lookup ", host, ": ", ::gai_strerror(failed)})};
  }
  auto made = connect_one(*list, concat({host, ":", std::to_string(port)}), deadline);
  ::freeaddrinfo(list);
  return made;
}

Result<void> send_all(int fd, std::string_view text, Deadline deadline) {
  while (!text.empty()) {
    const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      return Error{Code::kServiceUnavailable, "write: " + text_of_errno(errno)};
    }
    if (!wait_for(fd, POLLOUT, deadline)) {
      return Error{Code::kTimeout, "context deadline exceeded (Client.Timeout exceeded)"};
    }
  }
  return {};
}

/// The head and as much of the body as is kept; ends with the connection or once enough is there.
Result<std::string> receive(int fd, Deadline deadline) {
  std::string text;
  char buffer[8192];
  while (text.size() < kMaxHeadBytes + kMaxBodyBytes) {
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got == 0) {
      return text;
    }
    if (got > 0) {
      text.append(buffer, static_cast<std::size_t>(got));
      const auto end = text.find("\r\n\r\n");
      if (end != std::string::npos && text.size() - end >= kMaxBodyBytes) {
        return text;
      }
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      return Error{Code::kServiceUnavailable, "read: " + text_of_errno(errno)};
    }
    if (!wait_for(fd, POLLIN, deadline)) {
      return Error{Code::kTimeout,
                   "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"};
    }
  }
  return text;
}

std::string request_text(const HttpGet& request) {
  bool has_host = false;
  bool has_agent = false;
  bool has_accept = false;
  std::string lines;
  for (const auto& [name, value] : request.headers) {
    has_host = has_host || strcasecmp(name.c_str(), "host") == 0;
    has_agent = has_agent || strcasecmp(name.c_str(), "user-agent") == 0;
    has_accept = has_accept || strcasecmp(name.c_str(), "accept") == 0;
    lines += concat({name, ": ", value, "\r\n"});
  }
  const auto port = std::to_string(request.port);
  return concat({"GET ", request.path.starts_with("/") ? "" : "/", request.path, " HTTP/1.1\r\n",
                 has_host ? "" : concat({"Host: ", request.host, ":", port, "\r\n"}),
                 has_agent ? "" : "User-Agent: kube-probe/1.33\r\n",
                 has_accept ? "" : "Accept: */*\r\n", lines, "Connection: close\r\n\r\n"});
}

Result<HttpAnswer> parse_answer(const std::string& text) {
  HttpAnswer answer;
  const auto space = text.find(' ');
  if (!text.starts_with("HTTP/1.") || space == std::string::npos || text.size() < space + 4) {
    return Error{Code::kInternalError, "malformed HTTP response"};
  }
  const auto* digits = text.data() + space + 1;
  if (std::from_chars(digits, digits + 3, answer.status).ptr != digits + 3) {
    return Error{Code::kInternalError, "malformed HTTP status code"};
  }
  const auto end = text.find("\r\n\r\n");
  const auto head = text.substr(0, end);
  for (auto line = head.find("\r\n"); line != std::string::npos;
       line = head.find("\r\n", line + 2)) {
    constexpr std::string_view kLocation = "location:";
    if (strncasecmp(head.c_str() + line + 2, kLocation.data(), kLocation.size()) == 0) {
      auto value = head.substr(line + 2 + kLocation.size());
      value = value.substr(0, value.find("\r\n"));
      answer.location = value.substr(std::min(value.find_first_not_of(' '), value.size()));
    }
  }
  answer.body = end == std::string::npos ? "" : text.substr(end + 4, kMaxBodyBytes);
  return answer;
}

}  // namespace

Result<FileDescriptor> connect_tcp(const std::string& host, int port,
                                   std::chrono::milliseconds timeout) {
  return connect_until(host, port, std::chrono::steady_clock::now() + timeout);
}

Result<HttpAnswer> http_get(const HttpGet& request, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  PINTLE_TRY(const auto socket, connect_until(request.host, request.port, deadline));
  PINTLE_TRY_STATUS(send_all(socket.get(), request_text(request), deadline));
  PINTLE_TRY(const auto text, receive(socket.get(), deadline));
  return parse_answer(text);
}

}  // namespace pintle::kubelet
