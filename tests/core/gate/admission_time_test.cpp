// Admission plugins that don't come back: who is answered what, and who is asked no more. T-M03.

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "core/gate/plugin_admission.hpp"
#include "core/sdk/text.hpp"
#include "tests/core/registry/cluster.hpp"

namespace pintle {
namespace {

using std::chrono::milliseconds;

/// Stays inside until it is let out.
struct Sleeper {
  pintle_admission_table table{};
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;            // Guarded by mutex.
  bool may_leave = false;    // Guarded by mutex.
  std::thread::id asked_on;  // Guarded by mutex.

  explicit Sleeper(bool is_quick) {
    table.size = sizeof(table);
    table.validate = &Sleeper::validate;
    table.resources = sdk::to_c(std::string_view("configmaps"));
    table.is_quick = is_quick ? 1 : 0;
    table.timeout_ms = 20;
  }
  static pintle_status validate(void* self, const pintle_admission_request*) {
    auto& sleeper = *static_cast<Sleeper*>(self);
    std::unique_lock lock(sleeper.mutex);
    sleeper.asked_on = std::this_thread::get_id();
    ++sleeper.inside;
    sleeper.changed.wait(lock, [&] { return sleeper.may_leave; });
    --sleeper.inside;
    sleeper.changed.notify_all();
    return {};
  }
  /// Waits until everyone has left.
  void let_out() {
    std::unique_lock lock(mutex);
    may_leave = true;
    changed.notify_all();
    changed.wait(lock, [&] { return inside == 0; });
  }
};

struct Slow : test::Cluster {
  std::promise<void> given_up;
  gate::PluginAdmission plugins{
      null_log(), {.turn = milliseconds(5), .patience = milliseconds(20), .give_up = [this] {
                     if (!std::exchange(has_given_up, true)) {
                       given_up.set_value();
                     }
                   }}};
  bool has_given_up = false;  // Of the watchdog's thread.

  Slow() {
    post("/api/v1/namespaces", R"({"metadata":{"name":"default"}})");
    admission.on_mutate = [this](registry::Review& review) { return plugins.mutate(review); };
    admission.on_validate = [this](const registry::Review& review) {
      return plugins.validate(review);
    };
  }
  void add(Sleeper& sleeper) { plugins.change("sleeper", &sleeper.table, &sleeper, true); }
};

BOOST_FIXTURE_TEST_SUITE(an_admission_plugin_that_sleeps, Slow)

BOOST_AUTO_TEST_CASE(fails_the_request_at_its_timeout) {  // T-M03
  Sleeper sleeper(/*is_quick=*/false);
  add(sleeper);

  const auto refused = make_config_map("a");

  BOOST_TEST(refused.status == 504);
  BOOST_TEST(refused.message() == "admission plugin \"sleeper\" gave no answer within 20ms");
  BOOST_TEST(get("/api/v1/namespaces/default/configmaps/a").status == 404);
  sleeper.let_out();
}

BOOST_AUTO_TEST_CASE(is_suspended_and_stays_closed) {
  Sleeper sleeper(/*is_quick=*/false);
  add(sleeper);
  make_config_map("a");
  sleeper.let_out();

  const auto refused = make_config_map("b");

  BOOST_TEST(refused.status == 500);
  BOOST_TEST(refused.message() ==
             "admission plugin \"sleeper\" is suspended: it gave no answer within 20ms; replace "
             "or unload it");
  BOOST_TEST(get("/api/v1/namespaces/default/configmaps/b").status == 404);
}

BOOST_AUTO_TEST_CASE(hinders_nobody_else) {
  Sleeper sleeper(/*is_quick=*/false);
  add(sleeper);
  make_config_map("a");

  BOOST_TEST(post("/api/v1/namespaces/default/secrets", R"({"metadata":{"name":"s"}})").status ==
             201);
  sleeper.let_out();
}

BOOST_AUTO_TEST_CASE(is_left_behind_by_an_unload) {
  Sleeper sleeper(/*is_quick=*/false);
  add(sleeper);
  make_config_map("a");

  plugins.change("sleeper", &sleeper.table, &sleeper, false);

  BOOST_TEST(make_config_map("b").status == 201);
  sleeper.let_out();
}

BOOST_AUTO_TEST_CASE(is_asked_on_a_thread_that_may_be_lost) {
  Sleeper sleeper(/*is_quick=*/false);
  sleeper.may_leave = true;
  sleeper.table.timeout_ms = 30'000;
  add(sleeper);

  BOOST_TEST(make_config_map("a").status == 201);

  BOOST_TEST((sleeper.asked_on != std::this_thread::get_id()));
}

BOOST_AUTO_TEST_CASE(but_promised_to_be_quick_is_suspended_while_it_sleeps) {
  Sleeper sleeper(/*is_quick=*/true);
  add(sleeper);
  std::jthread lost([this] { make_config_map("a"); });

  // Who else wants it is told at once, as soon as the watchdog has seen it.
  given_up.get_future().wait();
  registry::Review review{.who = who,
                          .operation = "CREATE",
                          .resource = *catalog.find("", "v1", "configmaps"),
                          .subresource = {},
                          .ns = "default",
                          .name = "b"};
  const auto refused = plugins.validate(review);

  BOOST_REQUIRE(!refused.ok());
  BOOST_CHECK(refused.error().code == Code::kInternalError);
  sleeper.let_out();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_write_that_may_be_kept_waiting)

BOOST_AUTO_TEST_CASE(is_one_that_a_plugin_which_is_not_quick_wants) {
  test::Cluster cluster;
  gate::PluginAdmission plugins{null_log()};
  Sleeper slow(/*is_quick=*/false);
  Sleeper quick(/*is_quick=*/true);
  const auto* maps = cluster.catalog.find("", "v1", "configmaps");
  const auto* secrets = cluster.catalog.find("", "v1", "secrets");

  plugins.change("quick", &quick.table, &quick, true);
  BOOST_TEST(!plugins.may_wait(*maps));
  plugins.change("slow", &slow.table, &slow, true);

  BOOST_TEST(plugins.may_wait(*maps));
  BOOST_TEST(!plugins.may_wait(*secrets));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
