// How a body is packed part by part, so that neither it nor its packed form is ever whole in
// memory, and no loop is held up.

#include "core/gate/compression.hpp"

#include <algorithm>
#include <utility>
#include <zlib.h>

#include "core/base/assert.hpp"

namespace pintle::gate {
namespace {

constexpr int kLevel = 1;             // Source: defaultGzipContentEncodingLevel.
constexpr int kGzipWindow = 15 + 16;  // The largest window, in gzip's frame.
constexpr int kMemoryLevel = 8;       // zlib's default.

/// A body that is there already, or its beginning and the stream of the rest.
class Source final : public Stream {
 public:
  Source(std::string beginning, std::unique_ptr<Stream> rest)
      : beginning_(std::move(beginning)), rest_(std::move(rest)) {}

  State pull(std::string& out, std::size_t budget) override {
    if (at_ < beginning_.size()) {
      const auto size = std::min(budget, beginning_.size() - at_);
      out.append(beginning_, at_, size);
      at_ += size;
      const bool ends = at_ == beginning_.size() && rest_ == nullptr;
      return ends ? State::kEnd : State::kMore;
    }
    std::string().swap(beginning_);
    at_ = 0;
    return rest_ == nullptr ? State::kEnd : rest_->pull(out, budget);
  }

  void set_waker(std::function<void()> waker) override {
    if (rest_ != nullptr) {
      rest_->set_waker(std::move(waker));
    }
  }

 private:
  std::string beginning_;
  std::size_t at_ = 0;
  std::unique_ptr<Stream> rest_;
};

class GzipStream final : public Stream {
 public:
  explicit GzipStream(std::unique_ptr<Stream> plain) : plain_(std::move(plain)) {
    const int made =
        deflateInit2(&zlib_, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY);
    PINTLE_ASSERT(made == Z_OK);  // It fails for want of memory only.
  }
  ~GzipStream() override { deflateEnd(&zlib_); }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  State pull(std::string& out, std::size_t budget) override {
    part_.clear();
    const auto state = plain_->pull(part_, budget);
    pack(out, state == State::kEnd ? Z_FINISH : Z_NO_FLUSH);
    return state;
  }

  void set_waker(std::function<void()> waker) override { plain_->set_waker(std::move(waker)); }

 private:
  void pack(std::string& out, int flush) {
    zlib_.next_in = reinterpret_cast<Bytef*>(part_.data());
    zlib_.avail_in = static_cast<uInt>(part_.size());
    int done = Z_OK;
    do {
      constexpr std::size_t kStep = 16 * 1024;
      const auto at = out.size();
      out.resize(at + kStep);
      zlib_.next_out = reinterpret_cast<Bytef*>(out.data() + at);
      zlib_.avail_out = kStep;
      done = deflate(&zlib_, flush);
      out.resize(at + kStep - zlib_.avail_out);
    } while (zlib_.avail_out == 0 && done == Z_OK);
    PINTLE_ASSERT(done == (flush == Z_FINISH ? Z_STREAM_END : Z_OK) || done == Z_BUF_ERROR);
  }

  std::unique_ptr<Stream> plain_;
  std::string part_;
  z_stream zlib_{};
};

std::string_view trim(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// Reads `stream` until it is known to be long. Null where all of it is in `beginning`. A stream
/// that has nothing yet is still being measured, and long.
std::unique_ptr<Stream> read_beginning(std::unique_ptr<Stream> stream, std::string& beginning) {
  auto state = Stream::State::kMore;
  bool grows = true;
  while (state == Stream::State::kMore && grows && beginning.size() <= kCompressedFrom) {
    const auto before = beginning.size();
    state = stream->pull(beginning, kCompressedFrom + 1 - before);
    grows = beginning.size() > before;
  }
  return state == Stream::State::kEnd ? nullptr : std::move(stream);
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    if (trim(accept_encoding.substr(0, comma)) == "gzip") {
      return true;
    }
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
  }
  return false;
}

void compress(Response& response) {
  std::string beginning;
  std::unique_ptr<Stream> rest;
  if (auto* stream = std::get_if<std::unique_ptr<Stream>>(&response.body)) {
    rest = read_beginning(std::move(*stream), beginning);
  } else {
    beginning = std::move(std::get<std::string>(response.body));
  }
  if (beginning.size() <= kCompressedFrom && rest == nullptr) {
    response.body = std::move(beginning);
    return;
  }
  response.headers.emplace_back("Content-Encoding", "gzip");
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.body =
      std::make_unique<GzipStream>(std::make_unique<Source>(std::move(beginning), std::move(rest)));
}

}  // namespace pintle::gate
