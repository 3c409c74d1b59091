// Which events are too many.

#include "plugins/admission_event_rate_limit/rate_limit.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/admission_caller.hpp"

namespace pintle::admission_event_rate_limit {
namespace {

struct Cluster {
  test::FakeHost host;
  test::AdmissionCaller server{host};
  test::ManualClock clock;
  std::unique_ptr<EventRateLimit> plugin;
  test::AdmissionCall call{.resource = "events", .kind = "Event"};
  std::string object = "web-0";

  void limit(const std::string& limits) {
    plugin = EventRateLimit::make(host.host(), test::json(R"({"limits":)" + limits + "}"), &clock)
                 .value();
  }
  std::string refused(const std::string& config) {
    const auto made = EventRateLimit::make(host.host(), test::json(config), &clock);
    return made.ok() ? "" : made.error().message;
  }
  /// "" if it goes through.
  std::string say() {
    return server.refusal(call, test::json(R"({"source":{"component":"kubelet","host":"n1"},
                           "involvedObject":{"kind":"Pod","namespace":"default","name":")" +
                                           object + R"("}})"));
  }
};

BOOST_FIXTURE_TEST_SUITE(events, Cluster)

BOOST_AUTO_TEST_CASE(go_through_up_to_the_burst) {
  limit(R"([{"type":"Server","qps":1,"burst":2}])");

  BOOST_TEST(say() == "");
  BOOST_TEST(say() == "");
  BOOST_TEST(say() == "Too many requests: limit reached on type Server for key ");
}

BOOST_AUTO_TEST_CASE(that_are_too_many_get_429) {
  limit(R"([{"type":"Server","qps":1,"burst":1}])");
  say();
  Json event = test::json("{}");

  const auto said = server.admit(call, event);

  BOOST_REQUIRE(!said.ok());
  BOOST_CHECK(said.error().code == Code::kTooManyRequests);
}

BOOST_AUTO_TEST_CASE(go_through_again_as_time_passes) {
  limit(R"([{"type":"Server","qps":2,"burst":1}])");
  say();
  clock.advance(std::chrono::milliseconds(400));
  BOOST_TEST(say() != "");

  clock.advance(std::chrono::milliseconds(500));

  BOOST_TEST(say() == "");
}

BOOST_AUTO_TEST_CASE(are_counted_by_namespace) {
  limit(R"([{"type":"Namespace","qps":1,"burst":1}])");
  say();
  BOOST_TEST(say() == "Too many requests: limit reached on type Namespace for key default");

  call.ns = "other";

  BOOST_TEST(say() == "");
}

BOOST_AUTO_TEST_CASE(are_counted_by_user) {
  limit(R"([{"type":"User","qps":1,"burst":1}])");
  say();
  BOOST_TEST(say() == "Too many requests: limit reached on type User for key joe");

  call.user = "ann";

  BOOST_TEST(say() == "");
}

BOOST_AUTO_TEST_CASE(are_counted_by_source_and_object) {
  limit(R"([{"type":"SourceAndObject","qps":1,"burst":1}])");
  say();
  BOOST_TEST(say() ==
             "Too many requests: limit reached on type SourceAndObject for key "
             "kubeletn1Poddefaultweb-0");

  object = "web-1";

  BOOST_TEST(say() == "");
}

BOOST_AUTO_TEST_CASE(are_told_every_limit_they_reach) {
  limit(R"([{"type":"Server","qps":1,"burst":1},{"type":"User","qps":1,"burst":1}])");
  say();

  BOOST_TEST(say() ==
             "Too many requests: [limit reached on type Server for key , limit reached on type "
             "User for key joe]");
}

BOOST_AUTO_TEST_CASE(that_are_dry_runs_cost_nothing) {  // T-M04
  limit(R"([{"type":"Server","qps":1,"burst":1}])");
  call.dry_run = true;
  say();
  say();

  call.dry_run = false;

  BOOST_TEST(say() == "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_limit, Cluster)

BOOST_AUTO_TEST_CASE(forgets_the_key_that_was_not_seen_for_longest) {
  Buckets buckets({.type = LimitType::kUser, .qps = 1, .burst = 1, .cache_size = 2});
  const auto now = clock.steady();
  buckets.take("a", now);
  buckets.take("b", now);
  buckets.take("a", now);

  BOOST_TEST(buckets.take("c", now));

  BOOST_TEST(buckets.size() == 2U);
  BOOST_TEST(!buckets.take("a", now));
  BOOST_TEST(buckets.take("b", now));
}

BOOST_AUTO_TEST_CASE(with_a_mistake_is_refused_by_name) {
  BOOST_TEST(refused("{}").starts_with("setting limits: must be a list with one limit at least"));
  BOOST_TEST(refused(R"({"limits":[{"type":"Planet","qps":1,"burst":1}]})") ==
             "limits[0].type: \"Planet\" is none of Server, Namespace, User, SourceAndObject");
  BOOST_TEST(refused(R"({"limits":[{"type":"Server","qps":1}]})") ==
             "limits[0]: qps and burst must be given, 1 or more");
  BOOST_TEST(refused(R"({"limits":[{"type":"Server","qps":0,"burst":1}]})")
                 .starts_with("limits[0]: setting qps: must be a whole number from 1"));
  BOOST_TEST(refused(R"({"limit":[]})") == "setting limit is not known; there is limits");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::admission_event_rate_limit
