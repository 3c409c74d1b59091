// The conversions there are: one function a version that is served and not stored.

#pragma once

#include "core/registry/versions.hpp"

namespace pintle::registry {

/// autoscaling/v1 HorizontalPodAutoscaler; stored as autoscaling/v2.
const Conversion& autoscaler_v1_conversion();

/// events.k8s.io/v1 Event; stored as v1.
const Conversion& event_conversion();

}  // namespace pintle::registry
