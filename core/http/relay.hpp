// Relay: a client's request sent on to a backend, and what comes back: an answer, or a tunnel.
//
// Only a 101 that really upgrades opens the tunnel; every other answer is read as an answer and
// the client's connection ends with it, so that nothing the client says after a refusal reaches
// the backend (CVE-2018-1002105). A redirection is never followed nor passed on (CVE-2020-8559).
// No thread: the client's loop pumps both directions, each at the pace of its slower end.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/http/chunks.hpp"
#include "core/http/connection.hpp"
#include "core/http/head.hpp"
#include "core/http/html_links.hpp"
#include "core/http/server.hpp"

namespace pintle::http {

class Relay final : public Pollable, public WheelHook {
 public:
  /// On a worker; takes `backend.fd` whatever the outcome.
  /// Errors: kBadRequest if an upgrade is wanted and the request asks for none that we know;
  /// kInternalError for TLS parts that can't be used.
  static Result<std::shared_ptr<Relay>> make(Exchange::Backend backend, bool upgrade,
                                             const gate::Request& request);

  struct Manner {
    bool upgrade = false;
    bool words_errors = false;  // As in Exchange::Backend, and the next two.
    std::string prefix = {};
    std::string host = {};
    bool is_head = false;  // The answer has no body, whatever its head says.
  };
  Relay(int fd, SslPtr ssl, Manner manner, std::string request);
  ~Relay() override = default;

  // All on the client's loop from here on.
  void start(std::shared_ptr<Connection> client);
  void on_events(std::uint32_t events) override;
  void on_woken() override { run(); }
  void on_deadline() override;
  void close();
  /// Moves what can be moved through the tunnel, both ways.
  void pump();

 private:
  friend class RelayStream;
  enum class State {
    kConnecting,
    kSendingRequest,
    kReadingHead,
    kErrorText,
    kBody,
    kTunnel,
    kClosed
  };

  /// One direction of the tunnel: what was read and is not yet written.
  struct Way {
    std::string held;
    std::size_t at = 0;
    bool has_ended = false;  // The reading side gave its end,
    bool told_end = false;   // and the writing side was told.
  };

  void run();
  bool run_handshake();
  bool send_request();
  bool read_head();
  void take_head();
  bool is_asked_upgrade(const AnswerHead& head) const;
  void relay_answer(AnswerHead head);
  void read_error_text();
  void open_tunnel(std::string_view head_text);
  void fail(int status, std::string_view message);
  bool move(Transport& from, Transport& to, Way& way, std::size_t& moved);
  bool write_held(Transport& to, Way& way);
  gate::Stream::State pull_body(std::string& out, std::size_t budget);
  bool decode(std::string_view data, std::string& out);

  State state_ = State::kConnecting;
  Transport backend_;
  const Manner manner_;
  std::string request_;
  std::size_t request_at_ = 0;
  std::string input_;  // From the backend, not yet understood.
  HeadScanner scanner_;
  Framing framing_;
  ChunkDecoder chunks_;
  std::optional<std::uint64_t> body_left_;
  bool body_has_ended_ = false;
  int error_status_ = 0;  // Of the answer whose text is being read.
  std::string error_text_;
  bool is_broken_ = false;
  std::optional<HtmlLinks> links_;  // Of a page whose links are rewritten on their way.
  std::function<void()> body_waker_;
  Way to_backend_;
  Way to_client_;
  bool is_one_sided_ = false;           // One end of the tunnel has said its last.
  std::shared_ptr<Connection> client_;  // Until close(): the two hold each other.
};

}  // namespace pintle::http
