// Protobuf bodies: what can be read can be written, and comes back as it was written.

#include <cstdint>
#include <string>

#include "core/api/protobuf.hpp"
#include "core/base/assert.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const pintle::api::Catalog kCatalog;
  const auto object = pintle::api::decode_protobuf(
      kCatalog, std::string_view(reinterpret_cast<const char*>(data), size));
  if (!object.ok()) {
    return 0;
  }
  std::string once;
  PINTLE_ASSERT(pintle::api::append_protobuf(once, pintle::to_json(object.value())));
  const auto again = pintle::api::decode_protobuf(kCatalog, once);
  PINTLE_ASSERT(again.ok());
  return 0;
}
