// The small parts: back-off, logs, images, probes, the order of syncs.

#include <fstream>
#include <thread>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "plugins/kubelet/back_off.hpp"
#include "plugins/kubelet/executor.hpp"
#include "plugins/kubelet/images.hpp"
#include "plugins/kubelet/log_rotation.hpp"
#include "plugins/kubelet/logs.hpp"
#include "plugins/kubelet/node.hpp"
#include "plugins/kubelet/pod_queue.hpp"
#include "plugins/kubelet/prober.hpp"
#include "plugins/kubelet/tests/support.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_directory.hpp"

namespace pintle::kubelet {
namespace {

using pintle::test::ManualClock;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(a_back_off)

BOOST_AUTO_TEST_CASE(doubles_up_to_five_minutes) {
  ManualClock clock;
  BackOff back_off(clock);
  std::vector<long> lengths;
  for (int i = 0; i < 7; ++i) {
    back_off.failed("k", clock.steady());
    lengths.push_back(back_off.length_of("k").count());
  }

  BOOST_TEST(lengths == (std::vector<long>{10, 20, 40, 80, 160, 300, 300}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lets_go_when_its_time_is_over) {
  ManualClock clock;
  BackOff back_off(clock);
  back_off.failed("k", clock.steady());
  BOOST_TEST(back_off.wait_of("k").count() == 10'000);

  clock.advance(seconds{10});

  BOOST_TEST(back_off.wait_of("k").count() == 0);
  BOOST_TEST(back_off.wait_of("other").count() == 0);
}

BOOST_AUTO_TEST_CASE(counts_from_the_end_of_the_run_that_failed) {
  ManualClock clock;
  BackOff back_off(clock);
  back_off.failed("k", clock.steady());
  clock.advance(seconds{60});

  BOOST_TEST(back_off.wait_since("k", clock.steady()).count() == 10'000);
}

BOOST_AUTO_TEST_CASE(forgives_after_ten_good_minutes) {
  ManualClock clock;
  BackOff back_off(clock);
  back_off.failed("k", clock.steady());
  clock.advance(seconds{601});

  BOOST_TEST(back_off.wait_since("k", clock.steady()).count() == 0);
}

BOOST_AUTO_TEST_CASE(is_told_as_go_tells_durations) {
  BOOST_TEST(duration_text(seconds{10}) == "10s");
  BOOST_TEST(duration_text(seconds{160}) == "2m40s");
  BOOST_TEST(duration_text(seconds{300}) == "5m0s");
}

BOOST_AUTO_TEST_SUITE_END()

struct Log {
  pintle::test::TempDirectory directory;
  std::string path = (directory.path() / "0.log").string();

  void write(const std::string& text) { std::ofstream(path, std::ios::app) << text; }

  std::string read(const std::string& query) {
    const auto options = parse_log_options(query, WallTime(seconds{1'700'000'000}));
    BOOST_REQUIRE(options.ok());
    std::string text;
    const auto read = read_log(
        path, options.value(),
        [&](std::string_view part) {
          text += part;
          return true;
        },
        [] { return true; });
    return read ? text : "error: " + read.error().message;
  }
};

BOOST_FIXTURE_TEST_SUITE(a_log, Log)

BOOST_AUTO_TEST_CASE(is_given_without_its_tags) {
  write("2023-01-01T00:00:00.5Z stdout F one\n2023-01-01T00:00:01Z stderr F two\n");

  BOOST_TEST(read("") == "one\ntwo\n");
  BOOST_TEST(read("timestamps=true") == "2023-01-01T00:00:00.5Z one\n2023-01-01T00:00:01Z two\n");
}

BOOST_AUTO_TEST_CASE(joins_a_line_that_was_split) {
  write("2023-01-01T00:00:00Z stdout P on\n2023-01-01T00:00:00Z stdout F e\n");

  BOOST_TEST(read("timestamps=true") == "2023-01-01T00:00:00Z one\n");
}

BOOST_AUTO_TEST_CASE(shows_its_end_alone_when_asked) {
  for (int i = 0; i < 5000; ++i) {
    write("2023-01-01T00:00:00Z stdout F line " + std::to_string(i) + "\n");
  }

  BOOST_TEST(read("tailLines=2") == "line 4998\nline 4999\n");
  BOOST_TEST(read("tailLines=0").empty());
  BOOST_TEST(read("tailLines=9999").size() > 40'000U);
}

BOOST_AUTO_TEST_CASE(is_cut_at_its_limit) {
  write("2023-01-01T00:00:00Z stdout F hello\n");

  BOOST_TEST(read("limitBytes=3") == "hel");
}

BOOST_AUTO_TEST_CASE(begins_at_a_time) {
  write("2023-01-01T00:00:00Z stdout F old\n2023-01-03T00:00:00Z stdout F new\n");

  BOOST_TEST(read("sinceTime=2023-01-02T00:00:00Z") == "new\n");
}

BOOST_AUTO_TEST_CASE(skips_what_is_no_log_line) {
  write("garbage\n\n2023-01-01T00:00:00Z stdout F good\n");

  BOOST_TEST(read("") == "good\n");
}

// T-K05
BOOST_AUTO_TEST_CASE(is_not_followed_through_a_link) {
  std::filesystem::create_symlink("/etc/passwd", path);

  BOOST_TEST(read("").starts_with("error: "));
}

BOOST_AUTO_TEST_CASE(is_read_while_it_grows) {
  write("2023-01-01T00:00:00Z stdout F one\n");
  const auto options = parse_log_options("follow=true", WallTime{});
  std::string text;
  int asked = 0;

  const auto read = read_log(
      path, options.value(),
      [&](std::string_view part) {
        text += part;
        return true;
      },
      [&] {
        if (asked++ == 0) {
          return false;
        }
        write("2023-01-01T00:00:01Z stdout F two\n");
        return true;
      });

  BOOST_TEST(read.ok());
  BOOST_TEST(text == "one\ntwo\n");
}

BOOST_AUTO_TEST_CASE(is_moved_aside_when_it_is_large) {
  write(std::string(100, 'x'));
  const LogLimits limits{.max_bytes = 50, .max_files = 3};
  for (int i = 0; i < 5; ++i) {
    const auto rotated = rotate_log(path, limits, WallTime(seconds{i}), [&]() -> Result<void> {
      write(std::string(100, 'y'));
      return {};
    });
    BOOST_TEST(rotated.value());
  }
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(directory.path()),
                         std::filesystem::directory_iterator());
  };
  BOOST_TEST(count() == 3);

  remove_log(path);

  BOOST_TEST(count() == 0);
}

BOOST_AUTO_TEST_CASE(keeps_its_name_when_the_runtime_will_not_begin_another) {
  write(std::string(100, 'x'));
  const auto rotated = rotate_log(path, {.max_bytes = 50}, WallTime{}, []() -> Result<void> {
    return Error{Code::kServiceUnavailable, "gone"};
  });

  BOOST_TEST(!rotated.ok());
  BOOST_TEST(std::filesystem::file_size(path) == 100U);
}

BOOST_AUTO_TEST_CASE(refuses_bad_options) {
  for (const auto* query : {"tailLines=x", "tailLines=-1", "limitBytes=0", "sinceTime=yesterday",
                            "sinceSeconds=1&sinceTime=2023-01-01T00:00:00Z"}) {
    BOOST_TEST(!parse_log_options(query, WallTime{}).ok(), query);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_image)

BOOST_AUTO_TEST_CASE(has_a_whole_name) {
  BOOST_TEST(whole_image_name("nginx") == "docker.io/library/nginx:latest");
  BOOST_TEST(whole_image_name("team/app:1") == "docker.io/team/app:1");
  BOOST_TEST(whole_image_name("host:5000/app") == "host:5000/app:latest");
  BOOST_TEST(whole_image_name("localhost/app@sha256:0") == "localhost/app@sha256:0");
}

BOOST_AUTO_TEST_CASE(is_the_latest_without_a_tag) {
  BOOST_TEST(is_latest_image("nginx"));
  BOOST_TEST(is_latest_image("host:5000/nginx:latest"));
  BOOST_TEST(!is_latest_image("host:5000/nginx:1.2"));
  BOOST_TEST(!is_latest_image("nginx@sha256:0"));
}

BOOST_AUTO_TEST_CASE(finds_its_login) {
  const auto config = test::yaml(
      "{auths: {'https://index.docker.io/v1/': {auth: dTpw}, 'host:5000': {username: a, password: "
      "b}, 'host:5000/team': {username: c, password: d}}}");

  BOOST_TEST(find_login(config, "nginx")->username == "u");
  BOOST_TEST(find_login(config, "nginx")->password == "p");
  BOOST_TEST(find_login(config, "host:5000/x")->username == "a");
  BOOST_TEST(find_login(config, "host:5000/team/x")->username == "c");
  BOOST_TEST(!find_login(config, "quay.io/x").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_probe_record)

BOOST_AUTO_TEST_CASE(fails_at_the_threshold_and_not_before) {
  ProbeRecord record({.failure_threshold = 3}, true);

  BOOST_TEST(!record.add(false));
  BOOST_TEST(!record.add(false));
  BOOST_TEST(!record.failed());
  BOOST_TEST(record.add(false));
  BOOST_TEST(record.failed());
}

BOOST_AUTO_TEST_CASE(starts_to_count_anew_after_a_success) {
  ProbeRecord record({.failure_threshold = 2}, true);

  record.add(false);
  record.add(true);
  record.add(false);

  BOOST_TEST(!record.failed());
}

BOOST_AUTO_TEST_CASE(passes_after_enough_successes) {
  ProbeRecord record({.success_threshold = 2}, false);

  record.add(true);
  BOOST_TEST(!record.passes());
  record.add(true);
  BOOST_TEST(record.passes());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_pod_queue)

BOOST_AUTO_TEST_CASE(gives_a_pod_to_one_at_a_time) {
  ManualClock clock;
  PodQueue queue(clock);
  std::stop_source stop;
  queue.add("a");
  BOOST_TEST(queue.pop(stop.get_token()).value() == "a");

  queue.add("a");
  queue.add("b");
  BOOST_TEST(queue.pop(stop.get_token()).value() == "b");
  queue.done("a");
  BOOST_TEST(queue.pop(stop.get_token()).value() == "a");
}

BOOST_AUTO_TEST_CASE(gives_nothing_once_it_is_stopped) {
  ManualClock clock;
  PodQueue queue(clock);
  std::stop_source stop;
  queue.add("late", clock.steady() + std::chrono::hours{1});
  stop.request_stop();

  BOOST_TEST(!queue.pop(stop.get_token()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_executor)

BOOST_AUTO_TEST_CASE(runs_jobs_that_wait_for_each_other) {
  Executor executor(8);
  std::mutex mutex;
  std::condition_variable met;
  int present = 0;
  const auto job = [&] {
    std::unique_lock lock(mutex);
    ++present;
    met.notify_all();
    met.wait(lock, [&] { return present == 4; });
  };
  for (int i = 0; i < 4; ++i) {
    executor.run(job);
  }

  std::unique_lock lock(mutex);
  BOOST_TEST(met.wait_for(lock, seconds{20}, [&] { return present == 4; }));
  lock.unlock();
  executor.stop();
}

BOOST_AUTO_TEST_CASE(wakes_sleepers_when_it_stops) {
  Executor executor(1);
  std::mutex mutex;
  std::condition_variable begun;
  bool has_begun = false;
  executor.run([&] {
    {
      const std::lock_guard lock(mutex);
      has_begun = true;
    }
    begun.notify_all();
    executor.sleep(std::chrono::hours{1});
  });
  std::unique_lock lock(mutex);
  begun.wait(lock, [&] { return has_begun; });
  lock.unlock();

  executor.stop();  // Returns: that is the test.
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_runtime_watch)

// D-13
BOOST_AUTO_TEST_CASE(forgives_a_short_absence) {
  RuntimeWatch watch;
  const SteadyTime start{};
  watch.note(RuntimeHealth{{true, "", ""}, {true, "", ""}}, start);
  watch.note(Error{Code::kServiceUnavailable, "gone"}, start + seconds{5});

  BOOST_TEST(watch.complaint(start + seconds{20}).empty());
  BOOST_TEST(watch.complaint(start + seconds{31}) == "container runtime is down: gone");
}

BOOST_AUTO_TEST_CASE(tells_of_a_network_that_is_not_ready) {
  RuntimeWatch watch;
  watch.note(RuntimeHealth{{true, "", ""}, {false, "NetworkPluginNotReady", "no cni"}}, {});

  BOOST_TEST(watch.complaint({}) ==
             "container runtime network not ready: NetworkReady=false "
             "reason:NetworkPluginNotReady message:no cni");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::kubelet
