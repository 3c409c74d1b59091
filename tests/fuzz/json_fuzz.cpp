// JSON from outside: what is taken comes back as the same, for ever.

#include <cstdint>

#include "core/base/assert.hpp"
#include "core/object/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = pintle::parse_json({reinterpret_cast<const char*>(data), size});
  if (!first.ok()) {
    return 0;
  }
  const std::string text = pintle::to_json(first.value().value);
  const auto second = pintle::parse_json(text);

  PINTLE_ASSERT(second.ok());
  PINTLE_ASSERT(second.value().duplicates.empty());
  PINTLE_ASSERT(pintle::to_json(second.value().value) == text);
  return 0;
}
