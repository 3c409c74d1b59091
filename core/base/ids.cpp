// Random bytes come from getrandom(2), in blocks, so that a create costs no system call of its own.

#include "core/base/ids.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <sys/random.h>

#include "core/base/assert.hpp"

namespace pintle {
namespace {

class RandomBytes {
 public:
  std::uint8_t next() {
    if (used_ == block_.size()) {
      refill();
    }
    return block_[used_++];
  }

 private:
  void refill() {
    std::size_t filled = 0;
    while (filled < block_.size()) {
      const auto got = ::getrandom(block_.data() + filled, block_.size() - filled, 0);
      PINTLE_ASSERT(got > 0);
      filled += static_cast<std::size_t>(got);
    }
    used_ = 0;
  }

  std::array<std::uint8_t, 256> block_{};
  std::size_t used_ = block_.size();
};

RandomBytes& random_bytes() {
  thread_local RandomBytes bytes;
  return bytes;
}

}  // namespace

std::string make_uuid() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int i = 0; i < 16; ++i) {
    std::uint8_t byte = random_bytes().next();
    if (i == 6) {
      byte = static_cast<std::uint8_t>((byte & 0x0f) | 0x40);
    }
    if (i == 8) {
      byte = static_cast<std::uint8_t>((byte & 0x3f) | 0x80);
    }
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text += '-';
    }
    text += kHex[byte >> 4];
    text += kHex[byte & 0x0f];
  }
  return text;
}

std::string make_name_suffix(std::size_t length) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  while (text.size() < length) {
    // Bytes past the last whole multiple of the alphabet are thrown away: no letter is favoured.
    const std::uint8_t byte = random_bytes().next();
    if (byte < 256 / kAlphabet.size() * kAlphabet.size()) {
      text += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return text;
}

}  // namespace pintle
