// The OpenAPI v3 documents in gnostic's protobuf, which kubectl asks for since 1.27.
//
// Source: gnostic openapiv3/OpenAPIv3.proto; each number here is a field number there.

#include "core/api/openapi.hpp"
#include "core/api/openapi_message.hpp"

namespace pintle::api {
namespace {

Message schema_or_reference(const Json& schema);

/// A list of named messages, one for each member of `object`.
template <typename Write>
Message named_members(const JsonObject& object, const Write& write) {
  Message message;
  for (const auto& member : object) {
    message.message(1, named(member.key(), write(member.value())));
  }
  return message;
}

Message schema_of(const Json& schema) {
  Message message;
  for (const Json& name : array_at(schema, {"required"})) {
    message.text(23, name.get_string());
  }
  for (const Json& value : array_at(schema, {"enum"})) {
    message.message(24, any_of(value));
  }
  add_text(message, 25, schema, "type");
  for (const Json& part : array_at(schema, {"allOf"})) {
    message.message(26, schema_or_reference(part));
  }
  if (const Json* items = find_member(schema, "items")) {
    Message item;
    item.message(1, schema_or_reference(*items));
    message.message(30, item);
  }
  if (find_member(schema, "properties") != nullptr) {
    message.message(31, named_members(object_at(schema, {"properties"}), schema_or_reference));
  }
  if (const Json* values = find_member(schema, "additionalProperties")) {
    Message item;
    item.message(1, schema_or_reference(*values));
    message.message(32, item);
  }
  add_text(message, 34, schema, "description");
  add_text(message, 35, schema, "format");
  add_extensions(message, 36, schema);
  return message;
}

Message schema_or_reference(const Json& schema) {
  Message message;
  if (find_member(schema, "$ref") == nullptr) {
    message.message(1, schema_of(schema));
    return message;
  }
  Message reference;
  add_text(reference, 1, schema, "$ref");
  message.message(2, reference);
  return message;
}

/// MediaTypes {1 named MediaType {1 schema}}.
Message content_of(const Json& body) {
  return named_members(object_at(body, {"content"}), [](const Json& medium) {
    Message media_type;
    media_type.message(1, schema_or_reference(*find_member(medium, "schema")));
    return media_type;
  });
}

/// `inner` as the first of a message's two choices: itself, not a reference to it.
Message itself(const Message& inner) {
  Message message;
  message.message(1, inner);
  return message;
}

Message parameter_of(const Json& parameter) {
  Message inner;
  add_text(inner, 1, parameter, "name");
  add_text(inner, 2, parameter, "in");
  add_text(inner, 3, parameter, "description");
  if (find_member(parameter, "required") != nullptr) {
    inner.truth(4, true);
  }
  inner.message(10, schema_or_reference(*find_member(parameter, "schema")));
  return itself(inner);
}

Message body_of(const Json& body) {
  Message inner;
  inner.message(2, content_of(body));
  if (find_member(body, "required") != nullptr) {
    inner.truth(3, true);
  }
  return itself(inner);
}

Message responses_of(const Json& operation) {
  Message responses;
  for (const auto& member : object_at(operation, {"responses"})) {
    Message response;
    add_text(response, 1, member.value(), "description");
    if (find_member(member.value(), "content") != nullptr) {
      response.message(3, content_of(member.value()));
    }
    responses.message(2, named(member.key(), itself(response)));
  }
  return responses;
}

Message operation_of(const Json& operation) {
  Message message;
  add_text(message, 5, operation, "operationId");
  for (const Json& parameter : array_at(operation, {"parameters"})) {
    message.message(6, parameter_of(parameter));
  }
  if (const Json* body = find_member(operation, "requestBody")) {
    message.message(7, body_of(*body));
  }
  message.message(8, responses_of(operation));
  add_extensions(message, 13, operation);
  return message;
}

Message path_item_of(const Json& item) {
  Message message;
  constexpr std::pair<std::string_view, unsigned> kMethods[] = {
      {"get", 4}, {"put", 5}, {"post", 6}, {"delete", 7}, {"patch", 10}};
  for (const auto& [method, field] : kMethods) {
    if (const Json* operation = find_member(item, method)) {
      message.message(field, operation_of(*operation));
    }
  }
  for (const Json& parameter : array_at(item, {"parameters"})) {
    message.message(13, parameter_of(parameter));
  }
  return message;
}

}  // namespace

std::string to_gnostic_v3(const Json& document) {
  Message info;
  add_text(info, 1, *find_member(document, "info"), "title");
  add_text(info, 6, *find_member(document, "info"), "version");
  Message components;
  components.message(
      1, named_members(object_at(document, {"components", "schemas"}), schema_or_reference));
  Message message;
  add_text(message, 1, document, "openapi");
  message.message(2, info);
  message.message(4, named_members(object_at(document, {"paths"}), path_item_of));
  message.message(5, components);
  return message.bytes();
}

}  // namespace pintle::api
