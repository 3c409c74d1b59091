// JsonCursor: goes once over JSON that the server wrote itself, and makes no tree of it.

#pragma once

#include <string>
#include <string_view>

namespace pintle::api {

/// Meant for committed bytes: what is no JSON is a fault of ours and ends the process.
class JsonCursor {
 public:
  explicit JsonCursor(std::string_view text) : rest_(text) {}

  /// The first character of the next value or punctuation, which is not taken.
  char peek();
  /// Takes `c` if it comes next.
  bool take(char c);
  /// Takes `c`. REQUIRES: it comes next.
  void expect(char c);

  /// Between the members of an object or the items of an array, after its opening bracket was
  /// taken: true if another comes, false once `closing` was taken.
  bool next(char closing);

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
