// LogFile: the log of commits as one SQLite file; what is on disk and how it gets there.
//
//   log(revision, previous, type, resource, ns, name, checksum, value)
//   resource(id, name)      resources by number, so that a row needs no text for it
//   trimmed(floor)          every commit after this revision is still in the log
//   current                 a view for people: the objects that live
//
// A commit only appends: what lives is what no later row replaced, so no second tree is written.
// `previous` is the revision a row replaces; once a row is older than the history that is kept,
// the row it replaced goes, and a deletion's own row too.
//
// Threads: by one at a time.

#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/object/object.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace pintle::store {

/// One row of the log. Texts are valid until the next row is read.
struct LogRow {
  Revision revision = 0;
  Revision previous = 0;
  Event::Type type = Event::Type::kAdded;
  std::string_view resource;
  std::string_view ns;
  std::string_view name;
  std::string_view value;
};

class LogFile {
 public:
  /// Errors: kInvalid if the file is none of ours, of a newer format or corrupted; kForbidden if it
  /// can't be opened.
  static Result<std::unique_ptr<LogFile>> open(const std::filesystem::path& path);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Every commit after this revision is in the log.
  Revision floor() const { return floor_; }

  /// Calls `visit` for each row in revision order, until it returns an error.
  /// Errors: kInvalid naming the key or revision where the file is corrupted; `visit`'s own.
  Result<void> read(const std::function<Result<void>(const LogRow&)>& visit);

  /// Appends a group and trims the history up to `new_floor`, in one durable transaction.
  /// `new_floor` not above floor() trims nothing. Errors: kServiceUnavailable if the disk is full
  /// or the file locked, and nothing was written; kInternalError if nobody can say what the disk
  /// now holds.
  Result<void> append(std::span<const Event> events, Revision new_floor);

  /// Moves the write-ahead log into the database once it is long: slow, so that writers are
  /// answered before. Errors: kInternalError if nobody can say what the disk now holds.
  Result<void> fold();

 private:
  explicit LogFile(std::filesystem::path path);

  struct Close {
    void operator()(sqlite3* database) const;
    void operator()(sqlite3_stmt* statement) const;
  };
  using Database = std::unique_ptr<sqlite3, Close>;
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  Result<void> start();
  Result<void> make_schema();
  Result<void> check_format();
  Result<void> load_resources();
  Result<Statement> prepare(const char* sql);
  Result<std::int64_t> number(const char* sql);
  int run(const char* sql);
  int append_in_transaction(std::span<const Event> events, Revision new_floor);
  int insert(const Event& event);
  int trim(Revision new_floor);
  int resource_id(const std::string& resource, std::int64_t& id);
  Error failure(std::string_view doing) const;
  Error corrupted(std::string_view where, std::string_view why) const;

  const std::filesystem::path path_;
  Database database_;
  Statement insert_;
  Statement begin_;
  Statement commit_;
  Statement trim_replaced_;
  Statement trim_deletions_;
  Statement trim_floor_;
  std::map<std::string, std::int64_t, std::less<>> resource_ids_;
  Revision floor_ = 0;
  int wal_pages_ = 0;  // After the last commit.
};

}  // namespace pintle::store
