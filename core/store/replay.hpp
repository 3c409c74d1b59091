// Replay: builds the maps and the bus's tail from the log, as a start does.

#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/log_file.hpp"
#include "core/store/maps.hpp"
#include "core/store/store.hpp"

namespace pintle::store {

struct Replayed {
  Maps maps;
  std::vector<Event> tail;  // Those after LogFile::floor(), in revision order.
  Revision last = 0;
};

/// Reads the whole log. Lifting is the slow part; it is shared with a second thread.
/// Errors: LogFile::read's; kInvalid where the log contradicts itself; `lift`'s.
Result<Replayed> replay(LogFile& file, const Lift& lift);

}  // namespace pintle::store
