// How long an event lives.

#include "plugins/controller_event_ttl/event_ttl.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::controller_event_ttl {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kEvent = "/api/v1/namespaces/d/events/e";

struct Hour {
  test::ManualClock clock;
  test::FakeHost host;
  std::unique_ptr<EventTtl> plugin;

  Hour() { restart(); }

  void restart() {
    plugin.reset();
    plugin = std::make_unique<EventTtl>(host.host(), minutes(60), clock);
  }
  /// An event that happens now; one that was there happens again.
  void happen(const char* path = kEvent) {
    const Json before = host.get(path);
    const auto made = text_at(before, {"metadata", "creationTimestamp"});
    const std::string now = to_rfc3339(clock.now());
    host.put(path, JsonObject{{"metadata", {{"creationTimestamp", made.empty() ? now : made}}},
                              {"lastTimestamp", now}});
    plugin->settle();
  }
  void pass(seconds time) {
    clock.advance(time);
    plugin->settle();
  }
  bool is_there(const char* path = kEvent) const { return host.get(path).is_object(); }
};

BOOST_FIXTURE_TEST_SUITE(an_event, Hour)

BOOST_AUTO_TEST_CASE(lives_an_hour) {
  happen();

  pass(minutes(59));
  BOOST_TEST(is_there());
  pass(minutes(2));

  BOOST_TEST(!is_there());
  BOOST_TEST(plugin->size() == 0U);
}

BOOST_AUTO_TEST_CASE(that_happens_again_lives_an_hour_from_then) {
  happen();
  pass(minutes(40));
  happen();

  pass(minutes(40));
  BOOST_TEST(is_there());
  BOOST_TEST(plugin->size() == 1U);
  pass(minutes(21));

  BOOST_TEST(!is_there());
}

BOOST_AUTO_TEST_CASE(goes_on_ageing_while_the_server_is_down) {
  happen();
  pass(minutes(30));

  restart();
  plugin->settle();
  pass(minutes(31));

  BOOST_TEST(!is_there());
}

BOOST_AUTO_TEST_CASE(that_claims_to_come_from_the_future_does_not_live_for_ever) {
  host.put(kEvent, JsonObject{{"metadata", {{"creationTimestamp", to_rfc3339(clock.now())}}},
                              {"lastTimestamp", "2099-01-01T00:00:00Z"}});
  plugin->settle();
  BOOST_CHECK(last_happened(host.get(kEvent), clock.now()) == clock.now());
}

BOOST_AUTO_TEST_CASE(whose_delete_fails_is_tried_again) {
  happen();
  host.refuse("DELETE", kEvent, 500, "disk is full");
  pass(minutes(61));
  BOOST_TEST(is_there());

  pass(seconds(21));

  BOOST_TEST(!is_there());
}

BOOST_AUTO_TEST_CASE(is_deleted_as_the_very_one_that_was_looked_at) {
  happen();
  const Json event = host.get(kEvent);

  pass(minutes(61));

  const auto requests = host.requests();
  const Json options = parse_json(requests.back().body).value().value;
  BOOST_TEST(text_at(options, {"preconditions", "uid"}) == text_at(event, {"metadata", "uid"}));
  BOOST_TEST(text_at(options, {"preconditions", "resourceVersion"}) ==
             text_at(event, {"metadata", "resourceVersion"}));
}

BOOST_AUTO_TEST_CASE(costs_nothing_until_it_is_due) {
  happen();
  const auto before = host.requests().size();

  for (int minute = 0; minute < 59; ++minute) {
    pass(minutes(1));
  }

  BOOST_TEST(host.requests().size() == before);
}

BOOST_AUTO_TEST_CASE(counts_whichever_time_in_it_is_the_latest) {
  const auto at = [](const char* text) {
    const Json event = parse_json(text).value().value;
    return to_rfc3339(last_happened(event, *parse_rfc3339("2030-01-01T00:00:00Z")));
  };

  BOOST_TEST(at(R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},
      "series":{"lastObservedTime":"2026-01-02T00:00:00.000001Z"}})") == "2026-01-02T00:00:00Z");
  BOOST_TEST(at(R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z"},
      "eventTime":"2026-01-03T00:00:00.000000Z"})") == "2026-01-03T00:00:00Z");
  BOOST_TEST(at(R"({"metadata":{"creationTimestamp":"2026-01-01T00:00:00Z",
      "managedFields":[{"time":"2026-01-04T00:00:00Z"}]}})") == "2026-01-04T00:00:00Z");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::controller_event_ttl
