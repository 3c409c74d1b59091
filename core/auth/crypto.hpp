// Keyed digests and random bytes: how this room remembers credentials without keeping them.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pintle::auth {

/// `size` random bytes. Ends the process where the system has none to give.
std::string random_bytes(std::size_t size);

std::string sha256(std::string_view text);
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Equal? In a time that tells neither lengths nor the first difference.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace pintle::auth
