// What an informer tells, and what its cache shows.

#include "core/sdk/informer.hpp"

#include <chrono>
#include <condition_variable>
#include <future>

#include <boost/test/unit_test.hpp>

#include "tests/support/fake_host.hpp"

namespace pintle::sdk {
namespace {

std::string pod(std::string_view name) {
  return "/api/v1/namespaces/d/pods/" + std::string(name);
}

struct Watched {
  test::FakeHost host;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> told;  // Guarded by mutex.
  Path path{.resource = "pods"};
  std::unique_ptr<Informer> informer;

  void tell(std::string line) {
    {
      const std::lock_guard lock(mutex);
      told.push_back(std::move(line));
    }
    changed.notify_all();
  }
  void start() {
    const auto name = [](const ObjectHandle& object) { return std::string(object.name()); };
    informer = std::make_unique<Informer>(
        host.host(), path,
        InformerHandlers{
            .added = [=, this](const auto& object) { tell("+" + name(object)); },
            .modified = [=, this](const auto&, const auto& now) { tell("~" + name(now)); },
            .deleted = [=, this](const auto& object) { tell("-" + name(object)); },
            .synced = [this] { tell("synced"); }});
    informer->start();
  }
  /// What was told, in order, once that is `count` lines.
  std::string after(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::seconds(30), [&] { return told.size() >= count; });
    std::string all;
    for (const auto& line : told) {
      all += line + " ";
    }
    return all;
  }
  ~Watched() {
    if (informer) {
      informer->stop();
    }
  }
};

BOOST_FIXTURE_TEST_SUITE(an_informer, Watched)

BOOST_AUTO_TEST_CASE(tells_what_is_there_and_then_that_this_was_all) {
  host.put(pod("a"), JsonObject());
  host.put(pod("b"), JsonObject());

  start();

  BOOST_TEST(after(3) == "+a +b synced ");
  BOOST_TEST(informer->synced());
  BOOST_TEST(informer->size() == 2U);
}

BOOST_AUTO_TEST_CASE(tells_every_change_in_order) {
  start();
  after(1);

  host.put(pod("a"), JsonObject{{"x", 1}});
  host.put(pod("a"), JsonObject{{"x", 2}, {"metadata", {{"uid", "uid-1"}}}});
  host.remove(pod("a"));

  BOOST_TEST(after(4) == "synced +a ~a -a ");
  BOOST_TEST(!informer->find("d", "a"));
}

BOOST_AUTO_TEST_CASE(shows_a_change_before_it_tells_it) {
  std::promise<bool> shown;
  const Informer* cache = nullptr;
  Informer early(host.host(), path, {.added = [&](const ObjectHandle& object) {
                   shown.set_value(static_cast<bool>(cache->find(key_of(object))));
                 }});
  cache = &early;
  early.start();

  host.put(pod("a"), JsonObject());

  BOOST_TEST(shown.get_future().get());
}

BOOST_AUTO_TEST_CASE(sees_only_what_its_selector_wants) {
  path.query = "fieldSelector=spec.nodeName%3Dn1";
  start();
  after(1);

  host.put(pod("a"), JsonObject{{"spec", {{"nodeName", "n2"}}}});
  host.put(pod("b"), JsonObject{{"spec", {{"nodeName", "n1"}}}});
  host.put(pod("b"), JsonObject{{"spec", {{"nodeName", "n2"}}}});

  BOOST_TEST(after(3) == "synced +b -b ");
}

BOOST_AUTO_TEST_CASE(that_lost_the_log_tells_only_what_differs) {
  host.put(pod("a"), JsonObject());
  start();
  after(2);

  host.lose_log();
  host.put(pod("b"), JsonObject());

  BOOST_TEST(after(3) == "+a synced +b ");
}

BOOST_AUTO_TEST_CASE(tells_that_an_object_was_made_anew_under_its_old_name) {
  host.put(pod("a"), JsonObject{{"metadata", {{"uid", "1"}}}});
  start();
  after(2);

  host.put(pod("a"), JsonObject{{"metadata", {{"uid", "2"}}}});

  BOOST_TEST(after(4) == "+a synced -a +a ");
}

BOOST_AUTO_TEST_CASE(goes_on_after_a_handler_threw) {
  Informer clumsy(host.host(), path, {.added = [this](const auto& object) {
                    if (object.name() == "a") {
                      throw std::runtime_error("oops");
                    }
                    tell("+" + std::string(object.name()));
                  }});
  clumsy.start();

  host.put(pod("a"), JsonObject());
  host.put(pod("b"), JsonObject());

  BOOST_TEST(after(1) == "+b ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle::sdk
