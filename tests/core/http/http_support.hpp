// What the http tests share: a server with handlers made of lambdas, and clients that speak bytes.

#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/auth/pki.hpp"
#include "core/http/server.hpp"
#include "core/http/transport.hpp"

namespace pintle::http::test {

using namespace std::chrono_literals;

/// Answers by path; "/" + anything unknown with 200 and what it saw. Slow paths begin with "/slow".
class TestHandler final : public Handler {
 public:
  using Fast = std::function<void(gate::Request, gate::Respond)>;
  using Slow = std::function<void(Exchange&)>;

  void on(std::string path, Fast fast) { fast_[std::move(path)] = std::move(fast); }
  void on_slow(std::string path, Slow slow) { slow_[std::move(path)] = std::move(slow); }

  void handle(gate::Request request, gate::Respond respond) override;
  bool is_slow(const gate::Request& request) const override;
  void handle_slow(Exchange& exchange) override;

  int handled() const { return handled_; }
  std::vector<gate::Request> seen() const;

 private:
  std::map<std::string, Fast> fast_;
  std::map<std::string, Slow> slow_;
  std::atomic<int> handled_ = 0;
  mutable std::mutex mutex_;
  std::vector<gate::Request> seen_;  // Guarded by mutex_.
};

/// A cert-dir of its own, removed at the end; made once a program, for keys take time.
struct Certificates {
  Certificates();
  ~Certificates();
  std::filesystem::path directory;
  auth::CertDir dir;
  std::string address;  // The machine's own, not loopback where it has one.
  TlsFiles server_files() const;
};
Certificates& certificates();

std::string read_text(const std::filesystem::path& file);

struct TestServer {
  explicit TestServer(ServerOptions options = {.address = "127.0.0.1", .port = 0, .plain = true});
  ~TestServer() { server->stop(0ms); }
  void start() { server->start(); }

  TestHandler handler;
  SystemClock clock;
  std::unique_ptr<Server> server;
};

/// One answer as a client reads it.
struct Answer {
  int status = 0;  // 0: none came.
  gate::Headers headers;
  std::string body;
};

/// A blocking client. Reads give up after ten seconds, so that a test fails and does not hang.
class Client {
 public:
  explicit Client(std::uint16_t port, const std::string& address = "127.0.0.1",
                  SslPtr session = nullptr);

  bool handshake() { return transport_->handshake() == Io::kOk; }
  Client& send(std::string_view text);
  /// Everything until the server ends the connection.
  std::string read_to_end();
  /// One answer, by its framing. `is_for_head`: to HEAD, so without a body.
  Answer read_answer(bool is_for_head = false);
  /// Reads until `text` has come; what came.
  std::string read_until(std::string_view text);
  void end_writing() { transport_->end_writing(); }
  void close() { transport_->close(); }
  int fd() const { return transport_->fd(); }
  Transport& transport() { return *transport_; }

 private:
  bool read_more();

  std::unique_ptr<Transport> transport_;
  std::string input_;
};

/// Sends all of `text` on a blocking socket: for a second thread beside a Client's reader.
void send_all(int fd, std::string_view text);

/// A Respond kept for later, by one thread for another.
class KeptRespond {
 public:
  void keep(gate::Respond respond);
  /// Waits until there is one. Throws after ten seconds.
  gate::Respond take();

 private:
  std::mutex mutex_;
  std::condition_variable kept_;
  std::optional<gate::Respond> respond_;  // Guarded by mutex_.
};

/// A connected, blocking socket. Throws where there is nobody.
int connect_to(std::uint16_t port, const std::string& address = "127.0.0.1");

/// How many answers `bytes` holds.
int count_answers(std::string_view bytes);

/// Waits until `claim` holds; false after ten seconds.
bool eventually(const std::function<bool()>& claim);

}  // namespace pintle::http::test
