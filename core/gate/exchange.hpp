// Request and Response: what passes between the HTTPS engine and the gate. No socket in sight.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/auth/authenticator.hpp"

namespace pintle::gate {

/// In the order they came. Names keep their case; look-ups ignore it.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of `name`, any case; "" where there is none.
std::string_view find_header(const Headers& headers, std::string_view name);

struct Request {
  std::string method;
  std::string target;  // As received: path and query, percent-encoded.
  Headers headers;
  std::string body;  // Whole; at most 3 MiB.
  std::shared_ptr<const auth::PeerCertificate> certificate;
  std::string remote_address;  // "10.0.0.7:51234".
};

/// A body that is made while it is sent: a list of many objects, a watch.
///
/// The engine pulls when the socket has room; nothing is made ahead of what the client takes.
/// Threads: pull() from one thread at a time; the waker may be called from any.
class Stream {
 public:
  enum class State { kMore, kWait, kEnd };

  virtual ~Stream() = default;
  /// Appends to `out`, stopping soon after `budget` bytes. kWait: nothing to send now, the waker
  /// will be called. After kEnd it is not called again.
  virtual State pull(std::string& out, std::size_t budget) = 0;
  /// Called once, before the first pull.
  virtual void set_waker(std::function<void()> waker) = 0;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;  // Beyond Content-Type, Content-Length, Transfer-Encoding, Date.
  std::variant<std::string, std::unique_ptr<Stream>> body;
};

/// Called exactly once, from any thread.
using Respond = std::function<void(Response)>;

}  // namespace pintle::gate
