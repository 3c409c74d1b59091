// Status: what a ReplicaSet tells about its pods.
//
// Source: pkg/controller/replicaset/replica_set_utils.go.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/object/json.hpp"
#include "core/sdk/object.hpp"

namespace pintle::controller_replica_set {

/// What went wrong while pods were made or deleted.
struct ManageFault {
  std::int64_t missing = 0;  // Pods that were wanted and not there; negative where too many were.
  std::string message;
};

struct StatusInput {
  sdk::ObjectHandle owner;
  const std::vector<sdk::ObjectHandle>& pods;  // Active and owned.
  std::optional<ManageFault> fault;
  WallTime now;
};

/// The status that `input.owner` should have.
Json status_of(const StatusInput& input);

/// Whether `status`, all but the order of its members, is what `owner` has.
bool has_status(const sdk::ObjectHandle& owner, const Json& status);

/// When the next of `pods` that is ready has been so for long enough; nothing where none waits.
std::optional<WallTime> next_available_at(const std::vector<sdk::ObjectHandle>& pods,
                                          std::chrono::seconds least, WallTime now);

}  // namespace pintle::controller_replica_set
