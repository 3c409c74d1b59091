// Patches: a target and a patch, split by a NUL. Whatever was done to it, the result is JSON that
// can be read again.

#include <cstdint>

#include "core/base/assert.hpp"
#include "core/object/patch.hpp"

namespace {

void must_be_readable(const pintle::Json& value) {
  PINTLE_ASSERT(pintle::parse_json(pintle::to_json(value), {}, {.max_bytes = 1U << 30}).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto split = text.find('\0');
  if (split == std::string_view::npos) {
    return 0;
  }
  const auto target = pintle::parse_json(text.substr(0, split));
  const auto patch = pintle::parse_json(text.substr(split + 1));
  if (!target.ok() || !patch.ok()) {
    return 0;
  }
  pintle::Json patched = target.value().value;
  static_cast<void>(pintle::apply_json_patch(patched, patch.value().value));
  must_be_readable(patched);

  pintle::Json merged = target.value().value;
  pintle::apply_merge_patch(merged, patch.value().value);
  must_be_readable(merged);
  return 0;
}
