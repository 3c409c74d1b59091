// Pods as controllers see them: whether one counts, is ready, and since when.

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/sdk/object.hpp"

namespace pintle::sdk {

/// The entry of status.conditions whose type is `type`; nothing where there is none.
Value find_condition(const Value& object, std::string_view type);

/// Its containers have ended for good: phase Succeeded or Failed.
bool is_pod_finished(const Value& pod);

/// It is to go: metadata.deletionTimestamp is set.
bool is_terminating(const Value& object);

/// It counts for its controller: neither finished nor terminating.
/// Source: pkg/controller IsPodActive.
bool is_pod_active(const Value& pod);

bool is_pod_ready(const Value& pod);

/// When the pod turned ready; nothing where it is not ready or doesn't say.
std::optional<WallTime> pod_ready_since(const Value& pod);

/// Ready for at least `least`. Source: pkg/api/v1/pod IsPodAvailable.
bool is_pod_available(const Value& pod, std::chrono::seconds least, WallTime now);

}  // namespace pintle::sdk
