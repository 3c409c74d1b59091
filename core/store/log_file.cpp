// LogFile: SQLite, opened, checked, appended to and trimmed.

#include "core/store/log_file.hpp"

#include <array>
#include <cstring>
#include <sqlite3.h>

#include "core/base/concat.hpp"
#include "core/store/directory.hpp"

namespace pintle::store {
namespace {

constexpr std::int64_t kApplicationId = 0x506e746c;  // "Pntl", in the file's header.
constexpr std::int64_t kFormat = 1;                  // PRAGMA user_version.

// How long a person's own program may hold the file locked before writes are refused.
constexpr int kBusyMilliseconds = 5000;

// page_size: three 2 KB objects fit into 8 KiB, but one into 4 KiB, and a log only appends.
// synchronous=FULL syncs the WAL at each commit. locking_mode stays NORMAL: people may look into
// the file, and back it up, while we run. The cache is small because every object is in memory
// anyway.
constexpr const char* kPragmas =
    "PRAGMA page_size = 8192;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA cache_size = -2048;"
    "PRAGMA temp_store = MEMORY;";

// The WAL is folded in every 16 MiB and then written over, so that its size, and with it the file
// system's own journal, rests.
constexpr int kFoldPages = 2048;

constexpr const char* kSchema =
    "CREATE TABLE resource(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE log(revision INTEGER PRIMARY KEY, previous INTEGER NOT NULL,"
    "  type INTEGER NOT NULL, resource INTEGER NOT NULL, ns TEXT NOT NULL, name TEXT NOT NULL,"
    "  checksum INTEGER NOT NULL, value TEXT NOT NULL);"
    "CREATE TABLE trimmed(floor INTEGER NOT NULL);"
    "CREATE VIEW current AS SELECT resource.name AS resource, log.ns, log.name, log.revision,"
    "  log.value FROM log JOIN resource ON resource.id = log.resource"
    "  WHERE log.type != 2 AND log.revision NOT IN (SELECT previous FROM log);";

std::string_view text_of(sqlite3_stmt* row, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  const int size = sqlite3_column_bytes(row, column);
  return text == nullptr ? std::string_view()
                         : std::string_view(text, static_cast<std::size_t>(size));
}

int bind_text(sqlite3_stmt* statement, int place, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  return sqlite3_bind_text64(statement, place, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

int bind_number(sqlite3_stmt* statement, int place, std::uint64_t number) {
  return sqlite3_bind_int64(statement, place, static_cast<sqlite3_int64>(number));
}

/// Runs a statement that gives no rows, and makes it ready for the next time.
int finish(sqlite3_stmt* statement) {
  const int done = sqlite3_step(statement);
  const int reset = sqlite3_reset(statement);
  return done == SQLITE_DONE ? SQLITE_OK : (reset != SQLITE_OK ? reset : SQLITE_ERROR);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
  return hash ^ (hash >> 29);
}

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  hash = mix(hash, text.size());
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(text.size(), sizeof(word));
    std::memcpy(&word, text.data(), size);
    hash = mix(hash, word);
    text.remove_prefix(size);
  }
  return hash;
}

/// Finds what a disk or a stray editor did to a row. Against chance, not against an adversary.
std::uint64_t checksum_of(const LogRow& row) {
  std::uint64_t hash = mix(row.revision, row.previous);
  hash = mix(hash, static_cast<std::uint64_t>(row.type));
  hash = mix(hash, row.resource);
  hash = mix(hash, row.ns);
  hash = mix(hash, row.name);
  return mix(hash, row.value);
}

int note_wal_pages(void* noted, sqlite3* /*database*/, const char* /*name*/, int pages) {
  *static_cast<int*>(noted) = pages;
  return SQLITE_OK;
}

LogRow row_of(const Event& event) {
  const Object& object = *event.object;
  return {.revision = object.revision(),
          .previous = event.previous == nullptr ? 0 : event.previous->revision(),
          .type = event.type,
          .resource = object.resource(),
          .ns = object.ns(),
          .name = object.name(),
          .value = object.json()};
}

}  // namespace

void LogFile::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}
void LogFile::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

LogFile::LogFile(std::filesystem::path path) : path_(std::move(path)) {}

LogFile::~LogFile() = default;

Result<std::unique_ptr<LogFile>> LogFile::open(const std::filesystem::path& path) {
  PINTLE_TRY_STATUS(make_private_file(path));
  std::unique_ptr<LogFile> file(new LogFile(path));
  PINTLE_TRY_STATUS(file->start());
  PINTLE_TRY_STATUS(sync_directory(path.parent_path()));
  return file;
}

Result<void> LogFile::start() {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path_.c_str(), &opened, flags, nullptr);
  database_.reset(opened);
  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  if (code != SQLITE_OK || run(kPragmas) != SQLITE_OK) {
    return failure("open");
  }
  // In place of SQLite's own checkpoint at a commit, which hides a failed fsync. See fold().
  sqlite3_wal_hook(opened, note_wal_pages, &wal_pages_);
  PINTLE_TRY_STATUS(check_format());
  PINTLE_TRY_STATUS(load_resources());
  PINTLE_TRY(const std::int64_t floor, number("SELECT floor FROM trimmed"));
  floor_ = static_cast<Revision>(floor);

  PINTLE_TRY(begin_, prepare("BEGIN IMMEDIATE"));
  PINTLE_TRY(commit_, prepare("COMMIT"));
  PINTLE_TRY(insert_, prepare("INSERT INTO log VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  PINTLE_TRY(trim_replaced_, prepare("DELETE FROM log WHERE revision IN (SELECT previous FROM log"
                                     " WHERE revision > ?1 AND revision <= ?2 AND previous != 0)"));
  PINTLE_TRY(trim_deletions_, prepare("DELETE FROM log WHERE revision > ?1 AND revision <= ?2"
                                      " AND type = 2"));
  PINTLE_TRY(trim_floor_, prepare("UPDATE trimmed SET floor = ?2 WHERE floor = ?1"));
  return {};
}

Result<void> LogFile::check_format() {
  PINTLE_TRY(const std::int64_t application, number("PRAGMA application_id"));
  PINTLE_TRY(const std::int64_t format, number("PRAGMA user_version"));
  PINTLE_TRY(const std::int64_t tables, number("SELECT count(*) FROM sqlite_master"));
  if (application == 0 && format == 0 && tables == 0) {
    return make_schema();
  }
  if (application != kApplicationId) {
    return Error(
        Code::kInvalid,
        concat({path_.native(), " is a database of another program: give another --data-dir"}));
  }
  if (format != kFormat) {
    return Error(Code::kInvalid,
                 concat({path_.native(), " has store format ", std::to_string(format),
                         ", and this program knows ", std::to_string(kFormat),
                         ": start the newer pintle that wrote it"}));
  }
  return {};
}

Result<void> LogFile::make_schema() {
  // Revision 1 is the empty store, so that a first list has a resourceVersion that is not 0.
  const std::string sql =
      concat({"BEGIN IMMEDIATE;", kSchema, "INSERT INTO trimmed VALUES(1);",
              "PRAGMA application_id = ", std::to_string(kApplicationId), ";",
              "PRAGMA user_version = ", std::to_string(kFormat), ";", "COMMIT;"});
  if (run(sql.c_str()) != SQLITE_OK) {
    return failure("make");
  }
  return {};
}

Result<void> LogFile::load_resources() {
  resource_ids_.clear();
  PINTLE_TRY(const Statement rows, prepare("SELECT name, id FROM resource"));
  int code = sqlite3_step(rows.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
    resource_ids_.emplace(text_of(rows.get(), 0), sqlite3_column_int64(rows.get(), 1));
  }
  if (code != SQLITE_DONE) {
    return failure("read");
  }
  return {};
}

Result<LogFile::Statement> LogFile::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK) {
    return failure("read");
  }
  return Statement(statement);
}

Result<std::int64_t> LogFile::number(const char* sql) {
  PINTLE_TRY(const Statement row, prepare(sql));
  if (sqlite3_step(row.get()) != SQLITE_ROW) {
    return failure("read");
  }
  return std::int64_t{sqlite3_column_int64(row.get(), 0)};
}

int LogFile::run(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
}

Result<void> LogFile::read(const std::function<Result<void>(const LogRow&)>& visit) {
  std::map<std::int64_t, std::string_view> resources;
  for (const auto& [name, id] : resource_ids_) {
    resources.emplace(id, name);
  }
  PINTLE_TRY(const Statement rows,
             prepare("SELECT revision, previous, type, resource, ns, name, value, checksum"
                     " FROM log ORDER BY revision"));
  LogRow row;
  int code = sqlite3_step(rows.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
    row.revision = static_cast<Revision>(sqlite3_column_int64(rows.get(), 0));
    row.previous = static_cast<Revision>(sqlite3_column_int64(rows.get(), 1));
    row.type = static_cast<Event::Type>(sqlite3_column_int(rows.get(), 2));
    row.resource = resources[sqlite3_column_int64(rows.get(), 3)];
    row.ns = text_of(rows.get(), 4);
    row.name = text_of(rows.get(), 5);
    row.value = text_of(rows.get(), 6);
    const auto checksum = static_cast<std::uint64_t>(sqlite3_column_int64(rows.get(), 7));
    if (checksum != checksum_of(row)) {
      const auto key =
          to_text(Key{std::string(row.resource), std::string(row.ns), std::string(row.name)});
      return corrupted(concat({key, " at revision ", std::to_string(row.revision)}),
                       "its checksum is wrong");
    }
    PINTLE_TRY_STATUS(visit(row));
  }
  if (code != SQLITE_DONE) {
    return corrupted(concat({"what follows revision ", std::to_string(row.revision)}),
                     sqlite3_errmsg(database_.get()));
  }
  return {};
}

Result<void> LogFile::append(std::span<const Event> events, Revision new_floor) {
  const int code = append_in_transaction(events, new_floor);
  if (code == SQLITE_OK) {
    floor_ = std::max(floor_, new_floor);
    return {};
  }
  const Error error = failure("write");
  if (error.code != Code::kServiceUnavailable) {
    return error;
  }
  // SQLite may have rolled back by itself; then there is nothing to roll back any more.
  if (sqlite3_get_autocommit(database_.get()) == 0 && run("ROLLBACK") != SQLITE_OK) {
    return Error(Code::kInternalError, failure("roll back").message);
  }
  PINTLE_TRY_STATUS(load_resources());
  return error;
}

Result<void> LogFile::fold() {
  if (wal_pages_ < kFoldPages) {
    return {};
  }
  wal_pages_ = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  // With a full disk or a reader in its way the WAL grows until a later time.
  const int primary = code & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_BUSY || primary == SQLITE_FULL) {
    return {};
  }
  return Error(Code::kInternalError, failure("fold the log of").message);
}

int LogFile::append_in_transaction(std::span<const Event> events, Revision new_floor) {
  if (const int code = finish(begin_.get()); code != SQLITE_OK) {
    return code;
  }
  for (const auto& event : events) {
    if (const int code = insert(event); code != SQLITE_OK) {
      return code;
    }
  }
  if (new_floor > floor_) {
    if (const int code = trim(new_floor); code != SQLITE_OK) {
      return code;
    }
  }
  return finish(commit_.get());
}

int LogFile::insert(const Event& event) {
  const LogRow row = row_of(event);
  std::int64_t resource = 0;
  if (const int code = resource_id(event.object->resource(), resource); code != SQLITE_OK) {
    return code;
  }
  sqlite3_stmt* const statement = insert_.get();
  const std::array codes = {
      bind_number(statement, 1, row.revision),
      bind_number(statement, 2, row.previous),
      bind_number(statement, 3, static_cast<std::uint64_t>(row.type)),
      sqlite3_bind_int64(statement, 4, resource),
      bind_text(statement, 5, row.ns),
      bind_text(statement, 6, row.name),
      bind_number(statement, 7, checksum_of(row)),
      bind_text(statement, 8, row.value),
  };
  for (const int code : codes) {
    if (code != SQLITE_OK) {
      return code;
    }
  }
  return finish(statement);
}

int LogFile::trim(Revision new_floor) {
  for (auto* statement : {trim_replaced_.get(), trim_deletions_.get(), trim_floor_.get()}) {
    bind_number(statement, 1, floor_);
    bind_number(statement, 2, new_floor);
    if (const int code = finish(statement); code != SQLITE_OK) {
      return code;
    }
  }
  return SQLITE_OK;
}

int LogFile::resource_id(const std::string& resource, std::int64_t& id) {
  if (const auto found = resource_ids_.find(resource); found != resource_ids_.end()) {
    id = found->second;
    return SQLITE_OK;
  }
  auto add = prepare("INSERT INTO resource(name) VALUES(?1)");
  if (!add.ok()) {
    return sqlite3_extended_errcode(database_.get());
  }
  bind_text(add.value().get(), 1, resource);
  if (const int code = finish(add.value().get()); code != SQLITE_OK) {
    return code;
  }
  id = sqlite3_last_insert_rowid(database_.get());
  resource_ids_.emplace(resource, id);
  return SQLITE_OK;
}

Error LogFile::failure(std::string_view doing) const {
  const int code = sqlite3_errcode(database_.get()) & 0xff;
  const std::string why = sqlite3_errmsg(database_.get());
  switch (code) {
    case SQLITE_FULL:
      return {Code::kServiceUnavailable,
              concat({"the disk of ", path_.native(), " is full: make room there"})};
    case SQLITE_BUSY:
      return {Code::kServiceUnavailable,
              concat({"another program holds ", path_.native(), " locked: end that one"})};
    case SQLITE_NOTADB:
      return {Code::kInvalid, concat({path_.native(),
                                      " is no Pintle store, but some other file:"
                                      " give another --data-dir"})};
    case SQLITE_CORRUPT:
      return corrupted("its structure", why);
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {Code::kForbidden, concat({"cannot ", doing, " ", path_.native(), ": ", why})};
    default:
      return {Code::kInternalError, concat({"cannot ", doing, " ", path_.native(), ": ", why})};
  }
}

Error LogFile::corrupted(std::string_view where, std::string_view why) const {
  return {Code::kInvalid,
          concat({path_.native(), " is corrupted: ", where, ": ", why,
                  "; put back a backup of it, or keep what can be read with: sqlite3 ",
                  path_.native(), " .recover"})};
}

}  // namespace pintle::store
