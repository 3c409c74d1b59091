// UTF-8: where a character ends, and whether it is one at all.

#pragma once

#include <cstddef>
#include <string_view>

namespace pintle {

/// The bytes of the character that starts at `at`; 0 where no well-formed one does (overlong forms,
/// surrogates and what lies past U+10FFFF are not well-formed).
/// REQUIRES: at < text.size().
std::size_t utf8_sequence_size(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

}  // namespace pintle
