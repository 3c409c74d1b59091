// Message: gnostic's messages written by hand; a dozen of each version, only ever encoded.

#pragma once

#include <string>
#include <string_view>

#include "core/object/json.hpp"

namespace pintle::api {

/// One message being written. Source: protobuf's wire format.
class Message {
 public:
  void text(unsigned field, std::string_view value) {
    varint(field << 3U | 2U);
    varint(value.size());
    bytes_ += value;
  }
  void message(unsigned field, const Message& value) { text(field, value.bytes_); }
  void truth(unsigned field, bool value) {
    varint(field << 3U);
    varint(value ? 1 : 0);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void varint(std::uint64_t value) {
    while (value >= 0x80U) {
      bytes_ += static_cast<char>(value | 0x80U);
      value >>= 7U;
    }
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// Any: JSON is YAML, which is what clients parse it as.
inline Message any_of(const Json& value) {
  Message message;
  message.text(2, to_json(value));
  return message;
}

inline Message named(std::string_view name, const Message& value) {
  Message message;
  message.text(1, name);
  message.message(2, value);
  return message;
}

inline void add_text(Message& message, unsigned field, const Json& object, std::string_view key) {
  if (const auto value = text_at(object, {key}); !value.empty()) {
    message.text(field, value);
  }
}

inline void add_extensions(Message& message, unsigned field, const Json& object) {
  for (const auto& member : object.get_object()) {
    if (std::string_view(member.key()).starts_with("x-")) {
      message.message(field, named(member.key(), any_of(member.value())));
    }
  }
}

}  // namespace pintle::api
