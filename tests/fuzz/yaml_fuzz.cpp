// YAML from outside: what is taken is JSON, and YAML made of it reads back as the same.

#include <cstdint>

#include "core/base/assert.hpp"
#include "core/object/yaml.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto documents = pintle::parse_yaml({reinterpret_cast<const char*>(data), size});
  if (!documents.ok()) {
    return 0;
  }
  for (const auto& document : documents.value()) {
    const std::string json = pintle::to_json(document.value);
    PINTLE_ASSERT(pintle::parse_json(json).ok());

    // yaml-cpp reads no deeper than this; JSON may be deeper.
    const auto again = pintle::parse_yaml_document(pintle::to_yaml(document.value));
    PINTLE_ASSERT(again.ok());
    PINTLE_ASSERT(pintle::to_json(again.value().value) == json);
  }
  return 0;
}
