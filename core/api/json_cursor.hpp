// JsonCursor: goes once over JSON that the server wrote itself, and makes no tree of it.

#pragma once

#include <string>
#include <string_view>

#include "core/base/assert.hpp"

namespace pintle::api {

/// Meant for committed bytes, which have no blanks: what is no JSON is a fault of ours and ends the
/// process.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : rest_(text) {}

  /// The first character of the next value or punctuation, which is not taken.
  char peek() const {
    PINTLE_ASSERT(!rest_.empty());
    return rest_[0];
  }
  /// Takes `c` if it comes next.
  bool take(char c) {
    if (peek() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  /// Takes `c`. REQUIRES: it comes next.
  void expect(char c) { PINTLE_ASSERT(take(c)); }

  /// Between the members of an object or the items of an array, after its opening bracket was
  /// taken: true if another comes, false once `closing` was taken.
  bool next(char closing) {
    if (take(closing)) {
      return false;
    }
    take(',');
    return true;
  }

  /// A string without its quotes, escapes as they are.
  std::string_view raw_string();
  /// Any value as it stands.
  std::string_view raw_value();
  /// A number, true, false or null as it stands.
  std::string_view word();

 private:
  std::string_view rest_;
};

/// Appends a raw string's text.
void append_unescaped(std::string& out, std::string_view raw);

}  // namespace pintle::api
