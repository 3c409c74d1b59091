// The OpenAPI v2 document in gnostic's protobuf, which kubectl before 1.27 asks for.
//
// Written by hand: a dozen messages, only ever encoded. Source: gnostic openapiv2/OpenAPIv2.proto;
// each number here is a field number there.

#include "core/api/openapi.hpp"
#include "core/api/openapi_message.hpp"

namespace pintle::api {
namespace {

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

Message body_parameter_of(const Json& parameter) {
  Message inner;
  add_text(inner, 2, parameter, "name");
  add_text(inner, 3, parameter, "in");
  if (find_member(parameter, "required") != nullptr) {
    inner.truth(4, true);
  }
  inner.message(5, schema_of(*find_member(parameter, "schema")));
  Message one;
  one.message(1, inner);
  Message item;
  item.message(1, one);
  return item;
}

/// ParametersItem over Parameter over NonBodyParameter over the query's or the path's own message,
/// whose later fields are numbered one apart.
Message parameter_of(const Json& parameter) {
  if (text_at(parameter, {"in"}) == "body") {
    return body_parameter_of(parameter);
  }
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
    if (const Json* schema = find_member(member.value(), "schema")) {
      Message item;
      item.message(1, schema_of(*schema));
      response.message(2, item);
    }
    Message value;
    value.message(1, response);
    responses.message(1, named(member.key(), value));
  }
  return responses;
}

Message operation_of(const Json& operation) {
  Message message;
  add_text(message, 5, operation, "operationId");
  for (const Json& medium : array_at(operation, {"produces"})) {
    message.text(6, medium.get_string());
  }
  for (const Json& medium : array_at(operation, {"consumes"})) {
    message.text(7, medium.get_string());
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
