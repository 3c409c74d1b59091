// Where a broken invariant ends the process.

#include "core/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace pintle {

void assertion_failed(const char* claim, const char* file, int line) noexcept {
  std::fprintf(stderr, "pintle: broken invariant: %s (%s:%d)\n", claim, file, line);
  std::abort();
}

}  // namespace pintle
