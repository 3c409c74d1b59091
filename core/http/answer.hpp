// Answers: heads of responses as bytes, and the Status bodies of the engine's own refusals.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/gate/exchange.hpp"

namespace pintle::http {

/// "Not Found"; "" for a number without a name.
std::string_view status_text(int status);

/// How the response's body and the connection go on.
struct AnswerForm {
  bool is_chunked = false;
  std::optional<std::uint64_t> length;
  bool keeps_alive = true;
  bool is_http_1_0 = false;  // What the client speaks.
};

/// Appends the head of `response`, up to and with its empty line. Control characters in values
/// become spaces: nothing a handler puts there can begin another header.
void append_head(std::string& out, const gate::Response& response, const AnswerForm& form,
                 std::string_view date);

/// A Status of the engine's own: framing faults, limits, a handler that threw.
gate::Response refusal(int status, std::string_view message);

/// Whether a response with this status has a body at all.
bool has_body(int status);

}  // namespace pintle::http
