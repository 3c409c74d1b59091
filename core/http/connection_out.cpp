// A connection's way out: heads, bodies, streams at the client's pace.

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <utility>

#include "core/http/connection.hpp"
#include "core/http/exchange.hpp"
#include "core/http/relay.hpp"

namespace pintle::http {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;  // Of TLS: what one write can carry.
constexpr std::size_t kFirstBudget = kRecordBytes - 64;
constexpr std::size_t kBusyBudget = 64 * 1024;
constexpr std::size_t kChunkHeadBytes = 10;  // Eight hexadecimal digits and CRLF.

void release(std::string& text) {
  std::string().swap(text);
}

}  // namespace

void Connection::deliver(std::uint64_t number, Outgoing outgoing) {
  if (loop_->is_here() && is_in_handler_ && number == number_) {
    early_ = std::move(outgoing);
    return;
  }
  {
    const std::lock_guard lock(mail_mutex_);
    mail_.emplace(number, std::move(outgoing));
  }
  loop_->wake(shared_from_this());
}

void Connection::take_mail() {
  std::optional<std::pair<std::uint64_t, Outgoing>> mail;
  {
    const std::lock_guard lock(mail_mutex_);
    mail.swap(mail_);
  }
  if (mail && state_ == State::kHandling && mail->first == number_) {
    begin_answer(std::move(mail->second));
  }
}

void Connection::answer(Outgoing outgoing) {
  if (state_ != State::kHandling) {
    return;
  }
  begin_answer(std::move(outgoing));
  run();
}

bool Connection::begin_answer(Outgoing outgoing) {
  state_ = State::kSending;
  auto& response = outgoing.response;
  keeps_alive_ = keeps_alive_ && !outgoing.closes && !is_stopping();
  auto* text = std::get_if<std::string>(&response.body);
  AnswerForm form{.length = {}, .is_http_1_0 = is_http_1_0_};
  if (text != nullptr) {
    form.length = text->size();
  } else if (outgoing.length) {
    form.length = outgoing.length;
  } else {
    form.is_chunked = !is_http_1_0_ && has_body(response.status);
    keeps_alive_ = keeps_alive_ && !is_http_1_0_;
  }
  form.keeps_alive = keeps_alive_;
  auto& out = loop_->write_buffer();
  out.clear();
  append_head(out, response, form, loop_->date());
  const bool sends_body = has_body(response.status) && !is_head_request_;
  if (text == nullptr) {
    send(out);
    if (!sends_body || state_ != State::kSending) {
      return true;
    }
    stream_ = std::move(std::get<std::unique_ptr<gate::Stream>>(response.body));
    stream_is_chunked_ = form.is_chunked;
    stream_left_ = form.length;
    stream_budget_ = kFirstBudget;
    stream_->set_waker([weak = weak_from_this(), loop = loop_] {
      if (auto self = weak.lock()) {
        loop->wake(std::move(self));
      }
    });
    return true;
  }
  if (sends_body) {
    // The head and the beginning of the body share one record and one write.
    const auto first = std::min(text->size(), kRecordBytes - std::min(kRecordBytes, out.size()));
    out.append(*text, 0, first);
    if (first < text->size()) {
      body_ = std::move(*text);
      body_at_ = first;
    }
  }
  send(out);
  return true;
}

/// The clock of a write that does not move runs from its first failure, not its last.
void Connection::note_stall() {
  if (!std::exchange(is_stalled_, true)) {
    set_deadline(core_->limits.write_stall);
  }
}

/// Gives `bytes` to the socket; what it does not take waits in out_.
void Connection::send(std::string_view bytes) {
  if (!out_.empty()) {
    out_.append(bytes);
    return;
  }
  while (!bytes.empty()) {
    std::size_t put = 0;
    const Io io = transport_.write(bytes, put);
    if (io == Io::kWait) {
      out_.assign(bytes);
      out_at_ = 0;
      note_stall();
      return;
    }
    if (io != Io::kOk) {
      close();
      return;
    }
    loop_->bytes_out.fetch_add(put, std::memory_order_relaxed);
    bytes.remove_prefix(put);
  }
}

/// True once out_ and body_ are with the socket.
bool Connection::flush_pending() {
  for (;;) {
    const bool from_out = out_at_ < out_.size();
    const auto rest = from_out ? std::string_view(out_).substr(out_at_)
                               : std::string_view(body_).substr(body_at_);
    if (rest.empty()) {
      break;
    }
    std::size_t put = 0;
    const Io io = transport_.write(rest, put);
    if (io == Io::kFault || io == Io::kEnd) {
      close();
      return false;
    }
    if (io == Io::kWait) {
      note_stall();
      return false;
    }
    is_stalled_ = false;
    loop_->bytes_out.fetch_add(put, std::memory_order_relaxed);
    (from_out ? out_at_ : body_at_) += put;
  }
  release(out_);
  release(body_);
  out_at_ = body_at_ = 0;
  is_stalled_ = false;
  if (state_ == State::kSending) {
    loop_->wheel().clear(*this);
  }
  return true;
}

bool Connection::run_output() {
  if (!flush_pending()) {
    return false;
  }
  if (stream_) {
    return pull_stream();
  }
  return finish_answer();
}

bool Connection::pull_stream() {
  auto& part = loop_->write_buffer();
  part.assign(kChunkHeadBytes, ' ');
  auto state = gate::Stream::State::kEnd;
  bool is_broken = false;
  try {
    state = stream_->pull(part, stream_budget_);
    const auto* breakable = dynamic_cast<const BreakableStream*>(stream_.get());
    is_broken = breakable != nullptr && breakable->is_broken();
    const bool finishes = breakable != nullptr && breakable->finishes();
    if (state == gate::Stream::State::kWait && is_stopping() && !finishes) {
      state = gate::Stream::State::kEnd;
      is_broken = is_broken || stream_left_.has_value();
    }
  } catch (const std::exception& failure) {
    core_->log.error("a response's stream threw", {{"what", failure.what()}});
    is_broken = true;
  }
  if (is_broken) {
    close();
    return false;
  }
  return frame_and_send(part, state);
}

bool Connection::frame_and_send(std::string& part, gate::Stream::State state) {
  const auto size = part.size() - kChunkHeadBytes;
  std::size_t from = kChunkHeadBytes;
  if (stream_left_) {
    if (size > *stream_left_) {
      close();
      return false;
    }
    *stream_left_ -= size;
  }
  if (stream_is_chunked_ && size > 0) {
    std::array<char, 8> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), size, 16).ptr;
    const auto count = static_cast<std::size_t>(end - digits.begin());
    from = kChunkHeadBytes - 2 - count;
    std::copy_n(digits.begin(), count, part.begin() + static_cast<std::ptrdiff_t>(from));
    part[kChunkHeadBytes - 2] = '\r';
    part[kChunkHeadBytes - 1] = '\n';
    part += "\r\n";
  }
  const bool ends = state == gate::Stream::State::kEnd;
  if (ends && stream_is_chunked_) {
    part += kLastChunk;
  }
  send(std::string_view(part).substr(from));
  if (part.capacity() > 4 * kBusyBudget) {
    release(part);
  }
  if (state_ != State::kSending) {
    return false;
  }
  if (ends) {
    return end_stream();
  }
  stream_is_quiet_ = state == gate::Stream::State::kWait && out_.empty();
  stream_budget_ = state == gate::Stream::State::kWait ? kFirstBudget : kBusyBudget;
  if (stream_is_quiet_) {
    loop_->wheel().clear(*this);
    if (peer_has_ended_) {
      close();
    }
  } else if (out_.empty()) {
    visit_again();  // One part a turn: others have theirs in between.
  }
  return false;
}

bool Connection::end_stream() {
  if (stream_left_.value_or(0) > 0) {
    close();  // Less than promised: only a cut tells the client.
    return false;
  }
  stream_ = nullptr;
  stream_is_quiet_ = false;
  return true;
}

bool Connection::finish_answer() {
  worker_ = nullptr;
  if (const auto relay = std::exchange(relay_, nullptr)) {
    relay->close();
  }
  stream_left_ = std::nullopt;
  if (!keeps_alive_ || is_stopping()) {
    return linger();
  }
  state_ = State::kHead;
  set_deadline(core_->limits.idle);
  return true;
}

}  // namespace pintle::http
