// Ownership: metadata.managedFields, kept on every write and asked on every apply.
//
// Source: apimachinery util/managedfields of v1.33: who gains and loses fields, how entries are
// sorted, merged and capped, and what conflicts say.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/catalog.hpp"
#include "core/base/result.hpp"
#include "core/object/json.hpp"

namespace pintle::api {

/// Who writes, as an entry of managedFields says it. Texts outlive the call they are given to.
struct FieldWriter {
  std::string_view manager;      // "kubectl-edit"; never empty.
  std::string_view api_version;  // Of the request.
  std::string_view subresource;  // "" for the object itself.
  std::string_view time;         // RFC 3339 seconds.
};

/// Sets next's managedFields to what they are once `writer` has made `next` of `live`: it owns what
/// it changed, and nobody else does. `live` is null on a create.
///
/// What `next` brings as managedFields is taken over where it is valid and the write is not of a
/// subresource; `[{}]` forgets all entries, and an object without any gets none on an update.
void track_update(const Type& type, const Json* live, Json& next, const FieldWriter& writer);

struct ApplyRequest {
  const Type& type;
  const Json* live = nullptr;  // Null where the object is made.
  const Json& config;          // As it was sent, checked by faults_of_applied.
  const FieldWriter& writer;
  bool force = false;
  /// Brings a merged object into the shape of its kind: decodes and defaults it.
  std::function<Result<void>(Json&)> settle = nullptr;
};

/// The object after `config` was applied, managedFields included, in `storage`.
/// Errors: kConflict with a cause FieldManagerConflict for each field that others own, unless
/// forced; what `settle` returns.
Result<Json> apply(const ApplyRequest& request, const JsonStorage& storage);

/// Whether two managedFields differ in their times at most.
bool same_but_for_times(const Json* a, const Json* b);

/// Where clients keep what they applied last, when they apply by themselves.
inline constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

}  // namespace pintle::api
