// What a watcher may rely on. Read the case names in order: they are the bus's contract.

#include "core/bus/bus.hpp"

#include <array>

#include <boost/test/unit_test.hpp>

#include "tests/support/objects.hpp"

namespace pintle::bus {
namespace {

Event added(Revision revision, const std::string& resource = "pods") {
  return {Event::Type::kAdded, test::object_of({resource, "default", "web"}, revision), nullptr};
}

Event modified(Revision revision, std::size_t bytes) {
  const Key key{"pods", "default", "web"};
  return {Event::Type::kModified, test::object_of(key, revision),
          test::object_of(key, revision - 1, std::string(bytes, 'x'))};
}

struct EmptyBus {
  Bus bus{{.events_per_resource = 3, .bytes_per_resource = 64 * 1024}};

  void append(const Event& event) { bus.append(std::array{event}); }

  Cursor watch(Revision after = 0, std::string_view resource = "pods") {
    auto cursor = bus.subscribe(resource, after);
    BOOST_REQUIRE(cursor.ok());
    return std::move(cursor).value();
  }
};

/// The revisions that a poll hands out.
std::vector<Revision> poll(Cursor& cursor, std::size_t max = 100) {
  std::vector<Event> events;
  const auto count = cursor.poll(events, max);
  BOOST_REQUIRE(count.ok());
  BOOST_TEST(count.value() == events.size());
  std::vector<Revision> revisions;
  for (const auto& event : events) {
    revisions.push_back(event.revision());
  }
  return revisions;
}

using Revisions = std::vector<Revision>;

BOOST_FIXTURE_TEST_SUITE(a_watch, EmptyBus)

BOOST_AUTO_TEST_CASE(sees_what_came_after_its_start_in_order) {  // P-08
  append(added(5));
  append(added(6));
  append(added(9));

  auto cursor = watch(5);

  BOOST_TEST(poll(cursor) == (Revisions{6, 9}));
}

BOOST_AUTO_TEST_CASE(sees_each_event_once) {  // P-09
  auto cursor = watch();
  append(added(2));

  BOOST_TEST(poll(cursor) == Revisions{2});
  BOOST_TEST(poll(cursor).empty());
}

BOOST_AUTO_TEST_CASE(takes_no_more_than_it_asked_for) {
  auto cursor = watch();
  bus.append(std::array{added(2), added(3), added(4)});

  BOOST_TEST(poll(cursor, 2) == (Revisions{2, 3}));
  BOOST_TEST(poll(cursor, 2) == Revisions{4});
}

BOOST_AUTO_TEST_CASE(sees_only_its_own_resource) {
  auto cursor = watch(0, "nodes");
  bus.append(std::array{added(2, "pods"), added(3, "nodes"), added(4, "pods")});

  BOOST_TEST(poll(cursor) == Revisions{3});
}

BOOST_AUTO_TEST_CASE(from_the_future_sees_nothing_until_then) {  // P-16
  auto cursor = watch(7);
  append(added(6));
  append(added(7));
  BOOST_TEST(poll(cursor).empty());

  append(added(8));

  BOOST_TEST(poll(cursor) == Revisions{8});
}

BOOST_AUTO_TEST_CASE(that_falls_behind_is_told_to_list_again) {  // P-15
  auto cursor = watch(1);
  for (Revision revision = 2; revision <= 5; ++revision) {
    append(added(revision));
  }

  std::vector<Event> events;
  const auto polled = cursor.poll(events, 10);

  BOOST_REQUIRE(!polled.ok());
  BOOST_TEST((polled.error().code == Code::kExpired));
  BOOST_TEST(polled.error().message == "too old resource version: 1 (2)");
}

BOOST_AUTO_TEST_CASE(that_just_keeps_up_loses_nothing) {
  auto cursor = watch(2);
  for (Revision revision = 2; revision <= 5; ++revision) {
    append(added(revision));
  }

  BOOST_TEST(poll(cursor) == (Revisions{3, 4, 5}));
}

BOOST_AUTO_TEST_CASE(expires_when_the_tail_holds_too_many_bytes) {
  auto cursor = watch(1);
  append(modified(3, 40 * 1024));
  append(modified(5, 40 * 1024));

  std::vector<Event> events;
  BOOST_TEST(!cursor.poll(events, 10).ok());
  auto later = watch(3);
  BOOST_TEST(poll(later) == Revisions{5});
}

BOOST_AUTO_TEST_CASE(from_before_the_log_is_told_to_list_again) {  // P-15
  Bus later({}, /*last=*/10);

  BOOST_TEST(!later.subscribe("pods", 9).ok());
  BOOST_TEST(later.subscribe("pods", 10).ok());
}

BOOST_AUTO_TEST_CASE(outlives_a_move) {
  auto cursor = watch();
  auto moved = std::move(cursor);
  append(added(2));

  BOOST_TEST(poll(moved) == Revisions{2});
}

BOOST_AUTO_TEST_SUITE_END()

struct SleepingWatch : EmptyBus {
  Cursor cursor = watch();
  int wakes = 0;

  SleepingWatch() {
    cursor.set_waker([this] { ++wakes; });
    poll(cursor);
  }
};

BOOST_FIXTURE_TEST_SUITE(a_sleeping_watch, SleepingWatch)

BOOST_AUTO_TEST_CASE(is_woken_once_until_it_sleeps_again) {
  append(added(2));
  append(added(3));
  BOOST_TEST(wakes == 1);

  poll(cursor);
  append(added(4));
  BOOST_TEST(wakes == 1);

  poll(cursor);
  BOOST_TEST(poll(cursor).empty());
  append(added(5));
  BOOST_TEST(wakes == 2);
}

BOOST_AUTO_TEST_CASE(is_woken_once_for_a_whole_group) {
  bus.append(std::array{added(2), added(3, "nodes"), added(4)});

  BOOST_TEST(wakes == 1);
}

BOOST_AUTO_TEST_CASE(is_not_woken_for_another_resource) {
  append(added(2, "nodes"));

  BOOST_TEST(wakes == 0);
}

BOOST_AUTO_TEST_CASE(that_ended_is_not_woken) {
  { const Cursor ends = std::move(cursor); }
  append(added(2));

  BOOST_TEST(wakes == 0);
}

BOOST_AUTO_TEST_CASE(that_ended_leaves_the_others_asleep) {
  int others = 0;
  std::vector<Cursor> cursors;
  for (int i = 0; i < 3; ++i) {
    cursors.push_back(watch());
    cursors.back().set_waker([&others] { ++others; });
    poll(cursors.back());
  }
  cursors.erase(cursors.begin() + 1);

  append(added(2));

  BOOST_TEST(others == 2);
  BOOST_TEST(wakes == 1);
}

BOOST_AUTO_TEST_CASE(costs_writers_of_other_resources_nothing) {  // B10
  std::vector<Cursor> idle;
  std::size_t woken = 0;
  for (int i = 0; i < 10'000; ++i) {
    idle.push_back(watch(0, "leases"));
    idle.back().set_waker([&woken] { ++woken; });
    poll(idle.back());
  }

  append(added(2));

  BOOST_TEST(woken == 0U);
  BOOST_TEST(wakes == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_bookmark, EmptyBus)

BOOST_AUTO_TEST_CASE(moves_on_with_other_resources) {  // P-13
  auto cursor = watch();
  append(added(2, "nodes"));

  BOOST_TEST(cursor.seen() == 2U);
}

BOOST_AUTO_TEST_CASE(promises_nothing_that_was_not_handed_out) {  // P-13
  auto cursor = watch();
  append(added(2));
  append(added(3, "nodes"));

  BOOST_TEST(cursor.seen() == 0U);
  poll(cursor);
  BOOST_TEST(cursor.seen() == 3U);
}

BOOST_AUTO_TEST_CASE(stands_at_the_last_event_of_a_partial_read) {
  auto cursor = watch();
  bus.append(std::array{added(2), added(3)});
  append(added(4, "nodes"));

  poll(cursor, 1);

  BOOST_TEST(cursor.seen() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_restored_bus)

BOOST_AUTO_TEST_CASE(resumes_watches_from_its_tail) {  // P-11
  Bus bus;
  bus.restore(std::array{added(5), added(6, "nodes"), added(8)}, /*oldest_known=*/4, /*last=*/9);

  auto cursor = bus.subscribe("pods", 5);

  BOOST_REQUIRE(cursor.ok());
  BOOST_TEST(poll(cursor.value()) == Revisions{8});
  BOOST_TEST(cursor.value().seen() == 9U);
}

BOOST_AUTO_TEST_CASE(knows_what_it_does_not_know) {
  Bus bus;
  bus.restore(std::array{added(5)}, /*oldest_known=*/4, /*last=*/9);

  BOOST_TEST(!bus.subscribe("pods", 3).ok());
  BOOST_TEST(!bus.subscribe("leases", 3).ok());
  BOOST_TEST(bus.subscribe("leases", 4).ok());
  BOOST_TEST(bus.last() == 9U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::bus
