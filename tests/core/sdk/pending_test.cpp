// What a controller has written and its cache doesn't show yet.

#include "core/sdk/pending.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

struct Cached {
  test::ManualClock clock;
  test::FakeHost host;
  Informer pods{host.host(), {.resource = "pods"}};
  Pending pending{clock};

  Cached() {
    host.put("/api/v1/namespaces/d/pods/a", {{"metadata", {{"uid", "u"}}}});  // Revision 1.
    pods.start();
    BOOST_REQUIRE(pods.wait_synced({}));
  }
};

BOOST_FIXTURE_TEST_SUITE(a_write, Cached)

BOOST_AUTO_TEST_CASE(is_waited_for_until_the_cache_shows_it) {
  pending.written("d/web", "d/b", 2);
  BOOST_TEST(!pending.shows_in(pods, "d/web"));
  BOOST_TEST(pending.shows_in(pods, "d/other"));
  BOOST_TEST(pending.owners() == std::vector<std::string>{"d/web"});

  host.put("/api/v1/namespaces/d/pods/b", JsonObject());
  while (!pods.find("d", "b")) {
    std::this_thread::yield();
  }

  BOOST_TEST(pending.shows_in(pods, "d/web"));
  BOOST_TEST(pending.owners().empty());
}

BOOST_AUTO_TEST_CASE(of_something_that_went_again_is_not_waited_for) {
  pending.written("d/web", "d/b", 2);
  host.put("/api/v1/namespaces/d/pods/b", JsonObject());
  host.remove("/api/v1/namespaces/d/pods/b");
  while (pods.seen() < 2) {
    std::this_thread::yield();
  }
  BOOST_TEST(pending.shows_in(pods, "d/web"));
}

BOOST_AUTO_TEST_CASE(that_deletes_shows_once_the_object_is_gone_or_going_or_another) {
  pending.deleted("d/web", "d/a", "u");
  BOOST_TEST(!pending.shows_in(pods, "d/web"));
  pending.forget("d/web");
  pending.deleted("d/web", "d/a", "another");
  BOOST_TEST(pending.shows_in(pods, "d/web"));

  pending.deleted("d/web", "d/a", "u");
  host.put("/api/v1/namespaces/d/pods/a",
           {{"metadata", {{"uid", "u"}, {"deletionTimestamp", "t"}}}});
  while (pods.seen() < 2) {
    std::this_thread::yield();
  }
  BOOST_TEST(pending.shows_in(pods, "d/web"));
}

BOOST_AUTO_TEST_CASE(is_given_up_after_five_minutes) {
  pending.written("d/web", "d/b", 99);
  clock.advance(std::chrono::seconds(299));
  BOOST_TEST(!pending.shows_in(pods, "d/web"));
  clock.advance(std::chrono::seconds(1));
  BOOST_TEST(pending.shows_in(pods, "d/web"));
}

BOOST_AUTO_TEST_CASE(is_read_from_the_servers_answer) {
  const auto read = read_written(R"({"metadata":{"name":"b","resourceVersion":"17"}})");
  BOOST_TEST(read.value().name == "b");
  BOOST_TEST(read.value().revision == 17U);
  BOOST_TEST(!read_written("no JSON").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
