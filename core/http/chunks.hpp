// Chunks: a body in Transfer-Encoding: chunked, taken apart byte by byte. No sockets here either.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pintle::http {

/// Source: RFC 9112 section 7.1. Extensions are skipped, trailers are read and dropped.
class ChunkDecoder {
 public:
  enum class State { kMore, kEnd, kFault };

  /// Takes what it can of `input`, appends the data in it to `body`, and says in `used` how much of
  /// the input it took: all of it, but for what follows the end of the body.
  /// It stops early, with kMore, once `body` holds `room` bytes or more.
  State feed(std::string_view input, std::string& body, std::size_t room, std::size_t& used);

  /// Bytes of data announced so far, arrived or not.
  std::uint64_t announced() const { return announced_; }

 private:
  enum class Step { kSize, kExtension, kSizeEnd, kData, kDataCr, kDataEnd, kTrailer, kTrailerEnd };

  bool step(char c);
  bool step_size(char c);
  bool step_trailer(char c);
  void begin_chunk();

  Step step_ = Step::kSize;
  std::uint64_t size_ = 0;  // Of the chunk, as far as read; then what is left of it.
  std::uint64_t announced_ = 0;
  unsigned digits_ = 0;
  std::size_t overhead_ = 0;   // Bytes of extensions and trailers: bounded.
  bool line_is_empty_ = true;  // Of the trailer line being read.
  bool ended_ = false;
};

/// Appends `data` to `out` as one chunk. Nothing for empty data: that would be the end.
void append_chunk(std::string& out, std::string_view data);

/// What ends a chunked body.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace pintle::http
