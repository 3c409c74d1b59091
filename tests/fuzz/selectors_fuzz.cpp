// Label and field selectors: any text is parsed or refused, and what was parsed can be asked.

#include <cstdint>

#include "core/object/selector.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pintle::TextPairs kLabels = {{"app", "web"}, {"size", "5"}};
  static const pintle::Object kPod(
      {"pods", "default", "web-0"}, 1,
      {"{", "\"a\":1}", 0, "u", kLabels, {{"status.phase", "Running"}}});
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto labels = pintle::parse_label_selector(text);
  if (labels.ok()) {
    static_cast<void>(labels.value().matches(kLabels));
  }
  const auto fields = pintle::parse_field_selector(text);
  if (fields.ok()) {
    static_cast<void>(fields.value().matches(kPod));
  }
  return 0;
}
