// Protobuf in: the binary form in which typed clients send built-in kinds, read by the tables.
//
// Source: apimachinery runtime/serializer/protobuf: "k8s\0", then a runtime.Unknown.

#pragma once

#include <string_view>

#include "core/api/catalog.hpp"
#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

inline constexpr std::string_view kProtobuf = "application/vnd.kubernetes.protobuf";

/// The object in `body`, with its kind and apiVersion, in `storage`. Fields that the tables do not
/// know are left out, as in Kubernetes.
/// Errors: kBadRequest for what is no such message, or of a kind that is not served.
Result<Json> decode_protobuf(const Catalog& catalog, std::string_view body,
                             const JsonStorage& storage = {});

}  // namespace pintle::api
