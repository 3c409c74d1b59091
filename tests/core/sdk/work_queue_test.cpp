// What a queue of keys promises its workers.

#include "core/sdk/work_queue.hpp"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/sdk/reconciler.hpp"
#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

using std::chrono::milliseconds;

struct Queue {
  test::ManualClock clock;
  WorkQueue queue{clock};
};

BOOST_FIXTURE_TEST_SUITE(a_key, Queue)

BOOST_AUTO_TEST_CASE(that_is_added_twice_comes_once) {
  queue.add("a");
  queue.add("a");

  BOOST_TEST(queue.try_take().value() == "a");
  BOOST_TEST(!queue.try_take().has_value());
}

BOOST_AUTO_TEST_CASE(that_is_added_while_in_work_comes_again_after_it) {
  queue.add("a");
  BOOST_TEST(queue.try_take().value() == "a");
  queue.add("a");
  BOOST_TEST(!queue.try_take().has_value());

  queue.done("a");

  BOOST_TEST(queue.try_take().value() == "a");
}

BOOST_AUTO_TEST_CASE(comes_in_the_order_it_was_added) {
  queue.add("b");
  queue.add("a");

  BOOST_TEST(queue.try_take().value() == "b");
  BOOST_TEST(queue.try_take().value() == "a");
}

BOOST_AUTO_TEST_CASE(that_is_for_later_waits_for_its_time) {
  queue.add_after("a", milliseconds(100));
  BOOST_TEST(!queue.try_take().has_value());
  clock.advance(milliseconds(99));
  BOOST_TEST(!queue.try_take().has_value());

  clock.advance(milliseconds(1));

  BOOST_TEST(queue.try_take().value() == "a");
}

BOOST_AUTO_TEST_CASE(keeps_the_earlier_of_two_times) {
  queue.add_after("a", milliseconds(100));
  queue.add_after("a", milliseconds(10));
  queue.add_after("a", milliseconds(50));
  clock.advance(milliseconds(10));

  BOOST_TEST(queue.try_take().value() == "a");
  queue.done("a");
  clock.advance(milliseconds(1000));
  BOOST_TEST(!queue.try_take().has_value());
}

BOOST_AUTO_TEST_CASE(that_fails_waits_longer_each_time_until_it_does_well) {
  for (const int wait : {5, 10, 20}) {
    queue.add_rate_limited("a");
    clock.advance(milliseconds(wait - 1));
    BOOST_TEST(!queue.try_take().has_value());
    clock.advance(milliseconds(1));
    BOOST_TEST(queue.try_take().value() == "a");
    queue.done("a");
  }
  queue.forget("a");
  BOOST_TEST(queue.failures("a") == 0);

  queue.add_rate_limited("a");
  clock.advance(milliseconds(5));

  BOOST_TEST(queue.try_take().value() == "a");
}

BOOST_AUTO_TEST_CASE(reaches_a_worker_that_waits) {
  std::string taken;
  {
    std::jthread worker(
        [&](const std::stop_token& stop) { taken = queue.take(stop).value_or(""); });
    queue.add("a");
    worker.join();
  }

  BOOST_TEST(taken == "a");
}

BOOST_AUTO_TEST_CASE(is_not_waited_for_once_it_is_to_stop) {
  std::stop_source stop;
  stop.request_stop();

  BOOST_TEST(!queue.take(stop.get_token()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(a_wait_never_overflows_nor_passes_its_limit) {
  const Backoff backoff;

  BOOST_TEST((wait_after(0, backoff) == milliseconds(5)));
  BOOST_TEST((wait_after(1'000'000, backoff) == milliseconds(1'000'000)));
}

BOOST_AUTO_TEST_SUITE(a_reconciler)

BOOST_AUTO_TEST_CASE(tries_a_failed_key_again_and_says_so) {
  test::FakeHost host;
  test::ManualClock clock;
  int tries = 0;
  Reconciler reconciler(host.host(), "test", clock,
                        [&](const std::string&, const std::stop_token&) -> Result<void> {
                          if (++tries == 1) {
                            throw std::runtime_error("oops");
                          }
                          return {};
                        });
  reconciler.add("a");

  BOOST_TEST(reconciler.step());
  BOOST_TEST(!reconciler.step());
  clock.advance(milliseconds(5));
  BOOST_TEST(reconciler.step());

  BOOST_TEST(tries == 2);
  BOOST_REQUIRE(host.log_lines().size() == 1U);
  BOOST_TEST(host.log_lines()[0].find("threw: oops") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
