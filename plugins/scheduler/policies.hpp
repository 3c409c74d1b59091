// Policies: the tables that other plugins offer, as the engine's profiles.

#pragma once

#include "core/sdk/host.hpp"
#include "core/sdk/pintle_plugin.h"
#include "plugins/scheduler/engine.hpp"

namespace pintle::scheduler {

/// The policy behind `table`; calls `self`'s functions for as long as it is used.
Policy policy_of(const sdk::Host& host, const pintle_scheduling_policy_table& table, void* self);

}  // namespace pintle::scheduler
