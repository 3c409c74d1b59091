// The small tools: ids, concat, the bounded queue.

#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/base/concat.hpp"
#include "core/base/ids.hpp"
#include "core/base/queue.hpp"

namespace pintle {
namespace {

BOOST_AUTO_TEST_SUITE(an_id)

BOOST_AUTO_TEST_CASE(of_random_bytes_has_the_form_of_a_version_4_uuid) {
  const std::string uuid = make_uuid();

  BOOST_TEST(uuid.size() == 36U);
  BOOST_TEST(uuid[14] == '4');
  BOOST_TEST(std::string("89ab").find(uuid[19]) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(does_not_come_twice) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(make_uuid());
  }
  BOOST_TEST(seen.size() == 1000U);
}

BOOST_AUTO_TEST_CASE(for_a_generated_name_holds_no_vowels) {
  const std::string suffix = make_name_suffix(500);

  BOOST_TEST(suffix.size() == 500U);
  BOOST_TEST(suffix.find_first_of("aeiou013-") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_bounded_queue)

BOOST_AUTO_TEST_CASE(hands_items_over_in_order) {
  BoundedQueue<int> queue(2);
  std::stop_source stop;
  queue.try_push(1);
  queue.try_push(2);

  BOOST_TEST(queue.pop(stop.get_token()).value() == 1);
  BOOST_TEST(queue.pop(stop.get_token()).value() == 2);
}

BOOST_AUTO_TEST_CASE(that_is_full_says_so) {
  BoundedQueue<int> queue(1);

  BOOST_TEST(queue.try_push(1));
  BOOST_TEST(!queue.try_push(2));
  BOOST_TEST(queue.size() == 1U);
}

BOOST_AUTO_TEST_CASE(wakes_a_waiting_taker) {
  BoundedQueue<int> queue(1);
  std::optional<int> taken;
  {
    std::jthread taker([&](const std::stop_token&) { taken = queue.pop(std::stop_token()); });
    queue.try_push(7);
  }
  BOOST_TEST(taken.value() == 7);
}

BOOST_AUTO_TEST_CASE(lets_a_waiting_taker_go_when_it_stops) {
  BoundedQueue<int> queue(1);
  std::stop_source stop;
  stop.request_stop();

  BOOST_TEST(!queue.pop(stop.get_token()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(concat_joins_its_pieces) {
  BOOST_TEST(concat({"a", "", std::string("bc")}) == "abc");
}

}  // namespace
}  // namespace pintle
