// Base 64: the standard alphabet with padding, and the URL alphabet without (as JWTs have it).

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pintle::auth {

std::string to_base64(std::string_view bytes);
std::string to_base64_url(std::string_view bytes);

/// Strict: padded, no white space, unused bits zero. Nothing where it is not that.
std::optional<std::string> parse_base64(std::string_view text);

/// Strict: no padding. Nothing where it is not that.
std::optional<std::string> parse_base64_url(std::string_view text);

}  // namespace pintle::auth
