// The well-formed sequences of Unicode's table 3-7.

#include "core/object/utf8.hpp"

namespace pintle {
namespace {

bool in_range(std::string_view text, std::size_t at, unsigned low, unsigned high) {
  if (at >= text.size()) {
    return false;
  }
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte >= low && byte <= high;
}

}  // namespace

std::size_t utf8_sequence_size(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xc2 && lead <= 0xdf) {
    return in_range(text, at + 1, 0x80, 0xbf) ? 2 : 0;
  }
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return in_range(text, at + 1, low, high) && in_range(text, at + 2, 0x80, 0xbf) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return in_range(text, at + 1, low, high) && in_range(text, at + 2, 0x80, 0xbf) &&
                   in_range(text, at + 3, 0x80, 0xbf)
               ? 4
               : 0;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_sequence_size(text, at);
    if (size == 0) {
      return false;
    }
    at += size;
  }
  return true;
}

}  // namespace pintle
