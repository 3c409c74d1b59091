// Connection: one client, from the handshake on: reads a request, has it handled, sends the
// answer, and reads the next only then.
//
// It belongs to one loop and runs on that loop's thread, except for deliver() and the streams'
// wakers, which leave word and wake it. Source: RFC 9112.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/gate/exchange.hpp"
#include "core/http/answer.hpp"
#include "core/http/chunks.hpp"
#include "core/http/core.hpp"
#include "core/http/head.hpp"
#include "core/http/loop.hpp"
#include "core/http/transport.hpp"
#include "core/http/wheel.hpp"

namespace pintle::http {

class Relay;
struct Channel;

/// A Stream that may break off: the connection is then cut, so that the client can tell.
class BreakableStream : public gate::Stream {
 public:
  virtual bool is_broken() const = 0;
  /// Whether a stop of the server should let it come to its own end.
  virtual bool finishes() const = 0;
};

/// A response, and what the engine is told besides.
struct Outgoing {
  gate::Response response;
  std::optional<std::uint64_t> length;  // Of a stream, where it is known.
  bool closes = false;                  // The connection, afterwards.
};

class Connection final : public Pollable, public WheelHook {
 public:
  Connection(std::shared_ptr<Core> core, std::shared_ptr<Loop> loop, int fd, SslPtr ssl,
             std::string address, std::uint16_t port);
  ~Connection() override;

  /// Begins to watch the socket.
  void start();

  void on_events(std::uint32_t events) override;
  void on_woken() override;
  void on_stopping() override;
  void on_abort() override { close(); }
  void on_deadline() override;

  /// The answer to request number `number`. From any thread.
  void deliver(std::uint64_t number, Outgoing outgoing);

  /// Hands the client's request over to a backend. On the loop's thread.
  void start_relay(std::uint64_t number, std::shared_ptr<Relay> relay);

  // For the relay, on the loop's thread.
  Transport& transport() { return transport_; }
  Loop& loop() { return *loop_; }
  const std::shared_ptr<Loop>& loop_pointer() const { return loop_; }
  Core& core() { return *core_; }
  void answer(Outgoing outgoing);
  void enter_tunnel();
  std::string take_input() { return std::exchange(input_, {}); }
  void set_deadline(std::chrono::milliseconds from_now);
  void close();
  void visit_again() { loop_->visit_again(shared_from_this()); }

 private:
  enum class State { kHandshake, kHead, kBody, kHandling, kSending, kTunnel, kLingering, kClosed };

  // Each runs one state and says whether another can run at once.
  void run();
  bool run_handshake();
  bool run_input();
  bool run_output();
  bool run_lingering();

  // connection_in.cpp
  bool take_head(std::string_view fresh);
  bool begin_body(std::string_view rest);
  bool take_body(std::string_view data);
  bool take_chunks(std::string_view data);
  bool dispatch();
  void hand_to_worker(std::uint64_t number);
  bool refuse(int status, std::string_view message);
  void answer_cleartext_client();
  bool ends_input(Io io);

  // connection_out.cpp
  bool begin_answer(Outgoing outgoing);
  void send(std::string_view bytes);
  void note_stall();
  bool flush_pending();
  bool pull_stream();
  bool frame_and_send(std::string& part, gate::Stream::State state);
  bool end_stream();
  bool finish_answer();
  bool linger();
  void take_mail();
  bool is_stopping() const { return core_->is_stopping.load(std::memory_order_relaxed); }

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<Loop> loop_;
  Transport transport_;
  const std::string address_;
  const std::uint16_t port_;
  State state_ = State::kHandshake;
  bool has_peeked_ = false;      // For HTTP in the clear.
  bool peer_has_ended_ = false;  // Its FIN came.
  bool head_has_begun_ = false;
  bool input_is_fresh_ = false;  // input_ holds bytes no parser has seen.
  bool keeps_alive_ = true;
  bool is_http_1_0_ = false;
  bool is_head_request_ = false;
  bool is_in_handler_ = false;
  bool is_stalled_ = false;  // The socket takes nothing, and the clock runs.
  bool stream_is_quiet_ = false;
  bool stream_is_chunked_ = false;
  std::string input_;
  HeadScanner scanner_;
  Framing framing_;
  ChunkDecoder chunks_;
  gate::Request request_;
  std::shared_ptr<const auth::PeerCertificate> certificate_;

  std::string out_;                       // Not yet taken by the socket,
  std::size_t out_at_ = 0;                // from here on;
  std::string body_;                      // then this,
  std::size_t body_at_ = 0;               // from here on;
  std::unique_ptr<gate::Stream> stream_;  // then what this makes.
  std::optional<std::uint64_t> stream_left_;
  std::size_t stream_budget_ = 0;

  std::uint64_t number_ = 0;         // Of the request under way.
  std::optional<Outgoing> early_;    // Delivered while its handler still ran.
  std::shared_ptr<Channel> worker_;  // Of a slow route under way.
  std::shared_ptr<Relay> relay_;

  std::mutex mail_mutex_;
  std::optional<std::pair<std::uint64_t, Outgoing>> mail_;  // Guarded by mail_mutex_.
};

}  // namespace pintle::http
