// run: from a parsed command line to an exit code.

#pragma once

#include "core/daemon/flags.hpp"

namespace pintle::daemon {

/// Runs the command; servers run until a signal.
int run(const CommandLine& line);

}  // namespace pintle::daemon
