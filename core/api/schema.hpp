// The schema engine: what the tables say about one object, applied to its JSON.
//
// The order on a create or update: decode (types, unknown fields) → defaults → strategy → admission
// → validate → serialise. Source: kube-apiserver's decoding, defaulting and declarative validation.

#pragma once

#include <string>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/object/json.hpp"
#include "core/object/object.hpp"

namespace pintle::api {

/// Checks that every value has its field's shape, drops unknown fields and nulls, and names them.
/// Errors: kBadRequest worded as Go's decoder ("json: cannot unmarshal string into Go struct field
/// Container.spec.containers.ports of type int32"-like, with the field's path), for wrong shapes
/// and integers out of range.
struct Decoded {
  std::vector<std::string> unknown_fields;  // Paths: "spec.containers[0].foo".
};
Result<Decoded> decode(const Type& type, Json& object);

/// Fills what the tables give a default for, in nested objects that are present.
void apply_defaults(const Type& type, Json& object);

/// Required fields, enums, list-map and set duplicates. Paths start at `path`.
void validate(const Type& type, const Json& object, const std::string& path,
              std::vector<Cause>& causes);

/// Appends causes for fields marked immutable that differ ("field is immutable").
void validate_immutable(const Type& type, const Json& next, const Json& current,
                        const std::string& path, std::vector<Cause>& causes);

/// Equal, where what is not there, null, {} and [] are all the same: a client need not send what
/// the server always shows.
bool same_but_for_empties(const Json* a, const Json* b);

/// The object in the tables' field order, with the hole for resourceVersion where Kubernetes writes
/// it, labels and selectable fields lifted. metadata.resourceVersion in `object` is ignored.
/// REQUIRES: object was decoded and has metadata.name.
Draft to_draft(const Resource& resource, const Json& object);

/// What to_draft lifts, for objects that come from the disk: their JSON may be in any order.
Result<Draft> lift(const Resource& resource, std::string_view json);

/// `patch` merged into `target` as kubectl's strategic merge: lists merge by key where the tables
/// say so; $patch, $retainKeys, $setElementOrder and $deleteFromPrimitiveList are honoured.
/// Errors: kBadRequest for a malformed directive; kInvalid where a list element lacks its merge
/// key.
Result<void> apply_strategic_merge(const Type& type, Json& target, const Json& patch);

}  // namespace pintle::api
