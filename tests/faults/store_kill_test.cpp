// kill -9 during writes, with the ledger outside: nothing acknowledged is lost (D-01).
//
// SEED=n repeats a run; LONG=1 makes a thousand rounds of it.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "core/bus/bus.hpp"
#include "core/store/sqlite_store.hpp"
#include "tests/faults/ledger.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle {
namespace {

constexpr std::size_t kWriters = 4;  // Threads of store_writer.
// More than a round writes; less than all rounds do, so that trimming is killed too.
constexpr std::size_t kHistory = 2'000;

unsigned from_environment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

struct KilledStore {
  test::TempDirectory temp;
  std::filesystem::path directory = temp.path() / "data";
  std::filesystem::path ledger_path = temp.path() / "ledger";
  unsigned seed = from_environment("SEED", std::random_device{}());
  std::mt19937 random{seed};
  // How it was left after the last round.
  Revision newest = 1;
  std::map<std::string, std::string> objects;  // JSON by name.
  std::size_t acknowledged = 0;

  KilledStore() { BOOST_TEST_MESSAGE("SEED=" << seed); }

  /// Starts a writer, which kills itself at `step` unless that is empty.
  pid_t start_writer(const std::string& step, int output) {
    const std::string seed_text = std::to_string(random());
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(output, STDOUT_FILENO);
      ::execl(PINTLE_STORE_WRITER, PINTLE_STORE_WRITER, directory.c_str(), ledger_path.c_str(),
              seed_text.c_str(), step.empty() ? nullptr : step.c_str(), nullptr);
      ::_exit(127);
    }
    return child;
  }

  static void expect_killed(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    BOOST_REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
  }

  /// Starts a writer and kills it at a random time after it is ready.
  void write_and_kill() {
    int ready[2];
    BOOST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t child = start_writer("", ready[1]);
    ::close(ready[1]);
    char byte = 0;
    const bool is_ready = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    // The moment of death is what is tried here, not waited for.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 150'000));
    ::kill(child, SIGKILL);
    expect_killed(child);
    BOOST_REQUIRE(is_ready);
  }

  /// The events of this round, and what they make of the objects known before it.
  std::map<Revision, Event> replay_round(bus::Bus& bus) {
    auto cursor = bus.subscribe("things", newest);
    BOOST_REQUIRE_MESSAGE(cursor.ok(), "the history is too short for a round");
    std::vector<Event> events;
    BOOST_TEST(cursor.value().poll(events, 1'000'000).ok());
    std::map<Revision, Event> round;
    for (const auto& event : events) {
      round.emplace(event.revision(), event);
      if (event.type == Event::Type::kDeleted) {
        objects.erase(event.object->name());
      } else {
        objects[event.object->name()] = event.object->json();
      }
    }
    BOOST_TEST(round.size() == events.size());
    return round;
  }

  /// Whatever was acknowledged is there, and whatever is there was acknowledged, but for the writes
  /// that were under way.
  void check_round(const std::map<Revision, Event>& round) {
    const auto ledger = test::read_ledger(ledger_path);
    std::size_t acked = 0;
    for (auto line = ledger.upper_bound(newest); line != ledger.end(); ++line, ++acked) {
      const auto event = round.find(line->first);
      BOOST_REQUIRE_MESSAGE(event != round.end(),
                            "lost: " << line->second.name << " at revision " << line->first);
      const bool deleted = event->second.type == Event::Type::kDeleted;
      BOOST_TEST(
          (deleted == line->second.deleted && event->second.object->json() == line->second.json));
    }
    BOOST_TEST(round.size() - acked <= kWriters);
    acknowledged += acked;
  }

  void check_objects(const store::Store& store) const {
    const auto snapshot = store.list("things");
    BOOST_TEST(snapshot.size() == objects.size());
    for (const auto& [name, json] : objects) {
      const auto found = snapshot.find("default", name);
      BOOST_TEST((found != nullptr && found->json() == json), name << " is not as it was");
    }
  }

  void check() {
    bus::Bus bus;
    auto opened = store::open_sqlite({.directory = directory, .history_revisions = kHistory}, bus,
                                     test::lift, null_log());
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message));
    auto& store = *opened.value();
    check_round(replay_round(bus));
    check_objects(store);

    const Revision before = store.revision();
    const auto created = test::commit(
        store, test::creation({"things", "default", "after-" + std::to_string(before)}));
    newest = created.value()->revision();
    BOOST_TEST(newest > before);
    objects[created.value()->name()] = created.value()->json();
  }
};

BOOST_FIXTURE_TEST_SUITE(a_store_killed_while_writing, KilledStore)

BOOST_AUTO_TEST_CASE(has_lost_nothing_it_acknowledged) {  // P-01, P-03, D-01
  const unsigned rounds = from_environment("LONG", 0) != 0 ? 1'000 : 15;
  for (unsigned round = 0; round < rounds; ++round) {
    write_and_kill();
    check();
  }

  BOOST_TEST(acknowledged > rounds);
}

BOOST_AUTO_TEST_CASE(has_lost_nothing_at_any_step_of_its_making_and_writing) {  // D-01
  const unsigned steps = from_environment("LONG", 0) != 0 ? 1'000 : 60;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  for (unsigned step = 1; step <= steps; ++step) {
    std::filesystem::remove_all(directory);
    std::filesystem::remove(ledger_path);
    newest = 1;
    objects.clear();

    expect_killed(start_writer(std::to_string(step), nowhere));
    check();
  }
  ::close(nowhere);

  BOOST_TEST(acknowledged > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
