// Heads: the first part of a request or an answer, read strictly, and how its body is framed.
//
// No sockets here, so that a fuzzer can reach every line. What RFC 9112 lets a server forgive and
// what two servers could read differently is refused: bare LF, folded lines, a space before the
// colon, two lengths, a length beside chunks.
// Source: RFC 9110, RFC 9112.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/gate/exchange.hpp"

namespace pintle::http {

/// Why a message is refused: the HTTP status to answer with, and a message for a person.
struct Fault {
  int status = 400;
  std::string message;
};

struct HeadLimits {
  std::size_t max_head_bytes = 256 * 1024;
  std::size_t max_target_bytes = 16 * 1024;
  std::size_t max_header_count = 256;
};

/// How the body of a message ends.
struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> length;  // Of Content-Length.
};

struct RequestHead {
  std::string method;
  std::string target;  // In origin form, or "*".
  bool is_http_1_0 = false;
  bool keeps_alive = true;
  bool expects_continue = false;
  Framing framing;
  gate::Headers headers;
};

struct AnswerHead {
  int status = 0;
  Framing framing;
  gate::Headers headers;
};

/// Looks for the empty line that ends a head, over input that grows.
class HeadScanner {
 public:
  enum class State { kMore, kFound, kFault };

  /// `input` is all that came so far, from the head's first byte on. When found, size() is the
  /// head's length with its empty line.
  State scan(std::string_view input, const HeadLimits& limits);

  std::size_t size() const { return line_start_; }
  const Fault& fault() const { return fault_; }
  void reset() { *this = HeadScanner(); }

 private:
  State refuse(int status, std::string_view message);

  std::size_t line_start_ = 0;
  std::size_t scanned_ = 0;
  Fault fault_;
};

/// Parses what HeadScanner found. The fault, or nothing and `head` is filled.
std::optional<Fault> parse_request_head(std::string_view text, const HeadLimits& limits,
                                        RequestHead& head);
std::optional<Fault> parse_answer_head(std::string_view text, const HeadLimits& limits,
                                       AnswerHead& head);

bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Whether the comma-separated list in all `name` headers has `token`, in any case.
bool header_has_token(const gate::Headers& headers, std::string_view name, std::string_view token);

/// Whether `name` may be a header's or method's name.
bool is_token(std::string_view name);

}  // namespace pintle::http
