// The files that say who may come in: users with passwords, and tokens; read anew when they change.

#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/auth/files.hpp"
#include "core/auth/identity.hpp"
#include "core/auth/users.hpp"
#include "core/base/log.hpp"
#include "core/base/result.hpp"

namespace pintle::auth {

struct UserTable {
  std::unordered_map<std::string, User> by_name;
  std::string any_hash;  // A hash of the file's kind; empty if all passwords are plain.
};

struct TokenTable {
  std::unordered_map<std::string, Identity> by_digest;  // Of the token, keyed by the process.
};

/// What a file is read as. Errors: kInvalid naming file, line and mend.
Result<UserTable> parse_user_table(const FileText& read, const std::filesystem::path& file);
Result<TokenTable> parse_token_table(const FileText& read, const std::filesystem::path& file,
                                     const std::string& digest_key);

/// Leaves system:masters out of the file's groups, with a warning.
void strip_masters(UserTable& table, const std::filesystem::path& file, Log& log);
void strip_masters(TokenTable& table, const std::filesystem::path& file, Log& log);

/// A file's current meaning. A bad new version keeps the old one and says so, once.
/// Threads: every method may be called from any thread.
template <typename Table>
class WatchedFile {
 public:
  using Parse = std::function<Result<Table>(const FileText&)>;

  WatchedFile(std::filesystem::path file, Parse parse, Log& log)
      : file_(std::move(file)), parse_(std::move(parse)), log_(log) {}

  /// Errors: as reading and parsing have them.
  Result<void> load() {
    PINTLE_TRY(const FileText read, read_file(file_));
    const std::lock_guard lock(mutex_);
    stamp_ = read.stamp;
    PINTLE_TRY(Table table, parse_(read));
    warn_of_readers(read.mode);
    table_ = std::make_shared<const Table>(std::move(table));
    return {};
  }

  /// True if there is a new version now.
  bool reload() {
    const auto stamp = stamp_of(file_);
    {
      const std::lock_guard lock(mutex_);
      if (stamp == stamp_) {
        return false;
      }
      stamp_ = stamp;  // Also of a bad or missing one: it is complained about once.
    }
    if (const auto loaded = load(); !loaded.ok()) {
      log_.error("kept the old credentials: the file can't be used",
                 {{"file", file_.string()}, {"why", loaded.error().message}});
      return false;
    }
    log_.info("read the credentials again", {{"file", file_.string()}});
    return true;
  }

  std::shared_ptr<const Table> table() const {
    const std::lock_guard lock(mutex_);
    return table_;
  }

 private:
  void warn_of_readers(mode_t mode) const {
    if ((mode & 077) != 0) {
      log_.warning("others can read this file of credentials",
                   {{"file", file_.string()},
                    {"mode", mode_text(mode)},
                    {"mend", "chmod 600 " + file_.string()}});
    }
  }

  const std::filesystem::path file_;
  const Parse parse_;
  Log& log_;
  mutable std::mutex mutex_;
  std::optional<FileStamp> stamp_;      // Guarded by mutex_.
  std::shared_ptr<const Table> table_;  // Guarded by mutex_.
};

}  // namespace pintle::auth
