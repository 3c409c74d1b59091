// The machine: its name, its address, and what a process must set before it starts threads.

#pragma once

#include <string>

#include "core/base/result.hpp"

namespace pintle::daemon {

/// Lower case, as a node's name.
std::string host_name();

/// The IPv4 address of the interface that the default route leaves by; the first that is no
/// loopback where there is no such route; "127.0.0.1" where there is none at all.
std::string primary_address();

/// Blocks SIGTERM and SIGINT in this thread and those it starts, and ignores SIGPIPE.
/// REQUIRES: called before any thread is started.
void take_signals();

/// Waits for SIGTERM or SIGINT. The signal's number.
int wait_for_signal();

/// Raises the limit on open files to the hard limit.
void raise_file_limit();

/// Tells systemd "READY=1", "STOPPING=1", ... if it asked (NOTIFY_SOCKET); else does nothing.
/// Source: sd_notify(3); 40 lines instead of a library.
void notify_service_manager(const std::string& state);

}  // namespace pintle::daemon
