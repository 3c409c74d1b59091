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
  InformerOptions options;
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
            .synced = [this] { tell("synced"); }},
        options);
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

BOOST_AUTO_TEST_CASE(shows_the_objects_of_one_namespace) {
  host.put(pod("a"), JsonObject());
  host.put("/api/v1/namespaces/d2/pods/b", JsonObject());
  start();
  BOOST_TEST(after(3).find("synced") != std::string::npos);

  std::vector<std::string> seen;
  informer->for_each_in("d", [&](const ObjectHandle& object) { seen.emplace_back(object.name()); });

  BOOST_TEST(seen == std::vector<std::string>{"a"});
}

BOOST_AUTO_TEST_CASE(that_lost_the_log_tells_only_what_differs) {
  host.put(pod("a"), JsonObject());
  start();
  after(2);

  host.lose_log();
  host.put(pod("b"), JsonObject());

  BOOST_TEST(after(3) == "+a synced +b ");
}

BOOST_AUTO_TEST_CASE(lists_again_from_time_to_time_and_finds_what_it_never_heard_of) {
  options.resync = std::chrono::milliseconds(1);
  host.put(pod("a"), JsonObject());
  start();
  after(2);

  host.lose_events(1, 0);  // All of them.
  host.put(pod("b"), JsonObject());
  host.remove(pod("a"));

  BOOST_TEST(after(4) == "+a synced +b -a ");
}

BOOST_AUTO_TEST_CASE(says_up_to_which_revision_it_has_seen) {
  host.put(pod("b"), JsonObject());  // Revision 1.
  host.put(pod("a"), JsonObject());  // Revision 2, and first in the list.
  start();
  after(3);
  BOOST_TEST(informer->seen() == 2U);

  host.put("/api/v1/namespaces/d/services/s", JsonObject());  // Revision 3, none of its business.
  host.put(pod("c"), JsonObject());

  after(4);
  BOOST_TEST(informer->seen() == 4U);
}

BOOST_AUTO_TEST_CASE(has_not_seen_a_list_before_it_has_seen_all_of_it) {
  std::vector<Revision> seen;  // By the time each was told.
  const Informer* cache = nullptr;
  Informer early(host.host(), path, {.added = [&](const auto&) { seen.push_back(cache->seen()); }});
  cache = &early;
  host.put(pod("b"), JsonObject());
  host.put(pod("a"), JsonObject());

  early.start();
  BOOST_REQUIRE(early.wait_synced({}));
  early.stop();

  BOOST_TEST(seen == (std::vector<Revision>{0, 0}));
}

BOOST_AUTO_TEST_CASE(finds_by_an_index_that_follows_every_change) {
  options.indexes = {[](const ObjectHandle& object) {
    const auto node = object.text("spec", "nodeName");
    return node.empty() ? std::vector<std::string>() : std::vector<std::string>{std::string(node)};
  }};
  const auto on = [this](std::string_view node) {
    std::string names;
    for (const auto& found : informer->find_indexed(0, node)) {
      names += found.name();
    }
    return names;
  };
  host.put(pod("b"), JsonObject{{"spec", {{"nodeName", "n1"}}}});
  host.put(pod("a"), JsonObject{{"spec", {{"nodeName", "n1"}}}});
  host.put(pod("c"), JsonObject());
  start();
  after(4);
  BOOST_TEST(on("n1") == "ab");
  BOOST_TEST(informer->count_indexed(0, "n1") == 2U);

  host.put(pod("a"), JsonObject{{"spec", {{"nodeName", "n2"}}}, {"metadata", {{"uid", "uid-2"}}}});
  host.remove(pod("b"));
  after(6);

  BOOST_TEST(on("n1").empty());
  BOOST_TEST(on("n2") == "a");
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
