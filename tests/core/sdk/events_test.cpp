// How events are told, counted and kept within bounds.

#include "core/sdk/events.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Recorded {
  test::ManualClock clock;
  test::FakeHost host;
  EventRecorder recorder{host.host(), {.component = "kubelet", .host = "n1"}, clock};
  EventTarget pod{.kind = "Pod", .ns = "d", .name = "a", .uid = "u", .field_path = "spec"};

  void record(std::string_view reason, std::string_view message) {
    recorder.record(pod, EventType::kNormal, reason, message);
    settle();
  }
  /// The recorder sends on a thread of its own: waits until the cluster has heard of everything.
  void settle() {
    ++recorded;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (told() < recorded && std::chrono::steady_clock::now() < end) {
      recorder.flush();
      std::this_thread::yield();
    }
  }
  std::int64_t told() const {
    std::int64_t sum = 0;
    for (const auto& event : events()) {
      sum += integer_at(event, {"count"}).value_or(0);
    }
    return sum;
  }
  std::vector<Json> events(const std::string& ns = "d") const {
    std::vector<Json> found;
    const std::string prefix = "/api/v1/namespaces/" + ns + "/events/";
    for (const auto& request : host.requests()) {
      if (request.method == "POST") {
        const Json sent = parse_json(request.body).value().value;
        const Json held = host.get(prefix + std::string(text_at(sent, {"metadata", "name"})));
        if (held.is_object()) {
          found.push_back(held);
        }
      }
    }
    return found;
  }
  std::int64_t recorded = 0;
};

BOOST_FIXTURE_TEST_SUITE(an_event, Recorded)

BOOST_AUTO_TEST_CASE(says_who_saw_what_on_which_object) {
  record("Started", "Started container c");

  BOOST_REQUIRE(events().size() == 1U);
  const Json event = events()[0];
  BOOST_TEST(text_at(event, {"reason"}) == "Started");
  BOOST_TEST(text_at(event, {"message"}) == "Started container c");
  BOOST_TEST(text_at(event, {"type"}) == "Normal");
  BOOST_TEST(text_at(event, {"source", "component"}) == "kubelet");
  BOOST_TEST(text_at(event, {"source", "host"}) == "n1");
  BOOST_TEST(text_at(event, {"involvedObject", "uid"}) == "u");
  BOOST_TEST(text_at(event, {"involvedObject", "fieldPath"}) == "spec");
  BOOST_TEST(text_at(event, {"firstTimestamp"}) == "2026-01-01T00:00:00Z");
  BOOST_TEST(text_at(event, {"metadata", "name"}).starts_with("a."));
}

BOOST_AUTO_TEST_CASE(that_happens_again_is_counted) {
  record("BackOff", "again");
  clock.advance(std::chrono::seconds(10));
  record("BackOff", "again");

  BOOST_REQUIRE(events().size() == 1U);
  BOOST_TEST(integer_at(events()[0], {"count"}).value() == 2);
  BOOST_TEST(text_at(events()[0], {"firstTimestamp"}) == "2026-01-01T00:00:00Z");
  BOOST_TEST(text_at(events()[0], {"lastTimestamp"}) == "2026-01-01T00:00:10Z");
}

BOOST_AUTO_TEST_CASE(that_says_something_else_is_another) {
  record("Pulled", "one");
  record("Pulled", "two");

  BOOST_TEST(events().size() == 2U);
}

BOOST_AUTO_TEST_CASE(that_the_server_forgot_is_told_anew) {
  record("BackOff", "again");
  host.remove("/api/v1/namespaces/d/events/" +
              std::string(text_at(events()[0], {"metadata", "name"})));
  recorded = 1;

  record("BackOff", "again");

  BOOST_REQUIRE(!events().empty());
  BOOST_TEST(integer_at(events()[0], {"count"}).value() == 2);
}

BOOST_AUTO_TEST_CASE(on_what_has_no_namespace_lives_in_default) {
  pod = {.kind = "Node", .name = "n1"};
  recorder.record(pod, EventType::kWarning, "NodeNotReady", "silent");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (events("default").empty() && std::chrono::steady_clock::now() < end) {
    recorder.flush();
  }

  BOOST_TEST(events("default").size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(a_flood_about_one_object_is_cut_off_after_25, Recorded) {
  for (int i = 0; i < 100; ++i) {
    recorder.record(pod, EventType::kNormal, "Flood", std::to_string(i));
  }
  recorded = 24;
  settle();

  BOOST_TEST(told() == 25);
}

}  // namespace
}  // namespace pintle::sdk
