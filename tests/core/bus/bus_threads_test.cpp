// The bus with many threads at once; worth most under ThreadSanitizer.

#include <array>
#include <atomic>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/bus/bus.hpp"
#include "tests/support/objects.hpp"

namespace pintle::bus {
namespace {

constexpr Revision kLast = 4'000;

Event event_at(Revision revision) {
  const std::string resource = revision % 4 == 0 ? "nodes" : "pods";
  return {Event::Type::kAdded, test::object_of({resource, "", "x"}, revision), nullptr};
}

void append_all(Bus& bus) {
  for (Revision revision = 1; revision <= kLast; revision += 2) {
    bus.append(std::array{event_at(revision), event_at(revision + 1)});
  }
}

BOOST_AUTO_TEST_SUITE(many_watchers)

BOOST_AUTO_TEST_CASE(each_see_every_event_once_and_in_order) {  // P-08, P-09, P-10
  Bus bus;
  std::atomic<int> right{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&bus, &right](const std::stop_token& stop) {
      auto cursor = bus.subscribe("pods", 0);
      Revision expected = 1;
      while (expected < kLast) {
        const auto event = cursor.value().next(stop);
        if (!event.ok() || event.value().revision() != expected) {
          return;
        }
        expected += expected % 4 == 3 ? 2 : 1;
      }
      ++right;
    });
  }

  append_all(bus);
  for (auto& reader : readers) {
    reader.join();
  }

  BOOST_TEST(right == 4);
}

BOOST_AUTO_TEST_CASE(never_get_an_event_that_a_bookmark_had_promised) {  // P-13
  Bus bus;
  std::atomic<bool> broken{false};
  std::jthread reader([&bus, &broken] {
    auto cursor = bus.subscribe("nodes", 0);
    Revision promised = 0;
    std::vector<Event> events;
    while (promised < kLast) {
      events.clear();
      const auto count = cursor.value().poll(events, 3);
      broken = broken || !count.ok() || (!events.empty() && events.front().revision() <= promised);
      promised = cursor.value().seen();
    }
  });

  append_all(bus);
  reader.join();

  BOOST_TEST(!broken);
}

BOOST_AUTO_TEST_CASE(come_and_go_while_events_come) {
  Bus bus;
  std::atomic<int> wakes{0};
  std::vector<std::jthread> comers;
  for (int i = 0; i < 3; ++i) {
    comers.emplace_back([&bus, &wakes] {
      std::vector<Event> events;
      while (bus.last() < kLast) {
        auto cursor = bus.subscribe("pods", bus.last());
        cursor.value().set_waker([&wakes] { ++wakes; });
        static_cast<void>(cursor.value().poll(events, 8));
        static_cast<void>(cursor.value().poll(events, 8));
        events.clear();
      }
    });
  }

  append_all(bus);
  comers.clear();

  BOOST_TEST(bus.last() == kLast);
}

BOOST_AUTO_TEST_CASE(stop_waiting_when_asked) {
  Bus bus;
  Code code = Code::kInternalError;
  std::jthread reader([&bus, &code](const std::stop_token& stop) {
    auto cursor = bus.subscribe("pods", 0);
    const auto event = cursor.value().next(stop);
    code = event.ok() ? Code::kInternalError : event.error().code;
  });

  reader.request_stop();
  reader.join();

  BOOST_TEST((code == Code::kCancelled));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::bus
