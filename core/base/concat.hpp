// concat: builds a string from pieces with one allocation; g++ 12 has no <format>.

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace pintle {

/// The pieces, one after the other. Numbers go through std::to_string first.
inline std::string concat(std::initializer_list<std::string_view> pieces) {
  std::size_t size = 0;
  for (const auto piece : pieces) {
    size += piece.size();
  }
  std::string text;
  text.reserve(size);
  for (const auto piece : pieces) {
    text += piece;
  }
  return text;
}

}  // namespace pintle
