// The relay's other half: an answer's body as a stream, or the tunnel.

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "core/http/relay.hpp"

namespace pintle::http {

namespace {

constexpr std::size_t kTunnelBytesATurn = 512 * 1024;
constexpr std::size_t kMaxErrorText = 2048;  // Source: registry/generic/rest maxReadLength.

constexpr std::array<std::string_view, 9> kNotPassedBack = {
    "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Upgrade",
    "Trailer",    "Date",       "Content-Type",      "Set-Cookie"};

bool is_passed_back(std::string_view name, bool browses) {
  if (browses && equals_ignoring_case(name, "Set-Cookie")) {
    return true;
  }
  return std::ranges::none_of(
      kNotPassedBack, [name](std::string_view each) { return equals_ignoring_case(name, each); });
}

}  // namespace

/// The backend's body, pulled as the client takes it.
class RelayStream final : public BreakableStream {
 public:
  explicit RelayStream(std::shared_ptr<Relay> relay) : relay_(std::move(relay)) {}
  ~RelayStream() override { relay_->body_waker_ = nullptr; }

  State pull(std::string& out, std::size_t budget) override {
    if (!relay_->links_) {
      return relay_->pull_body(out, budget);
    }
    std::string plain;
    const auto state = relay_->pull_body(plain, budget);
    relay_->links_->feed(plain, out);
    if (state == State::kEnd) {
      relay_->links_->end(out);
    }
    return state;
  }
  void set_waker(std::function<void()> waker) override { relay_->body_waker_ = std::move(waker); }
  bool is_broken() const override { return relay_->is_broken_; }
  bool finishes() const override { return false; }

 private:
  const std::shared_ptr<Relay> relay_;
};

void Relay::relay_answer(AnswerHead head) {
  framing_ = head.framing;
  body_left_ = head.framing.length;
  if (manner_.words_errors && head.status > 206) {
    error_status_ = head.status;
    body_has_ended_ = !has_body(head.status) || body_left_.value_or(1) == 0;
    state_ = State::kErrorText;
    return;
  }
  Outgoing outgoing{.response = {}, .length = head.framing.length, .closes = manner_.upgrade};
  outgoing.response.status = head.status;
  outgoing.response.content_type = gate::find_header(head.headers, "Content-Type");
  const bool browses = !manner_.prefix.empty();
  for (auto& [name, value] : head.headers) {
    if (browses && equals_ignoring_case(name, "Location")) {
      value = rewrite_link(value, manner_.prefix, manner_.host);
    }
    if (is_passed_back(name, browses)) {
      outgoing.response.headers.emplace_back(std::move(name), std::move(value));
    }
  }
  const bool has_no_body = manner_.is_head || !has_body(head.status) || body_left_.value_or(1) == 0;
  const bool is_page = outgoing.response.content_type.starts_with("text/html") &&
                       gate::find_header(head.headers, "Content-Encoding").empty();
  if (has_no_body) {
    outgoing.length = std::nullopt;
    outgoing.response.body = std::string();
  } else {
    if (browses && is_page) {
      links_.emplace(manner_.prefix, manner_.host);
      outgoing.length = std::nullopt;
    }
    outgoing.response.body =
        std::make_unique<RelayStream>(std::static_pointer_cast<Relay>(shared_from_this()));
  }
  state_ = State::kBody;
  client_->loop().wheel().clear(*this);
  const auto client = client_;
  client->answer(std::move(outgoing));
}

/// Source: registry/generic/rest GenericHttpResponseChecker.
void Relay::read_error_text() {
  while (error_text_.size() < kMaxErrorText) {
    const auto state = pull_body(error_text_, kMaxErrorText - error_text_.size());
    if (state == gate::Stream::State::kWait) {
      return;
    }
    if (state == gate::Stream::State::kEnd) {
      break;
    }
  }
  error_text_.resize(std::min(error_text_.size(), kMaxErrorText));
  const auto words = error_text_.find_last_not_of(" \r\n");
  error_text_.resize(words == std::string::npos ? 0 : words + 1);
  fail(error_status_,
       error_status_ == 500 ? "Internal error occurred: " + error_text_ : error_text_);
}

gate::Stream::State Relay::pull_body(std::string& out, std::size_t budget) {
  const auto enough = out.size() + budget;
  while (!body_has_ended_ && !is_broken_ && out.size() < enough) {
    if (!input_.empty()) {
      const std::string data = std::exchange(input_, {});
      is_broken_ = !decode(data, out);
      continue;
    }
    if (state_ == State::kClosed) {
      is_broken_ = true;
      break;
    }
    std::array<char, 16 * 1024> buffer;
    std::size_t got = 0;
    const Io io = backend_.read(buffer, got);
    if (io == Io::kWait) {
      return gate::Stream::State::kWait;
    }
    if (io == Io::kOk) {
      is_broken_ = !decode({buffer.data(), got}, out);
      continue;
    }
    body_has_ended_ = io == Io::kEnd && !framing_.chunked && !framing_.length;
    is_broken_ = !body_has_ended_;
  }
  return body_has_ended_ || is_broken_ ? gate::Stream::State::kEnd : gate::Stream::State::kMore;
}

/// False if the data breaks the framing its head announced.
bool Relay::decode(std::string_view data, std::string& out) {
  if (framing_.chunked) {
    std::size_t used = 0;
    const auto state = chunks_.feed(data, out, out.size() + data.size(), used);
    body_has_ended_ = state == ChunkDecoder::State::kEnd;
    return state != ChunkDecoder::State::kFault;
  }
  if (!body_left_) {
    out += data;
    return true;
  }
  const auto part =
      data.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(*body_left_, data.size())));
  out += part;
  *body_left_ -= part.size();
  body_has_ended_ = *body_left_ == 0;
  return true;
}

void Relay::open_tunnel(std::string_view head_text) {
  state_ = State::kTunnel;
  client_->loop().wheel().clear(*this);
  to_client_.held = head_text;
  to_client_.held += std::exchange(input_, {});
  to_backend_.held = client_->take_input();
  client_->enter_tunnel();
  pump();
}

bool Relay::write_held(Transport& to, Way& way) {
  while (way.at < way.held.size()) {
    std::size_t put = 0;
    const Io io = to.write(std::string_view(way.held).substr(way.at), put);
    way.at += put;
    if (io == Io::kWait) {
      return true;
    }
    if (io != Io::kOk) {
      return false;
    }
  }
  way.at = 0;
  std::string().swap(way.held);
  return true;
}

/// False if this direction is broken.
bool Relay::move(Transport& from, Transport& to, Way& way, std::size_t& moved) {
  if (!write_held(to, way)) {
    return false;
  }
  auto& buffer = client_->loop().read_buffer();
  while (way.held.empty() && !way.has_ended && moved < kTunnelBytesATurn) {
    std::size_t got = 0;
    const Io io = from.read(buffer, got);
    if (io == Io::kWait) {
      break;
    }
    if (io == Io::kFault) {
      return false;
    }
    way.has_ended = io == Io::kEnd;
    moved += got;
    way.held.assign(buffer, 0, got);
    if (!write_held(to, way)) {
      return false;
    }
  }
  if (way.has_ended && way.held.empty() && !std::exchange(way.told_end, true)) {
    to.end_writing();
  }
  return true;
}

void Relay::pump() {
  if (state_ != State::kTunnel) {
    return;
  }
  constexpr std::chrono::minutes kOneSidedIdle{1};
  constexpr std::chrono::hours kIdle{4};  // Source: kubelet streamingConnectionIdleTimeout.
  const auto client = client_;
  std::size_t up = 0;
  std::size_t down = 0;
  const bool holds = move(client->transport(), backend_, to_backend_, up) &&
                     move(backend_, client->transport(), to_client_, down);
  if (!holds || (to_backend_.told_end && to_client_.told_end)) {
    client->close();
    return;
  }
  const bool is_one_sided = to_backend_.has_ended || to_client_.has_ended;
  const bool has_changed = std::exchange(is_one_sided_, is_one_sided) != is_one_sided;
  if (up + down > 0 || has_changed) {
    client->set_deadline(is_one_sided ? std::chrono::milliseconds(kOneSidedIdle)
                                      : std::chrono::milliseconds(kIdle));
  }
  if (up >= kTunnelBytesATurn || down >= kTunnelBytesATurn) {
    client->visit_again();
  }
}

}  // namespace pintle::http
