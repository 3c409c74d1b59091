// Protobuf, as typed clients speak it: bodies read into the same trees that JSON gives, and the
// API's JSON written as the same messages.
//
// Source: Kubernetes' protobuf encoding (the "k8s" prefix and runtime.Unknown around each object,
// meta WatchEvent around each event); field numbers are in the tables.

#pragma once

#include <string>
#include <string_view>

#include "core/api/catalog.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

constexpr std::string_view kProtobuf = "application/vnd.kubernetes.protobuf";

/// The object in `body`, apiVersion and kind included. Its kind need not be the path's: DELETE
/// brings DeleteOptions, a binding brings Binding.
/// Errors: kBadRequest where it is malformed or of no kind that we know.
Result<Json> decode_protobuf(const Catalog& catalog, std::string_view body,
                             const JsonStorage& storage = {});

/// Appends `json`, one object with its apiVersion and kind, as a whole document. False, and nothing
/// is appended, where its kind has no protobuf form (Table) or is no built-in one.
/// REQUIRES: json is an object as the server writes it; it was checked when it came in.
bool append_protobuf(std::string& out, std::string_view json);

/// The same for an object of `resource`, whose type need not be looked up.
void append_protobuf(std::string& out, const Resource& resource, std::string_view json);

/// The type called `name` ("meta/v1.Status") of the built-in ones; null where there is none.
const Type* find_builtin_type(std::string_view name);

/// The fields of `json` as a message of `type`, without an envelope.
void append_protobuf_message(std::string& out, const Type& type, std::string_view json);

/// What stands around a message in a document. With it a list can be written while it is sent: its
/// size must be known beforehand, but not its bytes.
void append_protobuf_head(std::string& out, std::string_view api_version, std::string_view kind,
                          std::size_t message_bytes);
void append_protobuf_tail(std::string& out);

/// The tag and size before an item of `message_bytes` in a list's `items`.
void append_protobuf_item_head(std::string& out, std::size_t message_bytes);

/// One frame of a watch: its length, and a meta WatchEvent with `document` in it.
void append_protobuf_frame(std::string& out, std::string_view event_type,
                           std::string_view document);

}  // namespace pintle::api
