// The OpenAPI v2 document in gnostic's protobuf, which kubectl before 1.27 asks for.
//
// Written by hand: a dozen messages, only ever encoded. Source: gnostic openapiv2/OpenAPIv2.proto;
// each number here is a field number there.

#include "core/api/openapi.hpp"

namespace pintle::api {
namespace {

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
Message any_of(const Json& value) {
  Message message;
  message.text(2, to_json(value));
  return message;
}

Message named(std::string_view name, const Message& value) {
  Message message;
  message.text(1, name);
  message.message(2, value);
  return message;
}

void add_text(Message& message, unsigned field, const Json& object, std::string_view key) {
  if (const auto value = text_at(object, {key}); !value.empty()) {
    message.text(field, value);
  }
}

void add_extensions(Message& message, unsigned field, const Json& object) {
  for (const auto& member : object.get_object()) {
    if (std::string_view(member.key()).starts_with("x-")) {
      message.message(field, named(member.key(), any_of(member.value())));
    }
  }
}

Message schema_of(const Json& schema) {
  Message message;
  add_text(message, 1, schema, "$ref");
  add_text(message, 2, schema, "format");
  add_text(message, 4, schema, "description");
  for (const Json& name : array_at(schema, {"required"})) {
    message.text(19, name.get_string());
  }
  for (const Json& value : array_at(schema, {"enum"})) {
    message.message(20, any_of(value));
  }
  if (const Json* values = find_member(schema, "additionalProperties")) {
    Message item;
    item.message(1, schema_of(*values));
    message.message(21, item);
  }
  if (find_member(schema, "type") != nullptr) {
    Message type;
    add_text(type, 1, schema, "type");
    message.message(22, type);
  }
  if (const Json* items = find_member(schema, "items")) {
    Message item;
    item.message(1, schema_of(*items));
    message.message(23, item);
  }
  if (find_member(schema, "properties") != nullptr) {
    Message properties;
    for (const auto& property : object_at(schema, {"properties"})) {
      properties.message(1, named(property.key(), schema_of(property.value())));
    }
    message.message(25, properties);
  }
  add_extensions(message, 31, schema);
  return message;
}

/// ParametersItem over Parameter over NonBodyParameter over the query's or the path's own message,
/// whose later fields are numbered one apart.
Message parameter_of(const Json& parameter) {
  const bool in_path = text_at(parameter, {"in"}) == "path";
  Message inner;
  if (in_path) {
    inner.truth(1, true);
  }
  add_text(inner, 2, parameter, "in");
  add_text(inner, 3, parameter, "description");
  add_text(inner, 4, parameter, "name");
  add_text(inner, in_path ? 5 : 6, parameter, "type");
  if (find_member(parameter, "uniqueItems") != nullptr) {
    inner.truth(in_path ? 19 : 20, true);
  }
  Message non_body;
  non_body.message(in_path ? 4 : 3, inner);
  Message one;
  one.message(2, non_body);
  Message item;
  item.message(1, one);
  return item;
}

Message responses_of(const Json& operation) {
  Message responses;
  for (const auto& member : object_at(operation, {"responses"})) {
    Message response;
    add_text(response, 1, member.value(), "description");
    Message value;
    value.message(1, response);
    responses.message(1, named(member.key(), value));
  }
  return responses;
}

Message operation_of(const Json& operation) {
  Message message;
  add_text(message, 5, operation, "operationId");
  for (const Json& type : array_at(operation, {"consumes"})) {
    message.text(7, type.get_string());
  }
  for (const Json& parameter : array_at(operation, {"parameters"})) {
    message.message(8, parameter_of(parameter));
  }
  message.message(9, responses_of(operation));
  add_extensions(message, 13, operation);
  return message;
}

Message path_item_of(const Json& item) {
  Message message;
  constexpr std::pair<std::string_view, unsigned> kMethods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  for (const auto& [method, field] : kMethods) {
    if (const Json* operation = find_member(item, method)) {
      message.message(field, operation_of(*operation));
    }
  }
  for (const Json& parameter : array_at(item, {"parameters"})) {
    message.message(9, parameter_of(parameter));
  }
  return message;
}

}  // namespace

std::string to_gnostic(const Json& document) {
  Message info;
  add_text(info, 1, *find_member(document, "info"), "title");
  add_text(info, 2, *find_member(document, "info"), "version");
  Message paths;
  for (const auto& path : object_at(document, {"paths"})) {
    paths.message(2, named(path.key(), path_item_of(path.value())));
  }
  Message definitions;
  for (const auto& definition : object_at(document, {"definitions"})) {
    definitions.message(1, named(definition.key(), schema_of(definition.value())));
  }
  Message message;
  add_text(message, 1, document, "swagger");
  message.message(2, info);
  message.message(8, paths);
  message.message(9, definitions);
  return message.bytes();
}

}  // namespace pintle::api
