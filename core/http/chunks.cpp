// The chunk decoder: a state machine over bytes, in which data is copied in one go.

#include "core/http/chunks.hpp"

#include <algorithm>
#include <array>

namespace pintle::http {
namespace {

constexpr unsigned kMaxSizeDigits = 8;
// Source: Go net/http/internal chunked.go allows 16 bytes of overhead a chunk; we bound the sum.
constexpr std::size_t kMaxOverheadBytes = 16 * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

}  // namespace

ChunkDecoder::State ChunkDecoder::feed(std::string_view input, std::string& body, std::size_t room,
                                       std::size_t& used) {
  used = 0;
  while (!ended_ && used < input.size()) {
    if (step_ != Step::kData) {
      if (!step(input[used])) {
        return State::kFault;
      }
      ++used;
      continue;
    }
    if (body.size() >= room) {
      return State::kMore;
    }
    const auto wanted = std::min<std::uint64_t>(size_, room - body.size());
    const auto part = input.substr(used, static_cast<std::size_t>(wanted));
    body.append(part);
    used += part.size();
    size_ -= part.size();
    if (size_ == 0) {
      step_ = Step::kDataCr;
    }
  }
  return ended_ ? State::kEnd : State::kMore;
}

bool ChunkDecoder::step(char c) {
  switch (step_) {
    case Step::kSize:
      return step_size(c);
    case Step::kExtension:
      if (c == '\r') {
        step_ = Step::kSizeEnd;
        return true;
      }
      return !is_control(c) && ++overhead_ <= kMaxOverheadBytes;
    case Step::kSizeEnd:
      begin_chunk();
      return c == '\n';
    case Step::kDataCr:
      step_ = Step::kDataEnd;
      return c == '\r';
    case Step::kDataEnd:
      step_ = Step::kSize;
      return c == '\n';
    case Step::kTrailer:
      return step_trailer(c);
    case Step::kTrailerEnd:
      ended_ = line_is_empty_;
      line_is_empty_ = true;
      step_ = Step::kTrailer;
      return c == '\n';
    case Step::kData:
      break;
  }
  return false;
}

bool ChunkDecoder::step_size(char c) {
  const int value = hex_value(c);
  if (value >= 0) {
    size_ = size_ * 16 + static_cast<unsigned>(value);
    return ++digits_ <= kMaxSizeDigits;
  }
  if (digits_ == 0) {
    return false;
  }
  if (c == ';') {
    step_ = Step::kExtension;
    return true;
  }
  step_ = Step::kSizeEnd;
  return c == '\r';
}

bool ChunkDecoder::step_trailer(char c) {
  if (c == '\r') {
    step_ = Step::kTrailerEnd;
    return true;
  }
  line_is_empty_ = false;
  return !is_control(c) && ++overhead_ <= kMaxOverheadBytes;
}

void ChunkDecoder::begin_chunk() {
  step_ = size_ == 0 ? Step::kTrailer : Step::kData;
  announced_ += size_;
  digits_ = 0;
}

void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) {
    return;
  }
  std::array<char, 16> digits{};
  std::size_t at = digits.size();
  for (std::size_t rest = data.size(); rest != 0; rest /= 16) {
    digits[--at] = "0123456789abcdef"[rest % 16];
  }
  out.append(digits.data() + at, digits.size() - at);
  out += "\r\n";
  out += data;
  out += "\r\n";
}

}  // namespace pintle::http
