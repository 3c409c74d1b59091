// Apply: PATCH with application/apply-patch+yaml, a configuration whose fields are its applier's.

#pragma once

#include "core/registry/shared.hpp"
#include "core/registry/write.hpp"

namespace pintle::registry {

/// Makes the object where there is none. Called by patch().
void apply(Shared& shared, Operation operation, Reply reply);

constexpr std::string_view kApplyType = "application/apply-patch+yaml";

/// The workload after the job's body, a Scale, was applied to it: its replicas are the applier's.
/// `job` is about the workload's scale, `scale` is what Scale is as a kind.
Result<Json> apply_scale(WriteJob& job, const api::Resource& scale, const Json& workload,
                         const JsonStorage& storage);

}  // namespace pintle::registry
