// Quantities: the canonical text of any quantity is read as the same quantity.

#include <cstdint>

#include "core/base/assert.hpp"
#include "core/object/quantity.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto quantity = pintle::parse_quantity({reinterpret_cast<const char*>(data), size});
  if (!quantity.ok()) {
    return 0;
  }
  const std::string text = quantity.value().to_text();
  const auto again = pintle::parse_quantity(text);

  PINTLE_ASSERT(again.ok());
  PINTLE_ASSERT(again.value() == quantity.value());
  // "24062.5Ki" is "24640000", which, its format lost, is "24640k": canonical at the second try.
  const std::string settled = again.value().to_text();
  PINTLE_ASSERT(pintle::parse_quantity(settled).value().to_text() == settled);
  auto sum = again.value();
  sum += quantity.value();
  sum -= quantity.value();
  PINTLE_ASSERT(sum.units() <= quantity.value().units() || quantity.value().is_negative());
  return 0;
}
