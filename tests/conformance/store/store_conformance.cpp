// What every store promises. A new backend is a new factory in `Factories`.

#include <atomic>
#include <future>
#include <thread>
#include <tuple>

#include <boost/test/unit_test.hpp>

#include "core/bus/bus.hpp"
#include "core/store/sqlite_store.hpp"
#include "core/store/store.hpp"
#include "tests/support/stores.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::store {
namespace {

using test::commit;
using test::creation;
using test::deletion;
using test::update;

const Key kWeb{"things", "default", "web"};

/// A store that can be closed and opened again on the same data, with the bus it feeds.
class SqliteFactory {
 public:
  SqliteFactory() { open(); }

  void reopen() {
    store_.reset();
    bus_.reset();
    open();
  }

  Store& store() { return *store_; }
  bus::Bus& bus() { return *bus_; }

 private:
  void open() {
    bus_ = std::make_unique<bus::Bus>();
    auto opened =
        open_sqlite({.directory = directory_.path() / "data"}, *bus_, test::lift, null_log());
    BOOST_REQUIRE_MESSAGE(opened.ok(), (opened.ok() ? "" : opened.error().message));
    store_ = std::move(opened).value();
  }

  test::TempDirectory directory_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<Store> store_;
};

using Factories = std::tuple<SqliteFactory>;

Revision revision_of(const Result<ObjectPtr>& result) {
  BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
  return result.value()->revision();
}

Code code_of(const Result<ObjectPtr>& result) {
  BOOST_REQUIRE(!result.ok());
  return result.error().code;
}

std::vector<Event> drain(bus::Cursor& cursor) {
  std::vector<Event> events;
  BOOST_REQUIRE(cursor.poll(events, 1000).ok());
  return events;
}

std::vector<std::string> names_of(const Snapshot& snapshot) {
  std::vector<std::string> names;
  snapshot.scan_after("", "", [&names](const ObjectPtr& object) {
    names.push_back(object->ns() + "/" + object->name());
    return true;
  });
  return names;
}

BOOST_AUTO_TEST_SUITE(every_store)

BOOST_AUTO_TEST_CASE_TEMPLATE(starts_empty_at_a_revision_that_is_not_0, Factory, Factories) {
  Factory made;

  BOOST_TEST(made.store().revision() == 1U);
  BOOST_TEST(made.store().list("things").revision() == 1U);
  BOOST_TEST(made.store().list("things").size() == 0U);
  BOOST_TEST(made.store().get(kWeb) == nullptr);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gives_back_what_was_created_byte_for_byte, Factory,
                              Factories) {  // P-01
  Factory made;

  const auto created = commit(made.store(), creation(kWeb, "héllo"));

  const auto found = made.store().get(kWeb);
  BOOST_TEST(found == created.value());
  BOOST_TEST(found->json() == R"({"kind":"Thing","apiVersion":"v1","metadata":{)"
                              R"("resourceVersion":"2","name":"web","namespace":"default"},)"
                              R"("data":"héllo"})");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(numbers_commits_upwards, Factory, Factories) {  // P-03, P-04
  Factory made;

  const Revision first = revision_of(commit(made.store(), creation(kWeb)));
  const Revision second = revision_of(commit(made.store(), update(kWeb, first)));
  const Revision third = revision_of(commit(made.store(), deletion(kWeb, second)));

  BOOST_TEST(first < second);
  BOOST_TEST(second < third);
  BOOST_TEST(made.store().revision() == third);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(refuses_to_create_what_is_there, Factory, Factories) {  // P-06
  Factory made;
  commit(made.store(), creation(kWeb)).value();

  const auto again = commit(made.store(), creation(kWeb));

  BOOST_TEST((code_of(again) == Code::kAlreadyExists));
  BOOST_TEST(again.error().message == R"(things "web" already exists)");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(refuses_to_change_what_is_not_there, Factory, Factories) {
  Factory made;

  BOOST_TEST((code_of(commit(made.store(), update(kWeb, 1))) == Code::kNotFound));
  BOOST_TEST((code_of(commit(made.store(), deletion(kWeb, 1))) == Code::kNotFound));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(refuses_what_was_made_from_an_older_state, Factory,
                              Factories) {  // P-05
  Factory made;
  const Revision old = revision_of(commit(made.store(), creation(kWeb)));
  const Revision now = revision_of(commit(made.store(), update(kWeb, old)));

  BOOST_TEST((code_of(commit(made.store(), update(kWeb, old))) == Code::kConflict));
  BOOST_TEST((code_of(commit(made.store(), deletion(kWeb, old))) == Code::kConflict));
  BOOST_TEST(made.store().get(kWeb)->revision() == now);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(lets_one_of_many_racing_writers_win, Factory, Factories) {  // P-05
  Factory made;
  const Revision start = revision_of(commit(made.store(), creation(kWeb)));
  std::atomic<int> won{0};
  std::atomic<int> conflicts{0};
  std::vector<std::jthread> writers;
  for (int i = 0; i < 16; ++i) {
    writers.emplace_back([&] {
      const auto result = commit(made.store(), update(kWeb, start));
      won += result.ok() ? 1 : 0;
      conflicts += !result.ok() && result.error().code == Code::kConflict ? 1 : 0;
    });
  }
  writers.clear();

  BOOST_TEST(won == 1);
  BOOST_TEST(conflicts == 15);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(loses_no_update_of_many_writers, Factory, Factories) {  // P-02
  Factory made;
  commit(made.store(), creation(kWeb)).value();
  constexpr int kEach = 50;
  std::vector<std::jthread> writers;
  std::atomic<int> done{0};
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      for (int j = 0; j < kEach;) {
        const auto latest = made.store().latest(kWeb);
        const bool ok = commit(made.store(), update(kWeb, latest->revision())).ok();
        j += ok ? 1 : 0;
        done += ok ? 1 : 0;
      }
    });
  }
  writers.clear();

  BOOST_TEST(made.store().get(kWeb)->revision() == 2U + 4U * kEach);
  BOOST_TEST(made.store().figures().commits == 1U + 4U * kEach);
}

// T-P12.
BOOST_AUTO_TEST_CASE_TEMPLATE(refuses_objects_past_a_megabyte_and_a_half, Factory, Factories) {
  Factory made;

  const auto result = commit(made.store(), creation(kWeb, std::string(1536 * 1024, 'x')));

  BOOST_TEST((code_of(result) == Code::kRequestEntityTooLarge));
  BOOST_TEST(commit(made.store(), creation(kWeb, std::string(1500 * 1024, 'x'))).ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(lists_in_order_of_namespace_and_name, Factory, Factories) {
  Factory made;
  for (const Key& key : {Key{"things", "b", "a"}, Key{"things", "", "z"}, Key{"things", "a", "b"},
                         Key{"others", "a", "a"}, Key{"things", "a", "a"}}) {
    commit(made.store(), creation(key)).value();
  }

  const auto names = names_of(made.store().list("things"));

  BOOST_TEST(names == (std::vector<std::string>{"/z", "a/a", "a/b", "b/a"}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keeps_a_snapshot_as_it_was, Factory, Factories) {  // P-17
  Factory made;
  const Revision first = revision_of(commit(made.store(), creation(kWeb)));
  const auto before = made.store().list("things");

  const Revision last = revision_of(commit(made.store(), deletion(kWeb, first)));

  BOOST_TEST(before.find("default", "web")->revision() == first);
  BOOST_TEST(before.revision() == first);
  BOOST_TEST(made.store().list("things").size() == 0U);
  BOOST_TEST(made.store().list("things").revision() == last);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(tells_the_bus_what_changed, Factory, Factories) {  // P-20
  Factory made;
  auto cursor = made.bus().subscribe("things", 1).value();
  const auto created = commit(made.store(), creation(kWeb)).value();
  const auto updated = commit(made.store(), update(kWeb, created->revision())).value();
  const auto deleted = commit(made.store(), deletion(kWeb, updated->revision())).value();

  const auto events = drain(cursor);

  BOOST_REQUIRE(events.size() == 3U);
  BOOST_TEST((events[0].type == Event::Type::kAdded));
  BOOST_TEST(events[0].object == created);
  BOOST_TEST(events[0].previous == nullptr);
  BOOST_TEST((events[1].type == Event::Type::kModified));
  BOOST_TEST(events[1].object == updated);
  BOOST_TEST(events[1].previous == created);
  BOOST_TEST((events[2].type == Event::Type::kDeleted));
  BOOST_TEST(events[2].object == deleted);
  BOOST_TEST(events[2].previous == updated);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(watches_from_a_snapshot_miss_and_repeat_nothing, Factory,
                              Factories) {  // P-10, P-18
  Factory made;
  std::jthread writer([&made] {
    for (int i = 0; i < 300; ++i) {
      commit(made.store(), creation({"things", "default", "n" + std::to_string(i)})).value();
    }
  });

  std::size_t shown = 0;
  for (int i = 0; i < 20; ++i) {
    const auto snapshot = made.store().list("things");
    auto cursor = made.bus().subscribe("things", snapshot.revision()).value();
    std::this_thread::yield();
    auto later = made.store().list("things");
    while (made.bus().last() < later.revision()) {
      std::this_thread::yield();
    }
    const auto events = drain(cursor);
    shown += events.size();
    BOOST_REQUIRE(snapshot.size() + events.size() >= later.size());
    BOOST_REQUIRE((events.empty() || events.front().revision() == snapshot.revision() + 1));
  }
  writer.join();

  BOOST_TEST(made.store().list("things").size() == 300U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(calls_back_in_revision_order_after_publishing, Factory, Factories) {
  Factory made;
  std::vector<Revision> order;
  bool published = true;
  std::promise<void> all;
  for (int i = 0; i < 100; ++i) {
    made.store().commit(creation({"things", "", std::to_string(i)}), [&](Result<ObjectPtr> result) {
      const auto& object = result.value();
      order.push_back(object->revision());
      published = published && made.store().get(object->key()) == object &&
                  made.bus().last() >= object->revision();
      if (order.size() == 100) {
        all.set_value();
      }
    });
  }

  all.get_future().wait();

  BOOST_TEST(std::is_sorted(order.begin(), order.end()));
  BOOST_TEST(published);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(shows_pending_writes_to_the_next_writer_only, Factory, Factories) {
  Factory made;
  std::promise<void> reached;
  std::promise<void> go_on;
  made.store().commit(creation({"things", "", "first"}), [&](const Result<ObjectPtr>&) {
    reached.set_value();
    go_on.get_future().wait();
  });
  reached.get_future().wait();
  std::promise<void> second;
  // The committing thread stands still, so this one can't become durable.
  made.store().commit(creation(kWeb), [&](const Result<ObjectPtr>&) { second.set_value(); });

  const auto latest = made.store().latest(kWeb);
  const auto durable = made.store().get(kWeb);
  go_on.set_value();
  second.get_future().wait();

  BOOST_REQUIRE(latest != nullptr);
  BOOST_TEST(durable == nullptr);
  BOOST_TEST(made.store().get(kWeb) == latest);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pays_one_durable_transaction_for_all_that_wait, Factory, Factories) {
  Factory made;
  std::promise<void> reached;
  std::promise<void> go_on;
  made.store().commit(creation(kWeb), [&](const Result<ObjectPtr>&) {
    reached.set_value();
    go_on.get_future().wait();
  });
  reached.get_future().wait();
  std::promise<void> all;
  std::atomic<int> left{50};
  for (int i = 0; i < 50; ++i) {
    made.store().commit(creation({"things", "", std::to_string(i)}), [&](const Result<ObjectPtr>&) {
      if (--left == 0) {
        all.set_value();
      }
    });
  }

  go_on.set_value();
  all.get_future().wait();

  BOOST_TEST(made.store().figures().commit_groups == 2U);
  BOOST_TEST(made.store().figures().commits == 51U);
  BOOST_TEST(made.store().figures().objects == 51U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(holds_everything_after_a_restart, Factory, Factories) {  // P-01
  Factory made;
  const auto kept = commit(made.store(), creation(kWeb, "kept")).value();
  const Key gone{"things", "default", "gone"};
  commit(made.store(), deletion(gone, revision_of(commit(made.store(), creation(gone))))).value();
  const std::string bytes(kept->json());

  made.reopen();

  BOOST_TEST(made.store().get(kWeb)->json() == bytes);
  BOOST_TEST(made.store().get(gone) == nullptr);
  BOOST_TEST(made.store().figures().objects == 1U);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(never_uses_a_revision_twice, Factory, Factories) {  // P-03
  Factory made;
  const Revision first = revision_of(commit(made.store(), creation(kWeb)));
  const Revision last = revision_of(commit(made.store(), deletion(kWeb, first)));

  made.reopen();

  BOOST_TEST(made.store().revision() == last);
  BOOST_TEST(revision_of(commit(made.store(), creation(kWeb))) > last);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(lets_watches_resume_after_a_restart, Factory, Factories) {  // P-11
  Factory made;
  const Revision first = revision_of(commit(made.store(), creation(kWeb, "1")));
  const Revision second = revision_of(commit(made.store(), update(kWeb, first, "2")));
  const Revision third = revision_of(commit(made.store(), deletion(kWeb, second)));

  made.reopen();

  auto cursor = made.bus().subscribe("things", first).value();
  const auto events = drain(cursor);
  BOOST_REQUIRE(events.size() == 2U);
  BOOST_TEST(events[0].revision() == second);
  BOOST_TEST(events[0].previous->revision() == first);
  BOOST_TEST((events[1].type == Event::Type::kDeleted));
  BOOST_TEST(events[1].revision() == third);
  BOOST_TEST(cursor.seen() == third);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::store
