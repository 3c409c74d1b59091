// Writes to a store until it is killed, and notes in a ledger what was acknowledged.
//
// store_writer DIRECTORY LEDGER SEED [STEP]: creates, updates and deletes objects at random from
// four threads. Prints "ready" once the store is open. With STEP it kills itself before that write
// or sync of any file, counted from its start.

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <random>
#include <string>
#include <sys/syscall.h>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "core/bus/bus.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/faults/ledger.hpp"
#include "tests/support/stores.hpp"

namespace {

std::atomic<long> steps_left{-1};

void take_step() {
  if (--steps_left == 0) {
    ::kill(::getpid(), SIGKILL);
  }
}

}  // namespace

// Called by SQLite in place of libc's, because the program's own symbols come first.
extern "C" {
__attribute__((visibility("default"))) int fdatasync(int descriptor) {
  take_step();
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
__attribute__((visibility("default"))) int fsync(int descriptor) {
  take_step();
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
__attribute__((visibility("default"))) ssize_t pwrite64(int descriptor, const void* data,
                                                        size_t size, off64_t at) {
  take_step();
  return ::syscall(SYS_pwrite64, descriptor, data, size, at);
}
}

namespace pintle {
namespace {

constexpr unsigned kThreads = 4;
constexpr unsigned kNames = 200;  // Of each thread's own, so that its ledger lines are in order.

store::Write next_write(store::Store& store, const Key& key, std::mt19937& random) {
  const auto latest = store.latest(key);
  const std::string text(random() % 4000, static_cast<char>('a' + random() % 26));
  if (latest == nullptr) {
    return test::creation(key, text);
  }
  return random() % 4 == 0 ? test::deletion(key, latest->revision())
                           : test::update(key, latest->revision(), text);
}

void write_for_ever(store::Store& store, const test::LedgerWriter& ledger, unsigned thread,
                    unsigned seed) {
  std::mt19937 random(seed + thread);
  for (;;) {
    const Key key{"things", "default",
                  std::to_string(thread) + "-" + std::to_string(random() % kNames)};
    auto write = next_write(store, key, random);
    const bool deletes = write.type == store::Write::Type::kDelete;
    const auto object = test::commit(store, std::move(write));
    PINTLE_ASSERT(object.ok());
    ledger.write(*object.value(), deletes);
  }
}

int run(const char* directory, const char* ledger_path, unsigned seed) {
  bus::Bus bus;
  const auto store = store::open_sqlite({.directory = directory, .history_revisions = 2'000}, bus,
                                        test::lift, null_log());
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return 1;
  }
  const test::LedgerWriter ledger(ledger_path);
  std::puts("ready");
  std::fflush(stdout);
  std::vector<std::jthread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] { write_for_ever(*store.value(), ledger, thread, seed); });
  }
  return 0;  // Never reached: the threads are joined first.
}

}  // namespace
}  // namespace pintle

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5) {
    std::fprintf(stderr, "usage: store_writer DIRECTORY LEDGER SEED [STEP]\n");
    return 2;
  }
  if (argc == 5) {
    steps_left = std::strtol(argv[4], nullptr, 10);
  }
  return pintle::run(argv[1], argv[2], static_cast<unsigned>(std::strtoul(argv[3], nullptr, 10)));
}
