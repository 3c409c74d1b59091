// The HTTPS engine: epoll loops, TLS, strict HTTP/1.1 framing, streams out, tunnels, workers.
//
// In shape it is Poco's HTTPServer (a ServerSocket, a Context, HTTPServerParams, a handler factory;
// start(), stop()); the inside is ours. One loop per core; a connection belongs to one loop. API
// requests run on the loop; slow routes run on workers, where they may block.

#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/gate/exchange.hpp"
#include "core/registry/registry.hpp"

namespace pintle::http {

struct TlsFiles {
  std::filesystem::path certificate;  // PEM chain.
  std::filesystem::path key;
  std::filesystem::path client_ca;  // Empty: no client certificates are asked for.
};

struct Limits {
  std::size_t max_body_bytes = 3 * 1024 * 1024;
  std::size_t max_head_bytes = 256 * 1024;   // All header fields together.
  std::size_t max_target_bytes = 16 * 1024;  // 414 beyond.
  std::size_t max_header_count = 256;
  std::chrono::seconds handshake{10};
  std::chrono::seconds head{32};
  std::chrono::seconds body{60};
  std::chrono::seconds idle{180};
  std::chrono::seconds write_stall{60};  // A response that moves no byte for this long.
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 15'000;
  unsigned loops = 0;     // 0: one per core.
  unsigned workers = 64;  // Slow routes at once.
};

/// A slow route's view of its request, on a worker thread. All writes may block.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const gate::Request& request() const = 0;
  /// Sends the head. Without a Content-Length in `headers` the body is chunked.
  virtual void begin(int status, const gate::Headers& headers) = 0;
  /// False once the client is gone.
  virtual bool write(std::string_view part) = 0;
  /// Whether the client is still there; polls, never waits.
  virtual bool client_gone() = 0;

  /// Instead of begin: joins the client to a backend. Only a 101 from the backend opens the tunnel;
  /// any other answer is relayed and the connection closed. Returns at once, pumped by the loop.
  struct Backend {
    int fd = -1;       // Connected stream socket; owned from here on.
    bool tls = false;  // Then verified against `ca_pem` for `host`,
    std::string ca_pem;
    std::string certificate_pem;  // and with this client certificate.
    std::string key_pem;
    std::string host;    // Host header, and the name verified.
    std::string target;  // Path and query to ask the backend for.
    /// An answer above 206 reaches the client as a Status with the answer's text as its message.
    bool words_errors = false;
    /// False: whatever certificate the backend shows will do (pods: nobody says what theirs are).
    bool verifies = true;
    /// Set where the client browses the backend: the client's path to what the backend calls "/".
    /// Cookies then go both ways, redirections go back, and links are made to stay below it.
    std::string prefix = {};
  };
  /// The client's request is sent on with its upgrade headers and body, without credentials
  /// (Authorization, Cookie, Impersonate-*, X-Remote-*). With `upgrade` false the backend's answer,
  /// whatever it is, streams back as the response (logs).
  virtual void relay(Backend backend, bool upgrade) = 0;
};

/// Which way a request goes, decided once its head and body are there, on the loop.
struct Handler {
  virtual ~Handler() = default;
  /// Handles it now; `respond` exactly once, now or later from any thread.
  virtual void handle(gate::Request request, gate::Respond respond) = 0;
  /// True if the request wants a worker and an Exchange instead.
  virtual bool is_slow(const gate::Request& request) const = 0;
  virtual void handle_slow(Exchange& exchange) = 0;
};

struct ServerOptions {
  std::string address = "0.0.0.0";
  std::uint16_t port = 6443;  // 0 picks a free one.
  bool plain = false;         // No TLS: only for the kubelet's read-only port.
  TlsFiles tls;
  Limits limits;
};

/// What the engine did, summed: for /metrics.
struct Figures {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_total = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t bytes_out = 0;
};

class Server {
 public:
  /// Binds. Errors: kConflict for a busy port (naming it), kForbidden, kInvalid for TLS files.
  static Result<std::unique_ptr<Server>> make(ServerOptions options, Handler& handler,
                                              const Clock& clock, Log& log);
  virtual ~Server() = default;  // stop(0) if it still runs.

  virtual void start() = 0;
  /// Closes the listener, lets requests under way finish for `grace`, ends streams cleanly, closes.
  virtual void stop(std::chrono::milliseconds grace) = 0;
  virtual std::uint16_t port() const = 0;
  /// Reads the TLS files again for new handshakes; a bad pair keeps the old one and is an error.
  virtual Result<void> reload_tls() = 0;
  virtual Figures figures() const = 0;
  /// Deadlines on the loops' own timers.
  virtual registry::Timers& timers() = 0;
  /// Runs a job on the bounded worker pool; false when it is full.
  virtual bool run_on_worker(std::function<void()> job) = 0;
};

}  // namespace pintle::http
