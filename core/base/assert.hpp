// PINTLE_ASSERT: what only our own bug can break. It stays on in release.

#pragma once

namespace pintle {

/// Prints the broken claim with its place and aborts; the store recovers from any such stop.
[[noreturn]] void assertion_failed(const char* claim, const char* file, int line) noexcept;

}  // namespace pintle

#define PINTLE_ASSERT(claim) \
  ((claim) ? static_cast<void>(0) : ::pintle::assertion_failed(#claim, __FILE__, __LINE__))
