// A full disk: writes are refused, reads go on, and room makes all well again (D-05).

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "core/bus/bus.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle {
namespace {

constexpr int kNoNamespace = 77;

std::unique_ptr<store::Store> open_at(const std::filesystem::path& directory, bus::Bus& bus) {
  auto opened = store::open_sqlite({.directory = directory}, bus, test::lift, null_log());
  return opened.ok() ? std::move(opened).value() : nullptr;
}

/// Creates objects until one is refused; returns how many were not.
std::size_t fill(store::Store& store, std::size_t from, Error& refused) {
  for (std::size_t i = from;; ++i) {
    const auto result = test::commit(
        store, test::creation({"things", "", std::to_string(i)}, std::string(20'000, 'x')));
    if (!result.ok()) {
      refused = result.error();
      return i;
    }
  }
}

/// Runs on a disk of 4 MiB. The number of the step that went wrong; 0 if none did.
int fill_the_disk(const std::filesystem::path& disk) {
  std::ofstream(disk / "ballast") << std::string(1'000'000, 'x');
  auto bus = std::make_unique<bus::Bus>();
  auto store = open_at(disk / "data", *bus);
  if (store == nullptr) {
    return 1;
  }
  Error refused;
  const std::size_t before = fill(*store, 0, refused);
  if (refused.code != Code::kServiceUnavailable || !store->unready().has_value()) {
    return 2;
  }
  if (store->list("things").size() != before || store->latest({"things", "", "0"}) == nullptr ||
      store->latest({"things", "", std::to_string(before)}) != nullptr) {
    return 3;
  }
  const Revision last = store->revision();

  std::filesystem::remove(disk / "ballast");
  const std::size_t after = fill(*store, before, refused);
  if (after <= before || store->revision() <= last || store->list("things").size() != after) {
    return 4;
  }

  store.reset();
  bus = std::make_unique<bus::Bus>();
  store = open_at(disk / "data", *bus);
  return store != nullptr && store->list("things").size() == after ? 0 : 5;
}

BOOST_AUTO_TEST_SUITE(a_full_disk)

BOOST_AUTO_TEST_CASE(refuses_writes_until_there_is_room) {
  const test::TempDirectory disk;

  const pid_t child = ::fork();
  if (child == 0) {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("tmpfs", disk.path().c_str(), "tmpfs", 0, "size=4m") == 0;
    ::_exit(mounted ? fill_the_disk(disk.path()) : kNoNamespace);
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  BOOST_REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNoNamespace) {
    BOOST_TEST_MESSAGE("skipped: mounting a small disk takes root");
    return;
  }
  BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
