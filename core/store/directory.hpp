// The data directory: made private, made durable, and held by one process at a time.

#pragma once

#include <filesystem>

#include "core/base/result.hpp"

namespace pintle::store {

/// A lock on a directory, held until destruction or the process's end, however that comes.
class DirectoryLock {
 public:
  /// Makes `directory` where missing, with mode 0700 whatever the umask, and locks it.
  /// Errors: kConflict if another process holds it, naming its pid; kForbidden if it can't be made
  /// or opened.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;  // -1 once moved from.
};

/// Makes `file` with mode 0600, whatever the umask, unless it is there.
/// Errors: kForbidden.
Result<void> make_private_file(const std::filesystem::path& file);

/// Makes the names in `directory` survive a power cut, as fsync of the files alone does not.
/// Errors: kForbidden.
Result<void> sync_directory(const std::filesystem::path& directory);

}  // namespace pintle::store
