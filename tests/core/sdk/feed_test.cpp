// What a feed tells of many resources, on one thread; and metadata read without the rest.

#include "core/sdk/feed.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/sdk/metadata.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

using std::chrono::milliseconds;

struct Followed {
  test::FakeHost host;
  std::string told;
  Feed feed{host.host()};

  std::uint64_t follow(const std::string& resource) {
    return feed.follow({.resource = resource},
                       [this](std::uint32_t type, const ObjectHandle& object, const auto&) {
                         constexpr std::string_view kSigns = "?+~-s!";
                         told += kSigns[type];
                         told += object ? std::string(object.name()) + " " : " ";
                       });
  }
  std::string after_turns() {
    while (feed.turn(milliseconds(0), {})) {
    }
    return std::exchange(told, "");
  }
};

BOOST_FIXTURE_TEST_SUITE(a_feed, Followed)

BOOST_AUTO_TEST_CASE(tells_what_is_there_and_then_each_change) {
  host.put("/api/v1/namespaces/d/pods/a", JsonObject());
  follow("pods");
  BOOST_TEST(after_turns() == "+a s ");

  host.put("/api/v1/namespaces/d/pods/b", JsonObject());
  host.put("/api/v1/namespaces/d/pods/a", JsonObject());
  host.remove("/api/v1/namespaces/d/pods/b");

  BOOST_TEST(after_turns() == "+b ~a -b ");
}

BOOST_AUTO_TEST_CASE(follows_many_resources_until_they_are_dropped) {
  follow("pods");
  const auto configs = follow("configmaps");
  after_turns();
  host.put("/api/v1/namespaces/d/pods/a", JsonObject());
  host.put("/api/v1/namespaces/d/configmaps/c", JsonObject());
  BOOST_TEST(after_turns() == "+a +c ");

  feed.drop(configs);
  host.put("/api/v1/namespaces/d/configmaps/c", JsonObject());

  BOOST_TEST(after_turns() == "");
}

BOOST_AUTO_TEST_CASE(that_lost_the_log_says_so_and_tells_all_again) {
  host.put("/api/v1/namespaces/d/pods/a", JsonObject());
  follow("pods");
  after_turns();

  host.lose_log();

  BOOST_TEST(after_turns() == "! +a s ");
}

BOOST_AUTO_TEST_CASE(tells_of_the_others_while_one_is_refused) {
  host.put("/api/v1/namespaces/d/pods/a", JsonObject());
  host.refuse("WATCH", "/api/v1/things", 404, "there is no such list", 1000);
  const auto things = follow("things");
  const auto pods = follow("pods");

  BOOST_TEST(after_turns() == "+a s ");
  BOOST_TEST(feed.is_refused(things));
  BOOST_TEST(!feed.is_refused(pods));
  BOOST_TEST(host.log_lines().size() == 1U);
}

BOOST_AUTO_TEST_CASE(wakes_for_a_change_and_when_it_is_woken) {
  follow("pods");
  after_turns();

  std::jthread other([this] { host.put("/api/v1/namespaces/d/pods/a", JsonObject()); });
  BOOST_TEST(feed.turn(milliseconds(30'000), {}));
  other.join();
  feed.wake();

  BOOST_TEST(!feed.turn(milliseconds(30'000), {}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(metadata_alone)

BOOST_AUTO_TEST_CASE(is_found_whatever_stands_around_it) {
  BOOST_TEST(find_metadata(R"({"kind":"A","metadata":{"name":"x"},"data":{}})") ==
             R"({"name":"x"})");
  BOOST_TEST(find_metadata(
                 R"( { "n" : -1.5 , "t" : [ {"metadata":{"no":1}} ] , "metadata" : {} })") == "{}");
  BOOST_TEST(find_metadata(R"({"a":"\"metadata\":{","b":"\\","metadata":{"l":{"k":"}"}}})") ==
             R"({"l":{"k":"}"}})");
  BOOST_TEST(find_metadata(R"({"spec":{"metadata":{"name":"template"}}})") == "");
  BOOST_TEST(find_metadata("{}") == "");
}

BOOST_AUTO_TEST_CASE(is_parsed_alone) {
  const auto metadata =
      parse_metadata(R"({"metadata":{"name":"x","ownerReferences":[{"uid":"u"}]},"spec":1})");

  BOOST_TEST(text_at(metadata.value(), {"name"}) == "x");
  BOOST_TEST(text_at(array_at(metadata.value(), {"ownerReferences"}).at(0), {"uid"}) == "u");
  BOOST_TEST(!parse_metadata("{}").ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
