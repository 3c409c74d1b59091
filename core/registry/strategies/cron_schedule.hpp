// Cron schedules: the five fields, and "@daily" and its kin.
//
// Source: robfig/cron v3 ParseStandard, whose messages Kubernetes hands on.

#pragma once

#include <string>
#include <string_view>

namespace pintle::registry {

/// Why `schedule` is none, in the words of robfig/cron; "" if it is one.
std::string fault_of_schedule(std::string_view schedule);

/// True for a name of the IANA time zone database, as this machine has it.
bool is_time_zone(std::string_view name);

}  // namespace pintle::registry
