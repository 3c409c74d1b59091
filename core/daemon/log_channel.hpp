// The log's lines: Poco's Logger with one channel of ours, klog text or JSON. Poco's home for
// logging.

#pragma once

#include <memory>

#include "core/base/log.hpp"
#include "core/daemon/options.hpp"

namespace pintle::daemon {

/// A log that writes whole lines to standard error.
std::unique_ptr<Log> make_log(const LogOptions& options);

}  // namespace pintle::daemon
