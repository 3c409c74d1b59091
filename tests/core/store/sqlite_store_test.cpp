// What the embedded store promises beyond every store: its file, its lock, its modes, its refusals.

#include "core/store/sqlite_store.hpp"

#include <csignal>
#include <fstream>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "tests/support/stores.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::store {
namespace {

using test::commit;
using test::creation;
using test::deletion;
using test::update;

const Key kWeb{"things", "default", "web"};

struct DataDirectory {
  test::TempDirectory temp;
  std::filesystem::path directory = temp.path() / "data";
  std::filesystem::path file = directory / "pintle.db";
  std::size_t history = 100'000;
  std::unique_ptr<bus::Bus> bus;
  std::unique_ptr<Store> store;

  Result<void> open() {
    store.reset();
    bus = std::make_unique<bus::Bus>();
    PINTLE_TRY(store, open_sqlite({.directory = directory, .history_revisions = history}, *bus,
                                  test::lift, null_log()));
    return {};
  }

  void fill() {
    BOOST_REQUIRE(open().ok());
    for (const char* name : {"a", "b", "c"}) {
      commit(*store, creation({"things", "default", name}, "some text")).value();
    }
    store.reset();
  }

  void sql(const char* text) const {
    sqlite3* database = nullptr;
    BOOST_REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    const int code = sqlite3_exec(database, text, nullptr, nullptr, nullptr);
    BOOST_TEST(code == SQLITE_OK, sqlite3_errmsg(database));
    sqlite3_close(database);
  }

  std::int64_t number(const char* text) const {
    sqlite3* database = nullptr;
    sqlite3_open(file.c_str(), &database);
    sqlite3_stmt* row = nullptr;
    sqlite3_prepare_v2(database, text, -1, &row, nullptr);
    BOOST_TEST(sqlite3_step(row) == SQLITE_ROW);
    const std::int64_t result = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(database);
    return result;
  }

  std::string refusal(Code wanted) {
    const auto opened = open();
    BOOST_REQUIRE(!opened.ok());
    BOOST_TEST((opened.error().code == wanted), opened.error().message);
    return opened.error().message;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found {};
  BOOST_TEST(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 0777U;
}

BOOST_FIXTURE_TEST_SUITE(a_data_directory, DataDirectory)

BOOST_AUTO_TEST_CASE(is_private_whatever_the_umask) {
  const mode_t before = ::umask(0);
  const auto opened = open();
  commit(*store, creation(kWeb)).value();
  ::umask(before);

  BOOST_REQUIRE(opened.ok());
  BOOST_TEST(mode_of(directory) == 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    BOOST_TEST(mode_of(entry.path()) == 0600U, entry.path());
  }
}

BOOST_AUTO_TEST_CASE(is_used_by_one_process_at_a_time) {
  BOOST_REQUIRE(open().ok());
  bus::Bus other;

  const auto second = open_sqlite({.directory = directory}, other, test::lift, null_log());

  BOOST_REQUIRE(!second.ok());
  BOOST_TEST((second.error().code == Code::kConflict));
  BOOST_TEST(contains(second.error().message, "process " + std::to_string(::getpid())));
  BOOST_TEST(contains(second.error().message, "--data-dir"));
}

BOOST_AUTO_TEST_CASE(that_is_a_file_is_refused) {
  std::ofstream(directory) << "x";

  BOOST_TEST(contains(refusal(Code::kForbidden), directory.string()));
}

BOOST_AUTO_TEST_CASE(with_a_file_of_another_kind_is_refused) {
  std::filesystem::create_directory(directory);
  std::ofstream(file) << std::string(8192, 'x');

  BOOST_TEST(contains(refusal(Code::kInvalid), "no Pintle store"));
}

BOOST_AUTO_TEST_CASE(with_a_database_of_another_program_is_refused) {
  std::filesystem::create_directory(directory);
  sql("CREATE TABLE theirs(x)");

  BOOST_TEST(contains(refusal(Code::kInvalid), "another program"));
}

BOOST_AUTO_TEST_CASE(of_a_newer_format_is_refused) {
  fill();
  sql("PRAGMA user_version = 2");

  BOOST_TEST(contains(refusal(Code::kInvalid), "store format 2, and this program knows 1"));
}

BOOST_AUTO_TEST_CASE(can_be_read_by_people) {
  fill();

  BOOST_TEST(number("SELECT count(*) FROM current WHERE resource = 'things'") == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_corrupted_store, DataDirectory)  // D-04

BOOST_AUTO_TEST_CASE(names_the_object_that_is_wrong) {
  fill();
  sql("UPDATE log SET value = replace(value, 'some', 'same') WHERE name = 'b'");

  const auto message = refusal(Code::kInvalid);

  BOOST_TEST(contains(message, "things/default/b at revision 3"));
  BOOST_TEST(contains(message, ".recover"));
}

BOOST_AUTO_TEST_CASE(notices_a_row_that_is_missing) {
  BOOST_REQUIRE(open().ok());
  const auto first = commit(*store, creation(kWeb)).value();
  commit(*store, update(kWeb, first->revision())).value();
  store.reset();
  sql("DELETE FROM log WHERE revision = 2");

  BOOST_TEST(contains(refusal(Code::kInvalid), "replaces revision 2, but 0 is there"));
}

BOOST_AUTO_TEST_CASE(is_refused_when_a_page_is_gone) {
  fill();
  const auto size = std::filesystem::file_size(file);
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(8192);
  out << std::string(size - 8192, '\0');
  out.close();

  BOOST_TEST(contains(refusal(Code::kInvalid), "corrupted"));
}

BOOST_AUTO_TEST_SUITE_END()

struct ShortHistory : DataDirectory {
  ShortHistory() { history = 100; }

  /// Creates one object and updates it until `last`.
  void write_until(Revision last) {
    BOOST_REQUIRE(open().ok());
    Revision now = commit(*store, creation(kWeb)).value()->revision();
    while (now < last) {
      now = commit(*store, update(kWeb, now)).value()->revision();
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(the_history, ShortHistory)

BOOST_AUTO_TEST_CASE(is_trimmed_and_still_resumes) {  // P-15
  write_until(1'000);
  BOOST_REQUIRE(open().ok());

  BOOST_TEST(number("SELECT count(*) FROM log") < 400);
  BOOST_TEST(!bus->subscribe("things", 500).ok());
  BOOST_TEST(bus->subscribe("things", 900).ok());
  BOOST_TEST(store->get(kWeb)->revision() == 1'000U);
}

BOOST_AUTO_TEST_CASE(keeps_what_lives_however_old) {
  BOOST_REQUIRE(open().ok());
  const Key old{"things", "default", "old"};
  const auto created = commit(*store, creation(old)).value();
  write_until(1'000);
  BOOST_REQUIRE(open().ok());

  BOOST_TEST(store->get(old)->revision() == created->revision());
}

BOOST_AUTO_TEST_CASE(forgets_deletions_but_not_their_revisions) {  // P-03
  history = 0;
  write_until(600);
  const auto deleted = commit(*store, deletion(kWeb, store->revision())).value();
  BOOST_REQUIRE(open().ok());

  BOOST_TEST(store->revision() == deleted->revision());
  BOOST_TEST(store->list("things").size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_write_error, DataDirectory)

BOOST_AUTO_TEST_CASE(ends_the_process_and_loses_nothing) {  // D-06
  BOOST_REQUIRE(open().ok());
  commit(*store, creation(kWeb, "kept")).value();
  store.reset();

  const pid_t child = ::fork();
  if (child == 0) {
    // EFBIG on the next growth of the WAL.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit cores{0, 0};
    ::setrlimit(RLIMIT_CORE, &cores);
    const rlimit limit{256 * 1024, 256 * 1024};
    static_cast<void>(open());
    ::setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < 10'000; ++i) {
      static_cast<void>(
          commit(*store, creation({"things", "", std::to_string(i)}, std::string(10'000, 'x'))));
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  BOOST_TEST((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
  BOOST_REQUIRE(open().ok());
  BOOST_TEST(store->get(kWeb) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::store
