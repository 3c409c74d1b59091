// The embedded store: one SQLite file, one committing thread, one fsync per group of writes.
//
// WAL, synchronous=FULL. Every waiting write goes into one transaction; when it is on disk the maps
// are published, the bus is fed, and each writer's `done` is called. Any I/O error while committing
// ends the process: after a failed fsync nobody can say what the disk holds.

#pragma once

#include <filesystem>
#include <memory>

#include "core/base/log.hpp"
#include "core/bus/bus.hpp"
#include "core/store/store.hpp"

namespace pintle::store {

struct SqliteOptions {
  std::filesystem::path directory;          // Made with mode 0700 where missing. Holds pintle.db.
  std::size_t history_revisions = 100'000;  // Kept in the log for watches that resume.
};

/// Opens or makes the store, loads everything into memory and restores the bus.
/// Errors: kConflict if another process has it open (named by pid); kInvalid if the file is no
/// Pintle store, of a newer format or corrupted, naming the file, the key and the way out;
/// kForbidden if it can't be read or written.
Result<std::unique_ptr<Store>> open_sqlite(const SqliteOptions& options, bus::Bus& bus,
                                           const Lift& lift, Log& log);

}  // namespace pintle::store
